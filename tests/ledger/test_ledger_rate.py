"""The rate that all workers share: slots are spaced, few are saved up, none is lost, none is given in a back-off."""

import math
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from faxdispatch.ledger import Limits, Rules, Scripts, connect
from faxdispatch.telnyx.clock import TelnyxClock
from faxdispatch.telnyx.throttle import Throttle
from tests.ledger.desk import Desk, everything_is_free
from tests.ledger.steps import admit_one

SECOND = 1_000_000


def desk_at(url: str, **rules: object) -> Desk:
    return Desk(url, Rules(**{"channels": 1000, "account_channels": 1000, **rules}))


def slots(desk: Desk, count: int, *, look_ahead: float = 60, on: str | None = None) -> list[int]:
    """Reserve slots at this moment; return their times in microseconds, as far as there are any."""
    found = [desk.limits.reserve(look_ahead=look_ahead, on=on)[0] for _ in range(count)]
    return [desk.scripts.now * 1000 + round(wait * SECOND) for wait in found if wait is not None]


def most_in_a_second(starts: list[int]) -> int:
    starts = sorted(starts)
    return max((sum(first <= at < first + SECOND for at in starts[n:]) for n, first in enumerate(starts)), default=0)


@pytest.mark.parametrize("rate", [1, 3, 20, 200])
def test_slots_that_are_taken_one_after_the_other_are_an_interval_apart(redis_url, rate):
    desk = desk_at(redis_url, rate=rate, burst=1)

    assert {b - a for a, b in pairwise(slots(desk, 10))} == {round(SECOND / rate)}


@pytest.mark.parametrize("burst", [1, 2, 5, 6, 20])
def test_after_a_quiet_time_at_most_half_a_burst_is_available_at_once(redis_url, burst):
    desk = desk_at(redis_url, rate=10, burst=burst)
    slots(desk, 3)
    desk.later(3600)

    at_once = [at for at in slots(desk, 2 * burst) if at == desk.scripts.now * 1000]

    assert len(at_once) == 1 + (burst - 1) // 2


def test_by_default_three_calls_may_leave_at_once_after_a_quiet_time(redis_url):
    desk = desk_at(redis_url, rate=10)

    assert [at - desk.scripts.now * 1000 for at in slots(desk, 4)] == [0, 0, 0, SECOND // 10]


ARRIVALS = st.lists(
    st.tuples(st.integers(0, 700), st.integers(1, 8), st.sampled_from([None, "a", "b"])), min_size=1, max_size=25
)
"""Milliseconds of quiet, then so many calls at once, for no connection or for one of two."""


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rate=st.integers(1, 200),
    burst=st.integers(1, 20),
    connection_rate=st.none() | st.integers(1, 200),
    arrivals=ARRIVALS,
    look_ahead=st.sampled_from([0.0, 0.4, 1.0, 30.0]),
)
def test_no_second_holds_more_starts_than_rate_and_burst_however_they_come(
    redis_url, rate, burst, connection_rate, arrivals, look_ahead
):
    desk = desk_at(redis_url, rate=rate, burst=burst, connection_rate=connection_rate)
    desk.redis.delete("fax:rate", "fax:rate:a", "fax:rate:b")
    starts: dict[str | None, list[int]] = {None: [], "a": [], "b": []}
    for quiet, count, connection in arrivals:
        desk.later(quiet / 1000)
        starts[connection] += slots(desk, count, look_ahead=look_ahead, on=connection)

    assert most_in_a_second([at for found in starts.values() for at in found]) <= rate + burst
    if connection_rate:
        for connection in ("a", "b"):
            assert most_in_a_second(starts[connection]) <= connection_rate + burst


def test_a_connection_keeps_to_its_own_rate_besides_the_accounts(redis_url):
    desk = desk_at(redis_url, rate=100, burst=1, connection_rate=10)

    on_one = slots(desk, 5, on="a")
    on_other = slots(desk, 5, on="b")

    assert {b - a for a, b in pairwise(on_one)} == {b - a for a, b in pairwise(on_other)} == {SECOND // 10}
    # A call for no connection, such as a question, keeps only to the account's rate.
    assert {b - a for a, b in pairwise(slots(desk, 5))} == {SECOND // 100}


def test_calls_that_reserve_further_ahead_go_first(redis_url):
    desk = desk_at(redis_url, rate=10, burst=1)
    urgent, normal = 0, 0
    for _ in range(50):
        urgent += len(slots(desk, 2, look_ahead=1.0))
        normal += len(slots(desk, 2, look_ahead=0.4))
        desk.later(0.1)

    # Only before the far-looking ones have filled what is near.
    assert normal <= 2
    assert urgent >= 55


def test_a_call_without_a_slot_learns_how_long_to_wait(redis_url):
    desk = desk_at(redis_url, rate=10, burst=1)
    slots(desk, 10)

    wait, again = desk.limits.reserve(look_ahead=0.4)
    assert wait is None
    assert again == pytest.approx(0.6)
    desk.later(again)
    assert desk.limits.reserve(look_ahead=0.4)[0] == pytest.approx(0.4)


def test_a_call_without_a_slot_reserves_none(redis_url):
    desk = desk_at(redis_url, rate=10, burst=1, connection_rate=1)
    slots(desk, 3, on="a")
    before = desk.redis.mget("fax:rate", "fax:rate:a")

    assert slots(desk, 5, look_ahead=0.4, on="a") == []
    assert desk.redis.mget("fax:rate", "fax:rate:a") == before


# Telnyx wants no calls ------------------------------------------------------------------------------------------------


def test_calls_that_ask_together_get_the_same_slots_as_one_by_one(redis_url):
    desk = desk_at(redis_url, rate=10, burst=1)

    asked = [{"look": 150_000}, {"look": 50_000}, {"look": 150_000, "connection": "c"}, {"look": 150_000}]
    replies = desk.scripts.run_many("reserve", slots=asked)

    assert replies == [{"wait": 0}, {"wait": -1, "free": 50_000}, {"wait": 100_000}, {"wait": -1, "free": 50_000}]
    assert slots(desk, 1) == [desk.scripts.now * 1000 + 200_000]


def test_during_a_back_off_there_is_no_slot_and_afterwards_they_are_spaced_as_before(redis_url):
    desk = desk_at(redis_url, rate=10, burst=5, connection_rate=5)
    desk.limits.back_off(60)
    opening = desk.scripts.now * 1000 + 60 * SECOND

    assert slots(desk, 3, look_ahead=59.9) == []
    found = slots(desk, 20, look_ahead=120, on="a")
    assert min(found) == opening
    assert most_in_a_second(found) <= 5 + 5


def test_a_shorter_back_off_does_not_shorten_a_longer_one(redis_url):
    desk = desk_at(redis_url)
    desk.limits.back_off(60)
    desk.limits.back_off(1)

    assert slots(desk, 1, look_ahead=59) == []
    assert desk.limits.account().shut_until.timestamp() * 1000 == desk.scripts.now + 60_000


def test_during_a_back_off_an_admitted_fax_is_not_claimed_and_frees_channel_and_number(redis_url):
    desk = desk_at(redis_url)
    desk.create("j")
    assert desk.admit("j") == "go"
    desk.limits.back_off(60)

    assert desk.claim("j") == "rate_limited"
    assert desk.waiting() == ["j"]
    assert everything_is_free(desk.redis)
    assert desk.picked() == []
    desk.later(60)
    assert desk.picked() == ["j"]
    desk.send("j")


def test_during_a_back_off_nothing_is_admitted_and_each_fax_gets_one_event(redis_url):
    desk = desk_at(redis_url)
    desk.limits.back_off(60)
    desk.create("j")

    assert [desk.admit("j") for _ in range(4)] == ["rate"] * 4
    assert len(desk.published("job.held")) == 1


# Picked, then admitted ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("priority", "ahead"), [("bulk", 0.4), ("normal", 0.4), ("urgent", 1.0)])
def test_no_more_faxes_are_picked_than_there_are_slots_within_the_look_ahead(redis_url, priority, ahead):
    desk = desk_at(redis_url, rate=10, burst=1)
    desk.limits.back_off(60)
    desk.let_wait([f"j{n}" for n in range(30)], priority=priority)
    desk.later(60)

    picked = desk.picked()

    assert len(picked) == 10 * ahead + 1
    assert desk.picked() == [], "what was promised is not promised again"
    assert [desk.admit(name) for name in picked] == ["go"] * len(picked)


def test_what_was_promised_on_one_connection_is_not_promised_on_another(redis_url):
    desk = desk_at(redis_url, rate=10, burst=1)
    desk.limits.back_off(60)
    for connection in ("a", "b"):
        desk.let_wait([f"{connection}{n}" for n in range(20)], connection)
    desk.later(60)

    assert len(desk.picked() + desk.picked()) == 5


def test_a_connections_own_rate_bounds_what_is_promised_on_it(redis_url):
    desk = desk_at(redis_url, rate=100, burst=1, connection_rate=10)
    desk.limits.back_off(60)
    desk.let_wait([f"a{n}" for n in range(20)], "a")
    desk.let_wait(["b"], "b")
    desk.later(60)

    assert sorted(desk.picked()) == ["a0", "a1", "a2", "a3", "a4", "b"]


def test_a_promise_whose_message_is_lost_counts_for_two_seconds_and_no_longer(redis_url):
    desk = desk_at(redis_url, rate=10, burst=1)
    desk.limits.back_off(60)
    desk.let_wait([f"j{n}" for n in range(30)])
    desk.later(60)
    assert len(desk.picked()) == 5

    desk.later(1.9)
    assert desk.picked() == []
    desk.later(0.1)
    assert len(desk.picked()) == 5


def test_a_picked_fax_finds_a_slot_although_others_took_the_next_ones(redis_url):
    desk = desk_at(redis_url, rate=10, burst=1)
    desk.limits.back_off(60)
    desk.let_wait(["j"])
    desk.later(60)
    assert desk.picked() == ["j"]
    slots(desk, 9)

    assert desk.admit("j") == "go"


@pytest.mark.parametrize("connections", [1, 3])
def test_waiting_jobs_use_the_whole_rate(redis_url, connections):
    """The scheduler looks every 100 ms; a worker takes a message 20 ms later."""
    rate, length = 40, 20
    desk = desk_at(redis_url, rate=rate, burst=5)
    desk.limits.back_off(60)
    for connection in range(connections):
        desk.let_wait(
            [f"{connection}-{n}" for n in range(math.ceil(rate * length / connections) + 30)], f"c{connection}"
        )
    desk.later(60)
    starts = []
    for _ in range(length * 10):
        picked = desk.picked()
        desk.later(0.02)
        for name in picked:
            reply = admit_one(desk.ledger, name, connection=f"c{name[0]}", sender="+14155550299")
            assert reply["outcome"] == "go"
            starts.append(desk.scripts.now * 1000 + reply["wait"])
        desk.later(0.08)

    begin = min(starts)
    seconds = [sum(begin + n * SECOND <= at < begin + (n + 1) * SECOND for at in starts) for n in range(length - 1)]
    assert sum(seconds) >= 0.97 * rate * len(seconds)
    assert min(seconds) >= 0.9 * rate
    assert most_in_a_second(starts) <= rate + 5


def test_refusals_without_a_time_cause_doubling_pauses(redis_url):
    desk = desk_at(redis_url)
    pauses = []
    for _ in range(8):
        desk.redis.delete("fax:shut:told")  # half a second later
        desk.limits.back_off(None)
        pauses.append((desk.limits.account().shut_until.timestamp() * 1000 - desk.scripts.now) / 1000)

    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]


def test_refusals_of_simultaneous_calls_count_once(redis_url):
    desk = desk_at(redis_url)
    for _ in range(9):
        desk.limits.back_off(None)

    assert desk.limits.account().shut_until.timestamp() * 1000 == desk.scripts.now + 1000


def test_a_successful_call_resets_the_pause(redis_url):
    limits = Limits(Scripts(connect(redis_url)))
    throttle = Throttle(limits)

    def refused_after(status: int) -> float:
        limits._redis.delete("fax:shut", "fax:shut:told")  # the pause before is over
        throttle.after_response("send_fax", {}, status)
        throttle.after_response("send_fax", {}, 429)
        return limits.shut()

    assert [round(refused_after(status)) for status in (429, 429, 202, 202, 500)] == [1, 2, 1, 1, 2]


def test_a_call_that_left_before_the_pause_does_not_shorten_the_next(redis_url):
    limits = Limits(Scripts(connect(redis_url)))
    throttle = Throttle(limits)
    throttle.after_response("send_fax", {}, 429)
    throttle.after_response("get_fax", {}, 200)

    assert limits._redis.get("fax:shut:again") == "1"


@pytest.mark.parametrize("status", [200, 429, 500])
def test_every_answer_sets_the_clock_of_telnyx(redis_url, status):
    clock = TelnyxClock()
    Throttle(Limits(Scripts(connect(redis_url))), clock).after_response("get_fax", {"date": formatdate()}, status)

    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_rate_set_at_run_time_applies_to_all_processes(redis_url):
    desk = Desk(redis_url, Rules(rate=1, burst=1))
    desk.limits.change({"rate": 100}, reason="Telnyx allows more")

    waits = [desk.limits.reserve(look_ahead=60)[0] for _ in range(5)]

    assert desk.limits.changed() == {"rate": 100}
    assert waits[-1] < 1
