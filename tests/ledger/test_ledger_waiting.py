"""One call at a time to a number: the end of a call gives it to the next waiting fax, the highest class first."""

from collections import Counter

import pytest

from faxdispatch.ledger import Rules
from faxdispatch.states import HoldReason, State, Verdict
from tests.ledger.desk import SENDER, Desk, everything_is_free
from tests.ledger.steps import admit_one

NUMBER = "+14155550200"
OTHERS = ("first", "second")


@pytest.fixture
def desk(redis_url: str) -> Desk:
    return Desk(redis_url, Rules(rate=1000, channels=4))


@pytest.fixture
def flying(desk: Desk) -> Desk:
    """Job `up` is in flight to the number; `first` and `second` wait for it."""
    desk.create("up", *OTHERS, to=NUMBER)
    desk.send("up")
    assert [desk.admit(name) for name in OTHERS] == ["destination_busy"] * 2
    return desk


def delivered(desk: Desk) -> None:
    desk.report("up", "delivered")


def failed(desk: Desk) -> None:
    desk.report("up", "failed", "user_busy")


def cancelled(desk: Desk) -> None:
    desk.ledger.cancel("up", source="producer")
    desk.report("up", "failed", "sender_canceled")


def given_up(desk: Desk) -> None:
    desk.ledger.resolve("up", Verdict.FAILED, reason="seen")


@pytest.mark.parametrize("end", [delivered, failed, cancelled, given_up])
def test_the_end_of_a_call_gives_the_number_to_the_fax_that_waited_longest(flying, end):
    end(flying)

    assert flying.waiting() == ["first"]
    assert flying.picked() == ["first"]


def postponed(desk: Desk) -> None:
    desk.postpone("up", HoldReason.RATE_LIMITED)


def refused(desk: Desk) -> None:
    desk.give_up("up")


def not_sent(desk: Desk) -> None:
    desk.ledger.doubt("up", 1, cause="no_answer", look_after=15, facts={})
    assert desk.waiting() == [], "the call may be up"
    desk.ledger.resolve("up", Verdict.NOT_SENT, reason="seen")


def never_listed(desk: Desk) -> None:
    desk.ledger.doubt("up", 1, cause="no_answer", look_after=15, facts={})
    assert desk.waiting() == [], "the call may be up"
    assert desk.ledger.not_listed("up", 1, look="a", settle=0, enough=1)["outcome"] == "requeued"


@pytest.mark.parametrize("end", [postponed, refused, not_sent, never_listed])
def test_an_attempt_without_a_call_gives_the_number_to_the_next(desk, end):
    desk.create("up", *OTHERS, to=NUMBER)
    assert (desk.admit("up"), desk.claim("up")) == ("go", "claimed")
    assert [desk.admit(name) for name in OTHERS] == ["destination_busy"] * 2

    end(desk)

    assert desk.waiting() == ["first"]


def ended(desk: Desk) -> None:
    desk.ledger.end("first", event="job.exhausted", cause="send_by", states=[State.HELD])


def withdrawn(desk: Desk) -> None:
    desk.ledger.cancel("first", source="producer")


def parked(desk: Desk) -> None:
    desk.ledger.hold("first", reason=HoldReason.POLICY_HOOK, due=None)


@pytest.mark.parametrize("leave", [ended, withdrawn, parked])
@pytest.mark.parametrize("picked", [False, True])
def test_a_fax_that_got_the_number_and_leaves_without_a_call_passes_it_on(flying, leave, picked):
    delivered(flying)
    if picked:
        assert flying.picked() == ["first"]

    leave(flying)

    assert flying.picked() == ["second"]


@pytest.mark.parametrize("leave", [ended, withdrawn, parked])
def test_a_fax_that_leaves_during_the_call_of_another_passes_nothing_on(flying, leave):
    leave(flying)

    assert flying.waiting() == []
    delivered(flying)
    assert flying.waiting() == ["second"]


def test_the_number_goes_to_the_highest_class_first_and_within_it_to_the_oldest(desk):
    desk.create("up", to=NUMBER)
    desk.send("up")
    for priority in ("bulk", "normal", "urgent"):
        for age in ("old", "new"):
            desk.later(1)
            desk.create(f"{priority}-{age}", to=NUMBER, priority=priority)
            assert desk.admit(f"{priority}-{age}") == "destination_busy"

    order, name = [], "up"
    while True:
        desk.report(name, "delivered")
        if not (found := desk.picked()):
            break
        [name] = found
        desk.send(name)
        order.append(name)

    assert order == [f"{priority}-{age}" for priority in ("urgent", "normal", "bulk") for age in ("old", "new")]


def test_a_fax_that_arrives_while_the_number_is_free_is_parked_if_another_takes_it(desk):
    desk.create("up", "a", "b", to=NUMBER)
    desk.send("up")
    desk.admit("a")
    desk.report("up", "delivered")
    desk.redis.zrem("fax:waiting:c", "a")  # `b` comes at the same moment, before the waiting list is read
    desk.send("b")
    desk.redis.zadd("fax:waiting:c", {"a": 1e13 + 1})

    assert desk.picked() == []
    assert desk.redis.zrange(f"fax:line:{NUMBER}:waiting", 0, -1) == ["a"]
    desk.report("b", "delivered")
    assert desk.picked() == ["a"]


def test_fifty_faxes_to_one_number_over_two_connections_go_one_by_one_with_few_steps_each(desk):
    names = [f"j{n}" for n in range(50)]
    desk.create(*names, to=NUMBER)
    messages, flying, flown = list(names), [], []
    steps: Counter[str] = Counter()
    before = desk.calls()
    while messages or flying:
        while messages:
            name = messages.pop(0)
            steps["message"] += 1
            if desk.admit(name, f"c{names.index(name) % 2}") == "go" and desk.claim(name) == "claimed":
                desk.accept(name)
                flying.append(name)
        assert len(flying) == 1
        assert desk.redis.get(f"fax:line:{NUMBER}") == flying[0]
        desk.later(20)
        desk.report(flying[0], "delivered")
        flown.append(flying.pop())
        messages += desk.picked()
        messages += [due.job_id for due in desk.agenda.due()]

    assert sorted(flown) == sorted(names)
    assert steps["message"] <= 2 * len(names), "one of its own, one when its turn has come"
    commands = desk.calls() - before
    # Create, admit twice, claim, accept, deliver, pick and due: whether ten wait or a thousand.
    assert commands["evalsha"] <= 9 * len(names)
    assert sum(commands.values()) <= 200 * len(names)
    assert everything_is_free(desk.redis)


def test_repeated_messages_for_a_waiting_job_do_not_move_it(flying):
    for _ in range(5):
        assert admit_one(flying.ledger, "first", connection="c", sender=SENDER)["reason"] == "destination_busy"

    assert [e.type for e in flying.ledger.job("first", history=True).history] == ["job.queued", "job.held"]
    assert flying.redis.zrange(f"fax:line:{NUMBER}:waiting", 0, -1) == ["first", "second"]


@pytest.mark.parametrize("leave", [ended, withdrawn, parked])
def test_a_fax_that_leaves_a_free_number_does_not_come_back_by_itself(desk, leave):
    desk.create("up", "early", "first", "second", to=NUMBER)
    desk.send("up")
    for name in ("early", "first", "second"):
        desk.admit(name)
    delivered(desk)
    assert desk.waiting() == ["early"]

    leave(desk)

    assert desk.waiting() == ["early", "second"]
    assert desk.redis.exists(f"fax:line:{NUMBER}:waiting") == 0
    job = desk.ledger.job("first")
    assert job.finished or job.hold_reason == HoldReason.POLICY_HOOK
    assert [held.count for held in desk.ledger.holds() if held.reason is HoldReason.NO_CHANNEL] == [2]


def test_a_fax_whose_connection_is_paused_does_not_keep_the_number_from_another_connection(desk):
    desk.create("up", "a", "b", to="+14155550299")
    desk.send("up", "c")
    assert (desk.admit("a", "c"), desk.admit("b", "d")) == ("destination_busy", "destination_busy")
    desk.limits.pause("c", delay=3600)

    desk.report("up", "delivered")

    assert desk.picked() == ["b"]
    assert desk.ledger.job("a").hold_reason == "connection_paused"


def test_a_full_connection_does_not_keep_the_number_from_another(redis_url):
    desk = Desk(redis_url, Rules(rate=1000, channels=1, account_channels=5))
    desk.create("far", to="+14155550288")
    desk.create("up", "a", "b", to="+14155550299")
    desk.send("far", "c")
    desk.send("up", "e")
    assert (desk.admit("a", "c"), desk.admit("b", "d")) == ("destination_busy", "destination_busy")

    desk.report("up", "delivered")

    assert desk.picked() == ["b"]
