"""What the pages show of a ledger, and what their forms change in it."""

import io
import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from console.chart import COLUMN, course
from console.story import HAPPENINGS, segments
from faxdispatch.events import JOB_TYPES, TELNYX_TYPES
from faxdispatch.jobs import SendFax
from faxdispatch.ledger import Observation, Observations, Sample, read_overview, samples, take_sample
from faxdispatch.states import HoldReason, State
from tests.console.conftest import NUMBER, Browser
from tests.ledger.steps import admit_one, claim_one, pause

NOW = datetime(2026, 5, 7, 14, 10, tzinfo=UTC)


@pytest.fixture
def sent(desk):
    """A job that Telnyx has."""
    desk.ledger.create("j", SendFax(to=NUMBER, media_name="letter", tags=["recall"]), source="producer")
    assert admit_one(desk.ledger, "j", connection="c", sender="+14155550199")["outcome"] == "go"
    claim_one(desk.ledger, "j", owner="w", lease=60, facts={})
    desk.ledger.accept("j", 1, "fax-1", source="worker")
    return "j"


def test_the_console_has_words_for_every_type_of_event():
    assert {*JOB_TYPES, *TELNYX_TYPES} == set(HAPPENINGS)


def tell(desk, status, reason=None, pages=None):
    seen = Observation(
        event_id=f"e-{status}",
        digest=status,
        event_type=f"fax.{status}",
        source="webhook",
        fax_id="fax-1",
        job_id="j",
        attempt=1,
        status=status,
        failure_reason=reason,
        page_count=pages,
        data={"page_count": pages, "call_duration_secs": 120},
        occurred_at=datetime.now(UTC),
    )
    return Observations(desk.scripts).record(seen)["outcome"]


def test_a_delivered_fax_says_so_first(desk, sent, viewer):
    assert tell(desk, "delivered", pages=3) == "recorded"
    page = viewer.text("/faxes/j")
    assert "Delivered <time" in page
    assert ", 3 pages." in page
    assert "Telnyx, by webhook" in page
    assert "pages: 3" in page
    assert "length of the call: 2 min" in page
    assert "evidence: our worker" in page


def test_a_failed_fax_says_why_in_words(desk, sent, viewer):
    tell(desk, "failed", "receiver_unallocated_number")
    desk.ledger.end("j", event="job.exhausted", cause="receiver_unallocated_number", states=[State.DECIDING], attempt=1)
    page = viewer.text("/faxes/j")
    assert "Not delivered: The number is not in service." in page
    assert "Given up after 1 attempt." in page


def test_a_held_fax_says_why_and_until_when_and_can_be_released(desk, operator):
    at = datetime.now(UTC) + timedelta(hours=2)
    desk.ledger.create("j", SendFax(to=NUMBER, media_name="letter", send_at=at), source="producer")
    desk.ledger.hold("j", reason=HoldReason.SEND_AT, due=at.timestamp())
    page = operator.text("/faxes/j")
    assert "It must not be sent before the time that was requested." in page
    assert "What ends that:" in page
    assert f"{at:%Y-%m-%d %H:%M}" in page

    assert "It is sent as soon as possible." in operator.post("/faxes/j/release", reason="the court asked").text
    event = desk.ledger.job("j", history=True).history[-1]
    assert (event.type, event.data["operator"], event.data["why"]) == ("job.released", "olga", "the court asked")


def test_cancelling_is_recorded_with_operator_and_reason(desk, operator):
    desk.ledger.create("j", SendFax(to=NUMBER, media_name="letter"), source="producer")
    assert "reason: is missing" in operator.post("/faxes/j/cancel", reason=" ").text
    assert desk.ledger.job("j").state is State.QUEUED
    assert "Cancelled: nothing had left." in operator.post("/faxes/j/cancel", reason="wrong patient").text
    event = desk.ledger.job("j", history=True).history[-1]
    assert (event.type, event.source) == ("job.cancelled", "operator")
    assert event.data == {"operator": "olga", "why": "wrong patient"}
    assert "had ended already" in operator.post("/faxes/j/cancel", reason="again").text


def test_asking_telnyx_is_an_event_with_reason_and_operator(desk, sent, operator, monkeypatch):
    asked = []
    monkeypatch.setattr(type(desk.client), "sync", lambda _, job_id: asked.append(job_id))
    assert "Ask Telnyx for its status" in operator.text("/faxes/j")
    assert "reason: is missing" in operator.post("/faxes/j/ask").text
    assert asked == []
    assert "Telnyx is asked about 1 fax" in operator.post("/faxes/j/ask", reason="the clinic called").text
    assert asked == ["j"]
    assert acts(desk)[0] == {
        "action": "telnyx.asked", "subject": "j", "operator": "olga", "reason": "the clinic called",
    }  # fmt: skip


def test_an_ended_fax_is_sent_again_to_a_corrected_number(desk, sent, operator):
    tell(desk, "failed", "receiver_unallocated_number")
    desk.ledger.end("j", event="job.exhausted", cause="receiver_unallocated_number", states=[State.DECIDING], attempt=1)
    answer = operator.post("/faxes/j/resend", to="(415) 555-0144", reason="they moved")
    assert "this is the new fax" in answer.text
    job = answer.request.path.rsplit("/", 1)[1]
    assert desk.ledger.job(job).request.to == "+14155550144"
    event = json.loads(desk.scripts.redis.xrevrange("fax:events", count=1)[0][1]["data"])
    assert (event["action"], event["operator"], event["job"]) == ("job.resent", "olga", job)
    assert 'class="said bad"' in operator.post(f"/faxes/{job}/resend", reason="too soon").text


def test_an_unknown_send_is_resolved_by_hand(desk, sent, operator):
    desk.ledger.create("u", SendFax(to="+14155550188", media_name="letter"), source="producer")
    admit_one(desk.ledger, "u", connection="c", sender="+14155550199")
    claim_one(desk.ledger, "u", owner="w", lease=60, facts={})
    desk.ledger.doubt("u", 1, cause="no_answer", look_after=15, facts={})
    assert "may or may not have accepted it" in operator.text("/faxes/u")
    assert "The outcome of 1 send is unknown" in operator.text("/")
    answer = operator.post("/faxes/u/resolve", verdict="accepted", fax_id="fax-9", attempt="1", reason="in the portal")
    assert "Your decision is recorded." in answer.text
    assert desk.ledger.job("u").fax_id == "fax-9"


def test_hostile_text_stays_text(desk, operator):
    job = SendFax(to=NUMBER, media_name="letter", tags=["<script>alert(1)</script>"], client_state="x")
    desk.ledger.create("j", job, source="producer")
    desk.ledger.hold("j", reason=HoldReason.POLICY_HOOK, due=time.time() + 60, detail='"><img src=x onerror=alert(1)>')
    page = operator.text("/faxes/j")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<img" not in page


def test_a_job_that_is_not_known_is_a_page_that_says_so(viewer):
    answer = viewer.get("/faxes/nobody")
    assert answer.status_code == 404
    assert "not known here" in answer.text


def test_the_overview_shows_alarms_first(desk, sent, viewer):
    pause(desk.scripts, "c", "20012", delay=3600)
    page = viewer.text("/")
    assert "No worker is running: nothing is sent." in page
    assert "Connection c is paused until" in page
    assert "Telnyx refuses the account (code 20012)" in page
    assert page.index("Connection c is paused") < page.index("Faxes by state")


def test_the_overview_is_one_consistent_reading_of_the_ledger(desk, sent):
    found = read_overview(desk.scripts)
    assert found.counts[State.ACCEPTED] == 1
    assert [(line.connection, line.in_flight) for line in found.connections] == [("c", 1)]
    assert found.account.in_flight == 1
    assert 0 <= found.oldest[State.ACCEPTED] < 60


def test_the_overview_shows_the_limits_that_an_operator_set(desk, sent, viewer):
    desk.limits.change({"channels": 7, "account_channels": 9, "day_cap": 40.0, "rate": 5.0}, reason="r", operator="o")
    found = read_overview(desk.scripts)
    assert found.connections[0].channels == 7
    assert (found.account.channels, found.account.cap, found.account.rate) == (9, 40.0, 5.0)
    assert "At most 5 calls to Telnyx a second." in viewer.text("/")


def test_samples_become_columns_of_what_ended_between_them(desk):
    desk.scripts.redis.hset("fax:counts", mapping={"delivered": 5})
    take_sample(desk.scripts)
    desk.scripts.redis.hset("fax:counts", mapping={"delivered": 9, "failed": 1})
    take_sample(desk.scripts)
    assert [(one.delivered, one.failed) for one in samples(desk.scripts)] == [(5, 0), (9, 1)]

    before = [Sample(NOW - COLUMN * 3, 100, 7, 0), Sample(NOW - COLUMN * 2, 110, 7, 0)]
    drawn = course(before, Sample(NOW, 130, 9, 1))
    assert [(one.delivered, one.failed, one.cancelled) for one in drawn[-3:]] == [(10, 0, 0), (0, 0, 0), (20, 2, 1)]
    assert max(sum(one.heights) for one in drawn) == pytest.approx(100, abs=0.1)


def test_the_diagram_of_states_has_every_state_in_order(desk, sent):
    tell(desk, "failed", "user_busy")
    desk.ledger.retry("j", 1, delay=60, counter="dials", tries={}, facts={"reason": "user_busy"})
    drawn = segments(desk.ledger.job("j", history=True), datetime.now(UTC))
    assert [one.state for one in drawn] == [
        State.QUEUED, State.SUBMITTING, State.ACCEPTED, State.DECIDING, State.HELD,
    ]  # fmt: skip
    assert drawn[-1].x + drawn[-1].width == pytest.approx(1000, abs=1)


def test_connections_are_paused_and_resumed(desk, sent, operator):
    assert "is paused until" in operator.post("/holds/connections/c/pause", lasts="2h", reason="maintenance").text
    assert read_overview(desk.scripts).connections[0].pause is not None
    assert "is not a length of time" in operator.post("/holds/connections/c/pause", lasts="soon", reason="x").text
    assert "continues" in operator.post("/holds/connections/c/resume", reason="done").text
    assert read_overview(desk.scripts).connections[0].pause is None


def acts(desk):
    """The operators' actions by events of type `operator.acted`, the newest first."""
    events = [fields for _, fields in desk.scripts.redis.xrevrange("fax:events")]
    return [json.loads(fields["data"]) for fields in events if fields["type"] == "operator.acted"]


def test_an_import_that_changes_nothing_is_an_event_too(desk, operator):
    for _ in range(2):
        listed = io.BytesIO(b"fax\n+14155550144\n")
        page = operator.post("/suppressions/import", reason="letter", file=(listed, "list.csv")).text
    assert "1 row: 0 numbers added, 0 changed" in page
    events = [fields["type"] for _, fields in desk.scripts.redis.xrange("fax:events")]
    assert events.count("numbers.imported") == 1
    assert acts(desk) == [
        {
            "action": "numbers.imported", "subject": "suppressions", "operator": "olga", "reason": "letter",
            "rows": 1, "added": 0, "changed": 0,
        },
    ]  # fmt: skip


def test_suppressions_are_added_looked_up_imported_and_taken_off(desk, operator):
    assert "no more campaigns" in operator.post("/suppressions/add", number="415 555 0187", reason="opted out").text
    assert "is on the list since" in operator.text("/suppressions/?number=4155550187")
    listed = io.BytesIO(b"fax,reason\n+14155550144,letter\nnonsense,letter\n")
    page = operator.post("/suppressions/import", reason="letter", file=(listed, "list.csv")).text
    assert "2 rows: 1 number added" in page
    assert "1 row passed over" in page
    assert "gets campaigns again" in operator.post("/suppressions/remove", number="+14155550187", reason="asked").text
    assert desk.client.suppressions.count() == 1
    assert desk.client.suppressions.get("+14155550144").operator == "olga"


def test_a_quarantine_is_lifted_without_showing_the_number(desk, operator):
    until = int((time.time() + 3600) * 1000)
    desk.scripts.redis.zadd("fax:quarantined", {NUMBER: until})
    page = operator.text("/numbers/")
    assert NUMBER not in page
    mark = page.split('name="mark" value="')[1].split('"')[0]
    assert "It is called again." in operator.post("/numbers/lift", mark=mark, reason="they moved").text
    assert desk.suspects.until(NUMBER) is None


def test_control_characters_on_pages_are_escaped(desk, operator):
    odd = "ward\u202e7\x1b[2J"
    fax = SendFax(to=NUMBER, media_name=odd, tags=[odd])
    desk.ledger.create("j", fax, source="producer")
    facts = {"task": odd, "reason": "InvalidJob", "problem": odd}
    desk.ledger.dead_letters.add("m", letter={"args": [], "kwargs": {"to": odd}, **facts}, facts=facts, source="worker")
    Observations(desk.scripts).record(
        Observation("e", "d", "fax.received", "webhook", fax_id="in", status="received", outbound=False, sender=odd)
    )
    for path in ("/faxes/j?full=1", "/dead-letters/", "/dead-letters/m", "/inbound/in?full=1"):
        text = operator.text(path)
        assert "\u202e" not in text
        assert "\x1b" not in text
        assert r"\u202e" in text


def test_dead_letters_are_corrected_and_dropped_each_with_an_event(desk, operator):
    desk.ledger.dead_letters.add(
        "m1", letter={"task": "fax.send.v1", "reason": "InvalidJob", "problem": "to: missing", "args": [{"to": "12"}]},
        facts={"reason": "InvalidJob"}, source="worker",
    )  # fmt: skip
    assert '<a href="/dead-letters/m1">m1</a>' in operator.text("/dead-letters/")
    page = operator.text("/dead-letters/m1")
    assert "InvalidJob" in page
    assert not any(name in page for name in ("buried_at", "age_seconds", "kwargs"))
    assert "was dropped" in operator.post("/dead-letters/m1/drop", reason="a trial", sure="yes").text
    event = desk.scripts.redis.xrevrange("fax:events", count=1)[0][1]
    assert event["type"] == "operator.acted"
    assert json.loads(event["data"]) == {
        "action": "deadletter.dropped",
        "subject": "m1",
        "operator": "olga",
        "reason": "a trial",
    }


def test_without_redis_a_page_says_so(build, users):
    browser = Browser(build(redis_url="redis://127.0.0.1:1/0").test_client())
    browser.sign_in("olga")
    answer = browser.get("/")
    assert answer.status_code == 503
    assert "The ledger cannot be reached" in answer.text
