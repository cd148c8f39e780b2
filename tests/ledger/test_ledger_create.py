from faxdispatch.jobs import SendFax
from faxdispatch.ledger.jobs import New


def fax(**options):
    return SendFax(to="+13125550200", media_name="letter", **options)


def test_of_two_in_one_call_that_are_the_same_job_the_second_is_recognised(ledger):
    replies = ledger.create_many([New("a", fax()), New("a", fax())], source="producer")

    assert [(reply["outcome"], reply["state"]) for reply in replies] == [("created", "queued"), ("same", "queued")]


def test_of_two_in_one_call_with_one_key_the_second_is_the_first(ledger):
    keyed = fax(idempotency_key="order-7")
    replies = ledger.create_many([New("a", keyed), New("b", keyed)], source="producer")

    assert [(reply["outcome"], reply["job"], reply["state"]) for reply in replies] == [
        ("created", "a", "queued"),
        ("same", "a", "queued"),
    ]
