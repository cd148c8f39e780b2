"""The place of a waiting job, and the events about unknown faxes."""

from faxdispatch.events import Event
from faxdispatch.jobs import SendFax
from faxdispatch.ledger import Agenda, Ledger, Observation, Observations, Rules, Scripts, connect
from tests.ledger.conftest import claim
from tests.ledger.steps import admit_one, claim_one

SENDER = "+14155550299"


def test_a_job_whose_connection_changes_is_on_one_waiting_list_only(redis_url: str) -> None:
    scripts = Scripts(connect(redis_url), Rules(channels=1))
    ledger = Ledger(scripts)
    for name, number in (("first", "+14155550201"), ("second", "+14155550202")):
        ledger.create(name, SendFax(to=number, media_name="letter"), source="producer")
        admit_one(ledger, name, connection="old", sender=SENDER)
    # FAX_CONNECTION_ID was changed, and the message comes once more.
    assert admit_one(ledger, "second", connection="new", sender=SENDER)["outcome"] == "go"
    ledger.cancel("first", source="operator")
    agenda = Agenda(scripts)
    assert agenda.pick() == []
    ledger.cancel("second", source="operator")
    assert scripts.redis.keys("fax:waiting:*") == scripts.redis.keys("fax:calls:*") == []


def test_a_job_in_flight_keeps_the_document_that_was_made_for_it(ledger: Ledger) -> None:
    ledger.create("link", SendFax(to="+14155550201", media_url="https://a.test/x.pdf"), source="producer")
    for document, known in (("first", None), ("second", "first")):
        ledger.admit_many([("link", "c", SENDER)], composed={"link": (document, known)})
    assert ledger.job("link").composed == "second"
    claim_one(ledger, "link", owner="w", lease=60, facts={})
    ledger.admit_many([("link", "c", SENDER)], composed={"link": ("third", "second")})
    assert ledger.job("link").composed == "second"


def test_a_polled_status_of_an_unknown_fax_publishes_nothing(scripts: Scripts) -> None:
    seen = Observation(
        event_id="poll:f:received", digest="d", event_type=None, source="poll", fax_id="f", status="received",
        outbound=False,
    )  # fmt: skip
    assert Observations(scripts).record(seen)["outcome"] == "recorded"
    assert [Event.from_fields(fields) for _, fields in scripts.redis.xrange("fax:events")] == []


def test_a_cancel_whose_message_is_lost_is_asked_again_soon(scripts: Scripts, ledger: Ledger) -> None:
    claim(ledger)
    ledger.accept("j", 1, "f", source="worker")
    agenda = Agenda(scripts)
    ledger.cancel("j", source="producer")
    scripts.now += 31_000
    [appointment] = agenda.due()
    assert appointment.cancel_requested
