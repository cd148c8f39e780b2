"""Failing calls pause a connection; one fax at a time probes, with few events."""

import pytest

from faxdispatch.ledger import Rules
from faxdispatch.states import HoldReason, State
from tests.ledger.desk import Desk, everything_is_free

JOBS = [f"j{n}" for n in range(12)]


@pytest.fixture
def desk(redis_url: str) -> Desk:
    desk = Desk(redis_url, Rules(rate=1000, channels=50, probe_pauses=(10, 20, 40), most_untaken=2))
    desk.create(*JOBS)
    return desk


def call(desk: Desk, name: str, outcome: str) -> None:
    """Let a job be sent, and the call come to `outcome`."""
    assert (desk.admit(name), desk.claim(name)) == ("go", "claimed")
    answer(desk, name, outcome)


def answer(desk: Desk, name: str, outcome: str) -> None:
    attempt = desk.ledger.job(name).attempt
    if outcome == "unreachable":
        desk.postpone(name, call="unreachable")
    elif outcome == "full":
        desk.postpone(name, HoldReason.NO_CHANNEL_AT_TELNYX, call="answered")
    elif outcome == "accepted":
        desk.accept(name)
    elif outcome == "refused":
        desk.ledger.end(name, event="job.rejected", cause="422", states=[State.SUBMITTING], attempt=attempt)
    else:
        failing = outcome == "5xx"
        desk.ledger.doubt(name, attempt, cause=outcome, look_after=15, facts={}, failing=failing)


def paused(desk: Desk) -> str | None:
    return next((traffic.pause.reason for traffic in desk.limits.connections() if traffic.pause), None)


def outage(desk: Desk, outcome: str) -> None:
    """Let calls fail until the connection is paused; all others then wait."""
    for name in JOBS:
        if paused(desk):
            assert desk.admit(name) == "connection_paused"
        else:
            call(desk, name, outcome)


def test_three_calls_in_a_row_without_a_connection_to_telnyx_pause_the_connection(desk):
    outage(desk, "unreachable")

    assert paused(desk) == "telnyx_unreachable"
    assert sum(desk.ledger.job(name).attempt for name in JOBS) == 3
    assert desk.published("connection.paused")[0].data["reason"] == "telnyx_unreachable"


def test_half_of_ten_calls_with_a_5xx_pause_the_connection(desk):
    for name, outcome in zip(JOBS, ["5xx", "accepted"] * 4 + ["5xx"], strict=False):
        assert paused(desk) is None
        call(desk, name, outcome)

    assert paused(desk) == "telnyx_failing"


@pytest.mark.parametrize("outcome", ["accepted", "refused", "full"])
def test_a_definite_answer_in_between_is_no_outage(desk, outcome):
    for name, came in zip(JOBS, ["unreachable", "unreachable", outcome] * 3, strict=False):
        call(desk, name, came)

    assert paused(desk) is None


def test_calls_without_an_answer_pause_nothing(desk):
    for name in JOBS:
        call(desk, name, "no_answer")

    assert paused(desk) is None


@pytest.mark.parametrize("outcome", ["unreachable", "5xx", "no_answer"])
def test_one_fax_at_a_time_probes_at_growing_intervals(desk, outcome):
    outage(desk, "unreachable")
    tried = []
    for second in range(1, 200):
        desk.later(1)
        if picked := desk.picked():
            [name] = picked
            others = [other for other in desk.waiting() if other != name]
            assert desk.admit(others[0]) == "connection_paused"
            call(desk, name, outcome)
            tried.append(second)

    assert tried == [10, 30, 70, 110, 150, 190]
    assert [len(desk.published(f"connection.{kind}")) for kind in ("paused", "resumed")] == [1, 0]


def test_a_waiting_fax_gets_one_event_however_long_the_outage_lasts(desk):
    outage(desk, "unreachable")
    events = desk.redis.xlen("fax:events")
    for _ in range(100):
        desk.later(40)
        for name in desk.picked():
            call(desk, name, "unreachable")
        for due in desk.agenda.due():
            desk.admit(due.job_id)

    # A try is two events; two of the three that failed first come back to the line once.
    assert desk.redis.xlen("fax:events") - events <= 2 * 100 + 2
    assert len(desk.waiting()) == len(JOBS)
    assert everything_is_free(desk.redis)


@pytest.mark.parametrize("outcome", ["accepted", "refused", "full"])
def test_an_answered_probe_ends_the_pause(desk, outcome):
    outage(desk, "unreachable")
    desk.later(10)
    [name] = desk.picked()
    call(desk, name, outcome)

    assert paused(desk) is None
    assert len(desk.published("connection.resumed")) == 1
    assert len(desk.picked()) == len(JOBS) - 3, "all but the first two, which wait for their time, and the try"


def test_an_answer_to_a_call_in_progress_ends_the_pause(desk):
    assert [desk.admit(JOBS[0]), desk.claim(JOBS[0])] == ["go", "claimed"]
    for name in JOBS[1:4]:
        call(desk, name, "unreachable")
    assert paused(desk)
    answer(desk, JOBS[0], "accepted")

    assert paused(desk) is None


def test_if_a_probe_gets_no_answer_another_fax_probes(desk):
    outage(desk, "unreachable")
    desk.later(10)
    [lost] = desk.picked()
    desk.later(59)
    assert desk.picked() == []

    desk.later(1)
    assert len(desk.picked()) == 1
    assert desk.state(lost) is not State.SUBMITTING


def test_a_probe_that_is_stopped_by_something_else_passes_to_the_next_fax(desk):
    outage(desk, "unreachable")
    desk.later(10)
    [name] = desk.picked()
    desk.ledger.hold(name, reason=HoldReason.WINDOW, due=desk.scripts.now / 1000 + 3600)

    [other] = desk.picked()
    assert other != name


def test_a_person_may_end_the_pause_or_extend_it(desk):
    outage(desk, "unreachable")
    assert desk.limits.resume("c", reason="fixed")
    assert len(desk.picked()) == len(JOBS) - 2


def test_a_persons_longer_pause_ends_at_its_time_and_not_by_a_probe(desk):
    outage(desk, "unreachable")
    desk.limits.pause("c", delay=3600)
    desk.later(60)
    assert desk.picked() == []

    desk.later(3540)
    assert len(desk.picked()) == len(JOBS) - 2
    assert paused(desk) is None


# Attempts that Telnyx never took --------------------------------------------------------------------------------------


def never_accepted(desk: Desk, name: str) -> str:
    """Let an attempt get a 5xx and be proved never taken."""
    call(desk, name, "5xx")
    attempt = desk.ledger.job(name).attempt
    desk.later(700)
    for look in range(3):
        reply = desk.ledger.not_listed(name, attempt, look=f"{attempt}-{look}", settle=600, enough=3)
    return str(reply["outcome"])


def test_past_its_budget_a_job_is_held_with_its_evidence_and_nothing_else_is(desk):
    assert [never_accepted(desk, "j0"), never_accepted(desk, "j0")] == ["requeued", "held"]

    job = desk.ledger.job("j0")
    assert (job.state, job.hold_reason, job.dials, job.connects) == (State.HELD, "never_accepted", 0, 0)
    data = desk.published("job.held")[-1].data
    assert (data["reason"], data["untaken"], data["listings"], data["cause"]) == ("never_accepted", 2, 3, "5xx")
    assert "j0" not in desk.redis.smembers("fax:calls")
    assert desk.redis.get(f"fax:line:{desk.number('j0')}") is None


def test_a_release_by_a_person_renews_the_budget(desk):
    never_accepted(desk, "j0")
    never_accepted(desk, "j0")
    assert desk.ledger.release("j0", why="fixed")["outcome"] == "released"

    assert desk.ledger.job("j0").untaken == 0
    assert [never_accepted(desk, "j0"), never_accepted(desk, "j0")] == ["requeued", "held"]


def test_while_calls_fail_the_probes_rotate_among_the_waiting_faxes(desk):
    outage(desk, "5xx")
    desk.agenda.due()
    for _ in range(4):
        desk.later(60)
        [name] = desk.picked()
        assert never_accepted_by(desk, name) == "requeued"
        assert desk.admit(name) == "connection_paused"

    assert max(desk.ledger.job(name).untaken for name in JOBS) == 1


def never_accepted_by(desk: Desk, name: str) -> str:
    """Answer the fax that probes with a 5xx, and prove that Telnyx never accepted it."""
    call(desk, name, "5xx")
    attempt = desk.ledger.job(name).attempt
    looks = [desk.ledger.not_listed(name, attempt, look=f"{attempt}-{n}", settle=0, enough=3) for n in range(3)]
    return str(looks[-1]["outcome"])
