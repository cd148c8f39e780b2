"""A person releases a held fax: a reason that concerns only this fax is waived, a shared one is not."""

import pytest

from faxdispatch.ledger import Rules
from faxdispatch.states import WAIVABLE, HoldReason, State
from tests.ledger.desk import Desk
from tests.ledger.steps import START

OWN = sorted(WAIVABLE - {HoldReason.RETRY})
HOUR = 3600


@pytest.fixture
def desk(redis_url: str) -> Desk:
    desk = Desk(redis_url, Rules(rate=1000, channels=1))
    desk.create("j")
    return desk


def release(desk: Desk, name: str = "j") -> str:
    return str(desk.ledger.release(name, why="the clinic waits", operator="ada")["outcome"])


def hold(desk: Desk, reason: HoldReason, *, seconds: float | None = HOUR) -> None:
    due = None if seconds is None else desk.scripts.now / 1000 + seconds
    desk.ledger.hold("j", reason=reason, due=due)


@pytest.mark.parametrize("seconds", [HOUR, None])
@pytest.mark.parametrize("reason", OWN)
def test_a_hold_of_a_single_fax_is_waived_and_the_fax_is_tried_at_once(desk, reason, seconds):
    hold(desk, reason, seconds=seconds)
    assert desk.agenda.due() == []

    assert release(desk) == "released"

    assert [due.job_id for due in desk.agenda.due()] == ["j"]
    assert desk.ledger.job("j").waived == {reason}
    assert desk.admit("j") == "go"


def test_a_retry_that_is_planned_is_made_at_once(desk):
    desk.send("j")
    desk.report("j", "failed", "user_busy")
    desk.retry("j", delay=HOUR)

    assert release(desk) == "released"
    assert desk.admit("j") == "go"


def test_a_release_records_operator_and_reason(desk):
    hold(desk, HoldReason.WINDOW)
    release(desk)

    [events] = desk.published("job.released")
    assert events.data == {"reason": "window", "why": "the clinic waits", "operator": "ada"}
    assert events.source == "operator"


def test_waivers_last_and_add_up(desk):
    for reason in (HoldReason.SEND_AT, HoldReason.WINDOW, HoldReason.SEND_AT):
        hold(desk, reason)
        assert release(desk) == "released"
    desk.send("j")

    assert desk.ledger.job("j").waived == {"send_at", "window"}


@pytest.mark.parametrize("reason", sorted(set(HoldReason) - WAIVABLE))
def test_shared_holds_and_broken_settings_are_not_waived_and_nothing_changes(desk, reason):
    hold(desk, reason)
    before = desk.ledger.job("j", history=True)

    assert release(desk) == "shared"
    assert desk.ledger.job("j", history=True) == before
    assert desk.agenda.due() == []


def test_a_waiting_fax_keeps_its_place(desk):
    desk.create("k")
    desk.send("j")
    assert desk.admit("k") == "no_channel"

    assert release(desk, "k") == "shared"
    assert desk.waiting() == ["k"]


@pytest.mark.parametrize("state", [State.QUEUED, State.SUBMITTING, State.ACCEPTED, State.DECIDING, State.CANCELLED])
def test_a_fax_that_is_not_held_cannot_be_released(desk, state):
    if state is State.CANCELLED:
        desk.ledger.cancel("j", source="producer")
    elif state is not State.QUEUED:
        assert (desk.admit("j"), desk.claim("j")) == ("go", "claimed")
    if state in {State.ACCEPTED, State.DECIDING}:
        desk.accept("j")
    if state is State.DECIDING:
        desk.report("j", "failed", "user_busy")

    reply = desk.ledger.release("j", why="w")
    assert (reply["outcome"], reply["state"]) == ("no", state)
    assert desk.ledger.release("nobody", why="w")["outcome"] == "gone"


def test_a_released_fax_still_waits_for_what_all_wait_for(desk):
    hold(desk, HoldReason.WINDOW)
    desk.create("up")
    desk.send("up")
    release(desk)

    assert desk.admit("j") == "no_channel"
    desk.report("up", "delivered")
    assert desk.picked() == ["j"]


# The index of held faxes ----------------------------------------------------------------------------------------------


def test_held_faxes_are_counted_by_reason_with_their_first_and_last_end(desk):
    hold(desk, HoldReason.WINDOW)
    for n in range(3):
        desk.create(f"s{n}")
        desk.ledger.hold(f"s{n}", reason=HoldReason.SEND_AT, due=START / 1000 + n + 1)

    first, second = desk.ledger.holds()
    assert (first.reason, first.count, second.reason, second.count) == ("send_at", 3, "window", 1)
    assert [moment.timestamp() * 1000 - START for moment in (first.first, first.last)] == [1000, 3000]
    assert [job.job_id for job in desk.ledger.held(HoldReason.SEND_AT, limit=2)] == ["s0", "s1"]


def test_a_fax_that_is_held_for_another_reason_counts_for_that_one_only(desk):
    for reason in (HoldReason.SEND_AT, HoldReason.WINDOW, HoldReason.POLICY_HOOK):
        hold(desk, reason)
        assert [(held.reason, held.count) for held in desk.ledger.holds()] == [(reason, 1)]


def test_a_fax_that_continues_is_no_longer_held(desk):
    hold(desk, HoldReason.WINDOW)
    release(desk)
    desk.send("j")

    assert desk.ledger.holds() == []


def test_a_fax_that_waits_for_a_person_shows_when_its_wait_began(desk):
    for _ in range(3):
        hold(desk, HoldReason.TOO_LATE, seconds=None)
        desk.later(HOUR)

    [held] = desk.ledger.holds()
    assert held.first.timestamp() * 1000 == START


def test_a_hold_whose_end_becomes_unknown_is_shown_since_then(desk):
    hold(desk, HoldReason.POLICY_HOOK, seconds=9 * HOUR)
    desk.later(HOUR)
    hold(desk, HoldReason.POLICY_HOOK, seconds=None)

    [held] = desk.ledger.holds()
    assert held.first.timestamp() * 1000 == desk.scripts.now
