from faxdispatch.jobs import SendFax
from faxdispatch.ledger.jobs import New


def fax(**options):
    return SendFax(to="+13125550200", media_name="letter", **options)


def test_the_second_of_two_identical_jobs_in_one_call_is_recognised(ledger):
    replies = ledger.create_many([New("a", fax()), New("a", fax())], source="producer")

    assert [(reply["outcome"], reply["state"]) for reply in replies] == [("created", "queued"), ("same", "queued")]


def test_two_jobs_with_one_key_in_one_call_are_one_job(ledger):
    keyed = fax(idempotency_key="order-7")
    replies = ledger.create_many([New("a", keyed), New("b", keyed)], source="producer")

    assert [(reply["outcome"], reply["job"], reply["state"]) for reply in replies] == [
        ("created", "a", "queued"),
        ("same", "a", "queued"),
    ]
