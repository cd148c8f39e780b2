"""A ledger that is set back to an older copy is recovered from Telnyx's listing."""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from faxdispatch.errors import BadInput, Conflict, IdempotencyConflict, OutcomeUnknown
from faxdispatch.jobs import SendFax
from faxdispatch.ledger import Agenda, Epoch
from faxdispatch.ledger.erasure import Erasure
from faxdispatch.ledger.index import Index, Looked
from faxdispatch.ledger.recovery import Found
from faxdispatch.operations.recovering import Recovered, Recoverer
from faxdispatch.settings import Settings
from faxdispatch.states import CampaignState, State
from faxdispatch.telnyx import Fax
from faxdispatch.telnyx.client_state import encode_client_state
from faxdispatch.telnyx.clock import TelnyxClock
from faxdispatch.telnyx.models import KeyOwner
from tests.ledger.campaign_desk import NAME, CampaignDesk, job
from tests.ledger.campaign_walk import CampaignWalk
from tests.ledger.sending_walk import LEASE

SETTINGS = Settings(telnyx_api_key="KEY")


class Telnyx:
    """An account at Telnyx with some faxes, which each listing shows."""

    def __init__(self, *faxes: Fax) -> None:
        self.faxes = list(faxes)
        self.breaks = False
        self.asked: list[Any] = []

    def whoami(self) -> KeyOwner:
        return KeyOwner(organization_id="ours")

    def list_applications(self, **_: Any) -> list[Any]:
        return []

    def get_fax(self, fax_id: str) -> Fax:
        return next(fax for fax in self.faxes if fax.id == fax_id)

    def list_faxes(self, **filters: Any) -> Iterator[Fax]:
        self.asked.append(filters["created_at_gte"])
        number = filters.get("to")
        yield from (fax for fax in self.faxes if number in {None, fax.to} and fax.created_at >= self.asked[-1])
        if self.breaks:
            raise OutcomeUnknown("a page could not be read")


def fax(desk: CampaignDesk, name: str, attempt: int = 1, *, status: str = "sending", to: str = "", **more: Any) -> Fax:
    asked = {"media_name": "letter", "connection_id": "c", "from": "+14155550299", **more}
    mark = encode_client_state(name, attempt, asked.pop("ledger", desk.ledger.identity.id))
    return Fax(
        id=f"{name}-{attempt}", status=status, direction="outbound", to=to or "+14155550123", client_state=mark,
        created_at=datetime.fromtimestamp((desk.scripts.now or 0) / 1000, UTC), **asked,
    )  # fmt: skip


def snapshot(desk: CampaignDesk) -> dict[bytes, tuple[int, bytes]]:
    raw: Any = desk.scripts.raw
    return {key: (max(0, raw.pttl(key)), raw.dump(key)) for key in raw.scan_iter()}


def restore(desk: CampaignDesk, saved: dict[bytes, tuple[int, bytes]]) -> None:
    raw: Any = desk.scripts.raw
    raw.flushdb()
    for key, (ttl, value) in saved.items():
        raw.restore(key, ttl, value)


def moment(desk: CampaignDesk) -> datetime:
    return datetime.fromtimestamp((desk.scripts.now or 0) / 1000, UTC)


def recover(desk: CampaignDesk, telnyx: Telnyx, since: datetime | None = None, **options: Any) -> Recovered:
    recoverer = Recoverer(SETTINGS, desk.ledger, telnyx, TelnyxClock(), sleep=desk.later)  # type: ignore[arg-type]
    return recoverer.recover(since or moment(desk), **options)


def test_what_was_sent_is_bound_and_what_was_not_is_sent(desk: CampaignDesk) -> None:
    desk.create("sent", "not-sent")
    desk.run(1, 2, 3)
    telnyx = Telnyx(fax(desk, "sent"), fax(desk, job(2), status="delivered"), fax(desk, "unknown-here"))
    recovered = recover(desk, telnyx)

    assert {found: count for found, count in recovered.found.items() if count} == {
        Found.BOUND: 1, Found.ROW: 1, Found.MADE: 1,
    }  # fmt: skip
    assert recovered.made == ["unknown-here"]
    kinds = [event.type for event in desk.ledger.job("unknown-here", history=True).history]
    assert kinds == ["job.queued", "job.submitted", "job.accepted", "fax.sending.started"]
    assert recovered.lifted
    assert desk.state("sent") is State.ACCEPTED
    assert desk.state("not-sent") is State.QUEUED
    assert desk.codes() == "pdp"
    assert desk.faults() == ()
    made = desk.ledger.job("unknown-here")
    assert (made.state, made.request.media_name, made.request.tags) == (State.ACCEPTED, "letter", ("recovered",))
    assert Epoch(desk.scripts).behind() is None


def test_the_producers_order_completes_a_recovered_job_only_if_it_has_its_number(desk: CampaignDesk) -> None:
    recover(desk, Telnyx(fax(desk, "unknown-here")))
    with pytest.raises(IdempotencyConflict):
        desk.ledger.create("unknown-here", SendFax(to="+14155550124", media_name="ordered"), source="producer")
    assert desk.ledger.job("unknown-here").request.media_name == "letter"

    desk.ledger.create("unknown-here", SendFax(to="+14155550123", media_name="ordered"), source="producer")
    assert desk.ledger.job("unknown-here").request.media_name == "ordered"


def test_a_cancel_before_the_recovery_ends_unsent_faxes_and_is_requested_for_sent_ones(desk: CampaignDesk) -> None:
    desk.create("sent", "not-sent")
    Epoch(desk.scripts).stop(found=moment(desk))
    for name in ("sent", "not-sent"):
        assert desk.ledger.cancel(name, source="producer")["outcome"] == "wished"
    recover(desk, Telnyx(fax(desk, "sent")))

    assert (desk.state("sent"), desk.state("not-sent")) == (State.ACCEPTED, State.QUEUED)
    assert desk.ledger.job("sent").cancel_requested
    desk.later(3600)
    due = {one.job_id: one for one in Agenda(desk.scripts).due()}
    assert [due[name].cancel_requested for name in ("sent", "not-sent")] == [True, True]
    assert desk.ledger.cancel("not-sent", source="scheduler")["outcome"] == "cancelled"
    assert desk.state("sent") is State.ACCEPTED


def test_a_second_recovery_changes_nothing(desk: CampaignDesk) -> None:
    desk.create("sent")
    desk.run(1)
    telnyx = Telnyx(fax(desk, "sent"), fax(desk, job(1)), fax(desk, "unknown-here", status="failed"))
    recover(desk, telnyx)
    events = desk.redis.xlen("fax:events")
    recovered = recover(desk, telnyx)
    assert recovered.found[Found.SAME] == 3
    # The stop and its end are the only events.
    assert desk.redis.xlen("fax:events") == events + 2


def test_a_dry_run_changes_nothing_and_reports_the_same(desk: CampaignDesk) -> None:
    desk.create("sent")
    desk.run(1, 2)
    telnyx = Telnyx(fax(desk, "sent"), fax(desk, job(1)), fax(desk, "new", 2), fax(desk, "new", 1))
    before = snapshot(desk)
    planned = recover(desk, telnyx, dry_run=True)
    # The account of the key is recorded, and expiry times run on.
    after = {key: value for key, (_, value) in snapshot(desk).items() if not key.startswith(b"fax:ledger")}
    assert after == {key: value for key, (_, value) in before.items() if not key.startswith(b"fax:ledger")}
    assert not planned.lifted
    assert planned.found == recover(desk, telnyx).found


def test_an_interrupted_listing_leaves_the_stop_and_the_next_recovery_continues(desk: CampaignDesk) -> None:
    desk.create("sent")
    telnyx = Telnyx(fax(desk, "sent"))
    telnyx.breaks = True
    with pytest.raises(OutcomeUnknown):
        recover(desk, telnyx)
    assert Epoch(desk.scripts).behind()
    telnyx.breaks = False
    assert recover(desk, telnyx).lifted


def test_the_last_listing_is_asked_for_when_no_call_can_come_late_any_more(desk: CampaignDesk) -> None:
    begun, telnyx = moment(desk), Telnyx()
    recovered = recover(desk, telnyx)
    assert recovered.listings >= SETTINGS.settle_listings
    assert (moment(desk) - begun).total_seconds() >= SETTINGS.lease + SETTINGS.fax_settle


def test_a_recovery_begun_long_after_the_stop_waits_as_long_as_telnyx_may_list_late(
    desk: CampaignDesk,
) -> None:
    Epoch(desk.scripts).stop(found=moment(desk))
    desk.later(86_400)
    begun, telnyx = moment(desk), Telnyx()
    looks: list[datetime] = []
    telnyx.list_faxes = lambda **_: looks.append(moment(desk)) or iter(())  # type: ignore[method-assign, func-returns-value]
    recover(desk, telnyx, begun - timedelta(days=2))
    assert looks[-1] - looks[0] >= timedelta(seconds=SETTINGS.fax_settle)
    assert looks[1] - looks[0] >= timedelta(seconds=SETTINGS.fax_settle / SETTINGS.settle_listings)


def test_the_time_of_the_copy_bounds_the_search(desk: CampaignDesk) -> None:
    with pytest.raises(BadInput, match="--since"):
        Recoverer(SETTINGS, desk.ledger, Telnyx(), TelnyxClock()).recover()  # type: ignore[arg-type]
    found = moment(desk)
    Epoch(desk.scripts).stop(found=found)
    desk.later(60)
    with pytest.raises(BadInput, match="would be missed"):
        recover(desk, Telnyx())
    telnyx = Telnyx()
    Recoverer(SETTINGS, desk.ledger, telnyx, TelnyxClock(), sleep=desk.later).recover()  # type: ignore[arg-type]
    assert telnyx.asked[0] < found


def test_another_ledgers_faxes_are_left_alone(desk: CampaignDesk) -> None:
    desk.run(1)
    recovered = recover(desk, Telnyx(fax(desk, job(1), ledger="another")))
    assert (recovered.foreign, desk.codes()) == (1, "p")


def test_a_second_attempt_is_taken_whatever_the_first_was_doing(desk: CampaignDesk) -> None:
    for name in ("queued", "accepted", "failed", "retrying"):
        desk.create(name)
    for name in ("accepted", "failed", "retrying"):
        desk.send(name)
    desk.report("failed", "failed", "user_busy")
    desk.report("retrying", "failed", "user_busy")
    desk.retry("retrying")
    names = ("queued", "accepted", "failed", "retrying")
    listing = [fax(desk, n, a, status="failed" if a == 1 else "delivered") for a in (1, 2) for n in names]
    recover(desk, Telnyx(*listing))
    for name in names:
        found = desk.ledger.job(name)
        assert (found.state, found.attempt, found.fax_id) == (State.DELIVERED, 2, f"{name}-2"), name
    assert desk.redis.zcard("fax:strays") == 0
    assert desk.redis.scard("fax:calls") == 0


def test_two_faxes_of_one_attempt_are_shown_to_a_person_and_neither_is_cancelled(desk: CampaignDesk) -> None:
    desk.create("twice")
    desk.send("twice")
    second = fax(desk, "twice").model_copy(update={"id": "second"})
    recovered = recover(desk, Telnyx(second))
    assert recovered.conflicts == [("twice", "second")]
    assert desk.redis.zcard("fax:strays") == 0


def test_a_generation_that_the_ledger_has_forgotten_is_followed(desk: CampaignDesk) -> None:
    desk.run(1, 2)
    desk.feed()
    for row in (1, 2):
        desk.picked()
        desk.send_row(row)
        desk.report(job(row), "failed", "user_busy")
        desk.end(job(row))
    desk.feed()
    assert desk.codes() == "ff"
    recovered = recover(desk, Telnyx(fax(desk, job(2, 2), status="delivered")))
    assert recovered.found[Found.ROW] == 1
    assert desk.codes() == "fd"
    assert desk.faults() == ()


def test_a_campaign_in_a_later_generation_continues_in_it(desk: CampaignDesk) -> None:
    desk.run(1, 2, 3, 4, 5)
    desk.feed(4)
    for row in (1, 2, 3):
        desk.picked()
        desk.send_row(row)
    desk.report(job(1), "failed", "user_busy")
    desk.end(job(1))
    # So it is in the copy: 1 has failed, 2 and 3 are in flight, 4 waits, 5 is pending. Then all failed but 3,
    # and those but 5 were tried again, 4 with another number.
    then = moment(desk)
    desk.later(3600)
    telnyx = Telnyx(
        fax(desk, job(2), status="failed", failure_reason="user_busy").model_copy(update={"created_at": then}),
        fax(desk, job(3), status="delivered").model_copy(update={"created_at": then}),
        fax(desk, job(4), status="failed", failure_reason="user_busy"),
        fax(desk, job(1, 2), status="delivered"),
        fax(desk, job(2, 2), status="failed", failure_reason="user_busy"),
        fax(desk, job(4, 2), status="sending", to="+14155550999"),
    )
    assert recover(desk, telnyx, dry_run=True).found[Found.ROW] == 3
    recovered = recover(desk, telnyx)
    assert (recovered.found[Found.ROW], recovered.found[Found.MADE], recovered.lifted) == (3, 0, True)
    assert desk.codes() == "dodop"
    assert desk.campaigns.get(NAME).generation == 2
    assert desk.faults() == ()
    assert desk.campaigns.row(NAME, 4)[0] == "+14155550999"
    assert desk.ledger.job(job(2, 2)).state is State.DECIDING
    assert desk.ledger.job(job(4)).finished
    assert recover(desk, telnyx).found[Found.SAME] == len(telnyx.faxes)

    desk.end(job(2, 2))
    desk.deliver(4, 2)
    desk.feed()
    desk.picked()
    desk.send_row(5, 2)
    desk.deliver(5, 2)
    desk.feed()
    assert (desk.codes(), desk.faults()) == ("dfddd", ())
    assert desk.campaigns.get(NAME).state is CampaignState.FINISHED


def test_a_campaign_that_the_ledger_has_forgotten_is_made_of_its_faxes(desk: CampaignDesk) -> None:
    recovered = recover(desk, Telnyx(fax(desk, job(1), status="delivered"), fax(desk, job(2))))
    assert recovered.found[Found.MADE] == 2
    # Importing the list again sends to none of them a second time.
    desk.run(1, 2, 3)
    desk.feed()
    assert desk.codes() == "ffo"
    assert desk.faults() == ()


def test_two_attempts_of_a_job_that_was_not_known_are_one_job(desk: CampaignDesk) -> None:
    recovered = recover(desk, Telnyx(fax(desk, "twice", 1, status="failed"), fax(desk, "twice", 2, status="delivered")))
    assert (recovered.found[Found.MADE], recovered.found[Found.EARLIER]) == (1, 1)
    assert [event.seq for event in desk.ledger.job("twice", history=True).history] == [1, 2, 3, 4, 5]
    assert desk.ledger.counts()[State.QUEUED] == 0
    assert desk.ledger.job("twice").state is State.DELIVERED


def test_a_ledger_takes_the_place_of_one_that_is_lost(desk: CampaignDesk) -> None:
    telnyx = Telnyx(fax(desk, "sent", ledger="lost1"), fax(desk, "other", ledger="other1"))
    assert recover(desk, telnyx, dry_run=True).others == {"lost1": 1, "other1": 1}
    assert recover(desk, telnyx, ledger="lost1", dry_run=True).found[Found.MADE] == 1
    assert not desk.ledger.identity.owns("lost1")
    assert recover(desk, telnyx, ledger="lost1").others == {"other1": 1}
    assert desk.ledger.job("sent").state is State.ACCEPTED
    assert (desk.ledger.identity.owns("lost1"), desk.ledger.identity.owns("other1")) == (True, False)
    assert desk.ledger.identity.taken_over == ("lost1",)
    with pytest.raises(BadInput, match="--ledger"):
        recover(desk, telnyx, ledger="no id")


def test_a_ledger_that_has_sent_faxes_takes_no_others_place_unless_a_person_has_looked(desk: CampaignDesk) -> None:
    desk.run(1)
    telnyx = Telnyx(fax(desk, "sent", ledger="lost1"))
    desk.create("of-a-producer")
    assert recover(desk, telnyx, ledger="lost1", dry_run=True).found[Found.MADE] == 1
    desk.send("of-a-producer")

    with pytest.raises(Conflict, match="1 fax of this ledger were sent before it replaced lost1"):
        recover(desk, telnyx, ledger="lost1")
    assert (desk.ledger.identity.owns("lost1"), Epoch(desk.scripts).behind()) == (False, None)
    assert recover(desk, telnyx, ledger="lost1", late=True).found[Found.MADE] == 1
    # Its place is taken: this is the same recovery again.
    assert recover(desk, telnyx, ledger="lost1").lifted


def test_a_fax_asked_for_again_with_its_key_is_the_one_that_telnyx_has(desk: CampaignDesk) -> None:
    asked = SendFax(to="+14155550123", media_name="letter", idempotency_key="order-7", tags=["ward"], pages=2)
    recover(desk, Telnyx(fax(desk, asked.identity())))
    assert desk.ledger.create(asked.identity(), asked, source="producer")["outcome"] == "same"
    assert desk.ledger.job(asked.identity()).request.pages == 2
    other = asked.model_copy(update={"to": "+14155550124"})
    with pytest.raises(IdempotencyConflict):
        desk.ledger.create(other.identity(), other, source="producer")
    # It is found, and forgotten, as any other.
    assert indexed(desk) == "o"
    desk.report(asked.identity(), "delivered")
    assert indexed(desk) == "d"
    assert Erasure(desk.scripts).job(asked.identity(), []) == "erased"
    assert indexed(desk) == ""


def indexed(desk: CampaignDesk) -> str:
    """The codes of all entries of the index."""
    index = Index(desk.scripts)
    found = [
        index.block(block, content, Looked(), index.span())
        for several in index.contents([0])
        for block, content in several
    ]
    return "".join(entry.code for entries in found for entry in entries)


class Restored(CampaignWalk):
    """The walk of campaigns, in which the ledger is set back once to a copy of some steps before."""

    def set_back(self, saved: dict[bytes, tuple[int, bytes]], since: datetime) -> None:
        restore(self.desk, saved)
        Epoch(self.desk.scripts).stop(found=since)
        # Calls that were claimed are made within half of their lease, regardless of the ledger's state.
        for call in [call for call in self.calls if not call.answer and self.now < call.claimed_at + LEASE / 2]:
            call.answer = "accepted, no answer"
            self.post(call)
        self.calls.clear()
        telnyx = Telnyx(*(self.listed(each) for each in self.faxes))
        recoverer = Recoverer(SETTINGS, self.desk.ledger, telnyx, TelnyxClock(), sleep=self.desk.later)  # type: ignore[arg-type]
        assert recoverer.recover(since).lifted
        # An attempt that Telnyx never accepted may be posted under the same number again.
        self.posts = Counter((each.job, each.attempt) for each in self.faxes)
        self.before = self.desk.codes()
        self.ended.clear()
        self.check()

    def single(self) -> None:
        # The request is no longer known if its job was created again.
        with suppress(IdempotencyConflict):
            super().single()

    def listed(self, each: Any) -> Fax:
        reason = "user_busy" if each.status == "failed" else None
        number = next((self.desk.campaigns.row(NAME, self.rows[each.job])[0] for _ in "1" if each.job in self.rows), "")
        known = fax(self.desk, each.job, each.attempt, status=each.status, to=number, failure_reason=reason)
        return known.model_copy(update={"id": each.id, "created_at": datetime.fromtimestamp(each.at, UTC)})


def test_a_campaign_restored_at_any_step_loses_no_row_and_sends_none_twice(redis_url: str, seed: int) -> None:
    walk, dice = Restored(redis_url, seed), random.Random(seed)
    with walk.explained():
        for _ in range(dice.randint(5, 120)):
            walk.step()
        saved, since = snapshot(walk.desk), moment(walk.desk)
        for _ in range(dice.randint(5, 240)):
            walk.step()
        walk.set_back(saved, since)
        for _ in range(60):
            walk.step()
            walk.check()
        walk.calm()
