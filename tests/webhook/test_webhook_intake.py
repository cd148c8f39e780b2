"""The changes of a job by a verified event."""

import hashlib
from typing import Any

import pytest

from faxdispatch.jobs import SendFax
from faxdispatch.ledger import Agenda, Inbox, JobView, Ledger, Observations, Scripts, connect
from faxdispatch.states import State
from faxdispatch.telnyx.client_state import encode_client_state
from faxdispatch.telnyx.webhooks import parse_webhook
from faxdispatch.testing import SignedRequest, Signer, telnyx_event
from tests.ledger.steps import admit_one, claim_one
from tests.webhook.harness import published, quarantined
from webhook.breaker import Breaker
from webhook.connections import Connections
from webhook.intake import Outcome, observe, take_in
from webhook.recorder import Recorder

FAX = {"to": "+15107882622", "from_": "+17733372107", "connection_id": "234423", "media_name": "doc"}
STATE = encode_client_state("job-1", 1)


class World:
    """A ledger with one job whose first attempt is claimed, and the intake of events about it."""

    def __init__(self, redis_url: str) -> None:
        self._scripts = scripts = Scripts(connect(redis_url))
        self._ledger = Ledger(scripts)
        self._recorder = self._recording(Observations(scripts))
        self._ledger.create("job-1", SendFax.decode(FAX | {"client_state": "theirs"}), source="producer")
        admit_one(self._ledger, "job-1", connection="234423", sender="+17733372107")
        claim_one(self._ledger, "job-1", owner="me", lease=60, facts={})
        self.inbox = Inbox(scripts)
        self._agenda = Agenda(scripts)

    def live_at(self, *addresses: str) -> None:
        self._recorder = self._recording(Observations(self._scripts, addresses=frozenset(addresses)))

    def _recording(self, observations: Observations) -> Recorder:
        return Recorder(observations, Connections(self._scripts.redis, Breaker(deadline=30, pause=0, threads=1)))

    def due(self) -> list[str]:
        return [work.job_id for work in self._agenda.due(limit=10)]

    @property
    def job(self) -> JobView:
        return self._ledger.job("job-1", history=True)

    def tell(self, event_type: str, **payload: Any) -> Outcome:
        payload = {"client_state": STATE, "fax_id": "fax-1"} | payload
        return take_in(self._recorder, body_of(telnyx_event(event_type, **payload))).outcome

    def tell_inbound(self, event_type: str, **payload: Any) -> Outcome:
        return self.tell(event_type, fax_id="in", client_state=None, direction="inbound", **payload)


@pytest.fixture
def world(redis_url: str) -> World:
    return World(redis_url)


def body_of(event: dict[str, Any]) -> bytes:
    request: SignedRequest = Signer().request(event)
    return request.body


def test_events_move_a_job_from_claimed_to_delivered_whatever_the_call_answered(world: World):
    for kind in ("fax.queued", "fax.media.processed", "fax.sending.started"):
        assert world.tell(kind) == Outcome.RECORDED
        assert world.job.state == State.ACCEPTED
    assert world.tell("fax.delivered", page_count=2) == Outcome.RECORDED
    assert (world.job.state, world.job.fax_id, world.job.page_count) == (State.DELIVERED, "fax-1", 2)


def test_events_in_the_wrong_order_leave_the_latest_status(world: World):
    assert world.tell("fax.delivered") == Outcome.RECORDED
    assert world.tell("fax.sending.started") == Outcome.OVERTAKEN
    assert world.tell("fax.queued") == Outcome.OVERTAKEN
    assert world.job.state == State.DELIVERED


def test_a_contradiction_is_published_and_changes_nothing(world: World):
    world.tell("fax.delivered")
    assert world.tell("fax.failed", failure_reason="user_busy") == Outcome.CONFLICT
    assert world.job.state == State.DELIVERED


def test_the_odd_spellings_move_the_job_as_the_right_ones_do(world: World):
    world.tell("fax.sendingstarted", status="sending")
    assert (world.job.provider_status, world.job.history[-1].type) == ("sending", "fax.sending.started")
    world.tell("fax_failed", status="failed", failure_reason="user_busy")
    assert (world.job.state, world.job.history[-1].type) == (State.DECIDING, "fax.failed")


@pytest.mark.parametrize("kind", ["fax.failed", "fax.received", "fax.receiving.started"])
def test_an_inbound_event_moves_no_job_even_with_our_client_state(world: World, kind: str):
    world.tell("fax.queued")
    before = world.job
    world.tell(kind, direction="inbound")
    assert (world.job.state, world.job.provider_status) == (before.state, before.provider_status)


@pytest.mark.parametrize("state", [None, "", "aGF2ZSBhIG5pY2UgZGF5ID1d", "ZmQxOmpvYi0xOjE", "é", 7])
def test_an_event_without_our_client_state_is_published_without_a_job(world: World, state: Any):
    assert world.tell("fax.delivered", client_state=state, fax_id="other") == Outcome.RECORDED
    assert world.job.state == State.SUBMITTING


UNKNOWN = [
    ("fax.completed", "delivered"), ("fax.aborted", "failed"), ("fax.brand.new", "sending"),
    # Known, but their status is another event's.
    ("fax.sending.started", "delivered"), ("fax.queued", "failed"), ("fax.delivered", "sending"),
    ("fax.delivered", None),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "status"), UNKNOWN)
def test_an_unknown_event_changes_nothing_and_telnyx_is_polled_at_once(world: World, kind, status):
    world.tell("fax.media.processed")
    assert world.due() == []

    assert world.tell(kind, status=status) == Outcome.RECORDED

    assert (world.job.state, world.job.provider_status) == (State.ACCEPTED, "media.processed")
    assert world.job.history[-1].type == kind
    assert world.due() == ["job-1"]


def test_the_event_after_an_unknown_one_ends_the_job_without_a_note(world: World):
    world.tell("fax.completed", status="delivered")
    assert world.tell("fax.delivered") == Outcome.RECORDED

    assert (world.job.state, world.job.history[-1].note) == (State.DELIVERED, None)


@pytest.mark.parametrize("direction", ["outbound", "inbound", None])
def test_an_e_mail_event_changes_nothing(world: World, direction):
    world.tell("fax.queued")
    assert world.tell("fax.email.delivered", status="delivered", direction=direction) == Outcome.RECORDED

    assert (world.job.state, world.job.provider_status) == (State.ACCEPTED, "queued")
    assert world.due() == []


LINK = "https://links.example/fax.pdf"


@pytest.mark.parametrize("name", ["media_url", "original_media_url"])
@pytest.mark.parametrize("kind", ["fax.delivered", "fax.received"])
def test_an_inbound_fax_is_fetched_at_once_whichever_event_reports_its_end(world: World, kind, name):
    world.tell_inbound("fax.receiving.started", status="receiving")
    end = kind.removeprefix("fax.")
    assert world.tell_inbound(kind, status=end, **{name: LINK}) == Outcome.RECORDED

    wanted = world.inbox.take(lease=60)
    assert (wanted.fax_id, wanted.media_url, wanted.status) == ("in", LINK, "received")


def test_an_inbound_fax_whose_end_is_reported_by_both_events_is_no_contradiction(world: World):
    world.tell_inbound("fax.delivered", status="delivered", media_url=LINK)
    assert world.tell_inbound("fax.received", status="received") == Outcome.OVERTAKEN


def test_after_an_unknown_inbound_event_telnyx_is_polled_at_once(world: World):
    world.tell_inbound("fax.receiving.started", status="receiving")
    assert world.inbox.due().asked == ()
    world.tell_inbound("fax.brand.new", status="received")

    assert world.inbox.due().asked == ("in",)
    assert world.inbox.get("in").status == "receiving"


OURS, OTHERS = "https://fax.example.com/webhooks/telnyx", "https://staging.example.com/webhooks/telnyx"


@pytest.mark.parametrize("ours", [OURS, "HTTPS://Fax.Example.com:443/webhooks/telnyx/", "https://old.example.com/hook"])
def test_an_event_sent_to_our_address_is_recorded(world: World, ours):
    world.live_at(OURS, "https://old.example.com/hook")

    assert world.tell_inbound("fax.received", delivered_to=ours) == Outcome.RECORDED


def test_an_event_sent_to_a_foreign_address_is_quarantined(world: World, redis_url: str):
    world.live_at(OURS)

    assert world.tell_inbound("fax.received", delivered_to=OTHERS) == Outcome.FOREIGN
    assert world.tell("fax.delivered", fax_id="x", client_state=None, delivered_to=OTHERS) == Outcome.FOREIGN
    assert [kept["reason"] for kept in quarantined(redis_url)] == ["foreign address"] * 2
    assert published(redis_url)[-1] != "in"


def test_an_event_of_a_known_fax_is_recorded_whatever_its_address(world: World):
    world.tell_inbound("fax.receiving.started", status="receiving")
    world.live_at(OURS)

    assert world.tell_inbound("fax.received", delivered_to=OTHERS) == Outcome.RECORDED
    assert world.tell("fax.delivered", delivered_to=OTHERS) == Outcome.RECORDED
    assert world.job.state == State.DELIVERED


def test_without_a_configured_address_events_of_every_address_are_accepted(world: World):
    assert world.tell_inbound("fax.received", delivered_to=OTHERS) == Outcome.RECORDED


@pytest.mark.parametrize("moment", ["9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-11:00"])
def test_an_event_with_any_time_can_be_read_again(world: World, moment):
    assert world.tell("fax.queued", occurred_at=moment) == Outcome.RECORDED

    assert world.job.history[-1].type == "fax.queued"


def test_an_event_without_a_fax_id_is_published_and_changes_nothing(world: World, redis_url: str):
    assert world.tell("fax.delivered", fax_id=None, event_id="bare") == Outcome.RECORDED
    assert world.job.state == State.SUBMITTING
    assert published(redis_url)[-1] == "bare"


def test_telnyx_payload_is_kept_as_it_came_beside_the_producers_state(world: World):
    world.tell("fax.delivered", page_count=2, something_new={"a": [1, None]})
    last = world.job.history[-1]
    assert last.data["something_new"] == {"a": [1, None]}
    assert last.data["client_state"] == STATE
    assert (last.client_state, last.source) == ("theirs", "webhook")


def test_the_first_of_two_events_with_one_id_counts(world: World):
    world.tell("fax.queued", event_id="one")
    assert world.tell("fax.failed", event_id="one", failure_reason="user_busy") == Outcome.DIFFERS
    assert world.job.state == State.ACCEPTED


def test_every_field_that_a_job_needs_is_observed():
    event = telnyx_event(
        "fax.failed",
        event_id="one",
        occurred_at="2020-05-05T13:08:22.039204Z",
        fax_id="fax-1",
        client_state=STATE,
        failure_reason="user_busy",
        page_count=1,
        call_duration_secs=9,
    )
    seen = observe(parse_webhook(body_of(event)))
    assert (seen.event_id, seen.event_type, seen.source) == ("one", "fax.failed", "webhook")
    assert (seen.job_id, seen.attempt, seen.fax_id, seen.connection_id) == ("job-1", 1, "fax-1", "234423")
    assert (seen.status, seen.outbound, seen.failure_reason) == ("failed", True, "user_busy")
    assert (seen.page_count, seen.duration) == (1, 9)
    assert seen.occurred_at.isoformat() == "2020-05-05T13:08:22.039204+00:00"
    assert len(seen.digest) == len(hashlib.sha256().hexdigest())


def test_the_ledger_that_sent_a_fax_is_observed():
    event = telnyx_event("fax.delivered", event_id="one", client_state=encode_client_state("job-1", 1, "0123456789ab"))
    assert observe(parse_webhook(body_of(event))).ledger == "0123456789ab"
