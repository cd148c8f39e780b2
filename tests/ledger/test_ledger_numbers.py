"""The ledger's memory of numbers: those that are no longer called, and the settings with which a fax was delivered."""

from datetime import UTC, datetime

import pytest

from faxdispatch.ledger import Rules
from faxdispatch.states import State
from tests.ledger.desk import Desk, everything_is_free
from tests.ledger.steps import START, admit_one

NUMBER, OTHER = "+14155550200", "+14155550201"
DAY = 86_400


@pytest.fixture
def desk(redis_url: str) -> Desk:
    return Desk(
        redis_url, Rules(rate=1000, channels=100, quarantine_after=3, quarantine=90 * DAY, ladder_kept=30 * DAY)
    )


def fail(desk: Desk, name: str, *, blames: bool = True, to: str = NUMBER) -> None:
    """A fax to the number fails permanently; `blames` says that the number is the cause."""
    desk.create(name, to=to)
    desk.send(name)
    desk.report(name, "failed", "receiver_unallocated_number")
    desk.give_up(name, blames=blames)


def deliver(desk: Desk, name: str, *, to: str = NUMBER, ladder_step: int = 0) -> None:
    desk.create(name, to=to)
    desk.send(name, ladder_step=ladder_step)
    desk.report(name, "delivered")


def quarantined(desk: Desk) -> list[str]:
    return [suspect.number for suspect in desk.suspects.all()]


@pytest.fixture
def shunned(desk: Desk) -> Desk:
    """The number is in quarantine."""
    for name in "abc":
        fail(desk, name)
    assert quarantined(desk) == [NUMBER]
    return desk


# Quarantine -----------------------------------------------------------------------------------------------------------


def test_enough_failures_in_a_row_put_a_number_in_quarantine_with_one_event(desk):
    for name, expected in (("a", []), ("b", []), ("c", [NUMBER])):
        fail(desk, name)
        assert quarantined(desk) == expected

    [events] = desk.published("number.quarantined")
    until = START + 90 * DAY * 1000
    assert events.data == {
        "number": NUMBER, "reason": "wrong", "failures": 3, "until": until,
    }  # fmt: skip
    assert desk.suspects.until(NUMBER) == datetime.fromtimestamp(until / 1000, UTC)


def test_a_further_failure_neither_repeats_the_event_nor_extends_the_quarantine(desk):
    for name in "abcd":
        desk.create(name, to=NUMBER)
        desk.send(name)
        desk.report(name, "failed", "receiver_unallocated_number")
    for name in "abcd":
        desk.give_up(name, blames=True)
        desk.later(1)

    assert len(desk.published("number.quarantined")) == 1
    assert desk.suspects.until(NUMBER) == datetime.fromtimestamp(START / 1000 + 2 + 90 * DAY, UTC)


@pytest.mark.parametrize("others", [{"blames": False}, {"to": OTHER}])
def test_failures_that_do_not_blame_the_number_and_those_of_others_do_not_count(desk, others):
    for name in "abcd":
        fail(desk, name, **({} if name in "ab" else others))

    assert quarantined(desk) == []


def test_a_delivered_fax_resets_the_count_of_failures(desk):
    for name in "ab":
        fail(desk, name)
    deliver(desk, "good")
    for name in "cd":
        fail(desk, name)

    assert quarantined(desk) == []


def test_failures_long_ago_are_forgotten(desk):
    fail(desk, "a")

    assert 89 * DAY < desk.redis.ttl(f"fax:bad:{NUMBER}") <= 90 * DAY


def test_a_fax_to_a_quarantined_number_is_rejected_at_admission_and_keeps_nothing(shunned):
    shunned.create("late", to=NUMBER)

    assert shunned.admit("late") == "no"
    job = shunned.ledger.job("late", history=True)
    assert (job.state, job.cause, job.attempt) == (State.FAILED, "number_quarantined", 0)
    assert job.history[-1].type == "job.rejected"
    assert job.history[-1].data == {"reason": "number_quarantined", "until": START + 90 * DAY * 1000}
    assert everything_is_free(shunned.redis)


def test_faxes_that_wait_for_the_number_when_it_goes_into_quarantine_all_end(desk):
    for name in "ab":
        fail(desk, name)
    desk.create("c", "d", "e", "f", to=NUMBER)
    desk.send("c")
    assert {desk.admit(name) for name in "def"} == {"destination_busy"}
    desk.report("c", "failed", "receiver_unallocated_number")
    desk.give_up("c", blames=True)

    for name in "def":
        assert desk.picked() == [name]
        assert desk.admit(name) == "no"
    assert everything_is_free(desk.redis)


def test_the_retry_of_a_fax_that_was_sent_before_is_rejected_too(desk):
    desk.create("retried", to=NUMBER)
    desk.send("retried")
    desk.report("retried", "failed", "user_busy")
    desk.retry("retried")
    for name in "abc":
        fail(desk, name)
    desk.later(61)

    assert desk.admit("retried") == "no"
    assert desk.state("retried") is State.FAILED


def test_other_numbers_are_still_called(shunned):
    deliver(shunned, "other", to=OTHER)

    assert shunned.state("other") is State.DELIVERED


def test_a_fax_that_is_delivered_after_all_lifts_the_quarantine(desk):
    desk.create("up", to=NUMBER)
    desk.send("up")
    for name in "abc":
        desk.create(name, to=NUMBER)
    desk.report("up", "failed", "user_busy")
    for name in "abc":
        desk.send(name)
        desk.report(name, "failed", "receiver_unallocated_number")
        desk.give_up(name, blames=True)
    assert quarantined(desk) == [NUMBER]

    desk.report("up", "delivered")

    assert quarantined(desk) == []
    [events] = desk.published("number.released")
    assert events.data == {"number": NUMBER, "reason": "delivered"}
    deliver(desk, "next")


def test_a_person_lifts_the_quarantine_and_the_count_begins_anew(shunned):
    assert [shunned.suspects.lift(NUMBER, reason="fixed", operator="ada") for _ in range(2)] == [True, False]

    [events] = shunned.published("number.released")
    assert events.data == {"number": NUMBER, "reason": "fixed", "operator": "ada"}
    for name in "de":
        fail(shunned, name)
    assert quarantined(shunned) == []
    fail(shunned, "f")
    assert quarantined(shunned) == [NUMBER]


def test_a_quarantine_ends_by_itself(shunned):
    shunned.later(90 * DAY - 0.001)
    assert quarantined(shunned) == [NUMBER]
    shunned.create("early", to=NUMBER)
    assert shunned.admit("early") == "no"

    shunned.later(0.001)
    assert (quarantined(shunned), shunned.suspects.until(NUMBER)) == ([], None)
    deliver(shunned, "late")


def test_an_ended_quarantine_is_removed_when_the_next_begins(shunned):
    shunned.later(91 * DAY)
    for name in "def":
        fail(shunned, name, to=OTHER)

    assert shunned.redis.zrange("fax:quarantined", 0, -1) == [OTHER]


def test_a_job_that_is_cancelled_while_it_fails_still_blames_its_number(desk):
    for name in "ab":
        fail(desk, name)
    desk.create("c", to=NUMBER)
    desk.send("c")
    desk.report("c", "failed", "receiver_unallocated_number")
    desk.ledger.cancel("c", source="producer")
    desk.give_up("c", blames=True)

    assert desk.state("c") is State.CANCELLED
    assert quarantined(desk) == [NUMBER]


# The ladder -----------------------------------------------------------------------------------------------------------


def ladder_step(desk: Desk, name: str, *, to: str = NUMBER) -> int:
    desk.create(name, to=to)
    reply = admit_one(desk.ledger, name, connection="c", sender=NUMBER)
    desk.ledger.cancel(name, source="producer")
    assert reply["outcome"] == "go"
    return int(reply["ladder_step"])


def test_the_ladder_step_that_delivered_a_fax_is_used_for_the_next_to_that_number(desk):
    deliver(desk, "a", ladder_step=2)

    assert (ladder_step(desk, "b"), ladder_step(desk, "c", to=OTHER)) == (2, 0)


def test_a_ladder_step_that_failed_is_not_remembered(desk):
    desk.create("a", to=NUMBER)
    desk.send("a", ladder_step=2)
    desk.report("a", "failed", "fax_signaling_error")
    desk.retry("a", ladder_step=3)

    assert ladder_step(desk, "b") == 0
    assert desk.ledger.job("a").ladder_step == 3


def test_only_the_ladder_step_of_the_attempt_that_delivered_counts(desk):
    desk.create("a", to=NUMBER)
    desk.send("a", ladder_step=1)
    desk.report("a", "failed", "fax_signaling_error")
    desk.retry("a", ladder_step=2)
    desk.later(61)
    desk.send("a", ladder_step=3)
    desk.report("a", "delivered")

    assert ladder_step(desk, "b") == 3


def test_a_fax_delivered_on_the_first_ladder_step_is_not_remembered(desk):
    deliver(desk, "a", ladder_step=0)

    assert desk.redis.keys("fax:ladder:*") == []


def test_a_ladder_step_is_forgotten_some_time_after_the_last_delivery_with_it(desk):
    deliver(desk, "a", ladder_step=1)
    desk.redis.pexpire(f"fax:ladder:{NUMBER}", 1000 * DAY)
    deliver(desk, "b", ladder_step=1)

    assert 29 * DAY < desk.redis.ttl(f"fax:ladder:{NUMBER}") <= 30 * DAY
