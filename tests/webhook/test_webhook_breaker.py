"""The breaker in front of Redis: deadline, pause, and one trial at a time."""

import threading

import pytest

from faxdispatch.errors import Unavailable
from tests.clock import Clock
from tests.conftest import eventually
from webhook.breaker import Breaker


class Redis:
    """Counts its calls, and fails while `down` is set."""

    def __init__(self) -> None:
        self.calls = 0
        self.down = False

    def __call__(self) -> str:
        self.calls += 1
        if self.down:
            raise Unavailable("down")
        return "done"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def redis() -> Redis:
    return Redis()


def breaker(clock: Clock, *, deadline: float = 30) -> Breaker:
    return Breaker(deadline=deadline, pause=1, threads=4, clock=clock)


def test_a_call_gives_what_the_work_gives(clock: Clock, redis: Redis):
    assert breaker(clock).call(redis) == "done"


def test_a_failure_opens_the_breaker_until_the_pause_is_over(clock: Clock, redis: Redis):
    it = breaker(clock)
    redis.down = True
    for _ in range(5):
        with pytest.raises(Unavailable):
            it.call(redis)
    assert redis.calls == 1


def test_after_the_pause_a_success_closes_the_breaker(clock: Clock, redis: Redis):
    it = breaker(clock)
    redis.down = True
    with pytest.raises(Unavailable):
        it.call(redis)
    redis.down = False
    clock.now = 1
    assert [it.call(redis) for _ in range(3)] == ["done"] * 3


def test_a_failed_trial_begins_a_new_pause(clock: Clock, redis: Redis):
    it = breaker(clock)
    redis.down = True
    for clock.now in (0, 1, 1.5, 2, 2.5):
        with pytest.raises(Unavailable):
            it.call(redis)
    assert redis.calls == 3


def test_only_one_call_at_a_time_tries_whether_redis_is_back(clock: Clock, redis: Redis):
    it = breaker(clock)
    redis.down = True
    with pytest.raises(Unavailable):
        it.call(redis)
    clock.now = 1
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> str:
        begun.set()
        go_on.wait(60)
        return "back"

    found: list[str] = []
    trial = threading.Thread(target=lambda: found.append(it.call(slow)))
    trial.start()
    begun.wait(60)
    with pytest.raises(Unavailable):
        it.call(redis)
    go_on.set()
    trial.join()
    assert found == ["back"]
    redis.down = False
    assert it.call(redis) == "done"


def test_hanging_work_is_given_up_at_the_deadline(clock: Clock):
    it = breaker(clock, deadline=0.05)
    go_on = threading.Event()
    with pytest.raises(Unavailable, match="longer"):
        it.call(lambda: go_on.wait(60))
    go_on.set()


def test_the_breaker_recovers_after_work_hung_in_every_thread(clock: Clock, redis: Redis):
    it = breaker(clock, deadline=0.05)
    go_on = threading.Event()
    for clock.now in range(6):
        with pytest.raises(Unavailable):
            it.call(lambda: go_on.wait(60))
    go_on.set()

    def back() -> bool:
        clock.now += 1
        try:
            return it.call(redis) == "done"
        except Unavailable:
            return False

    eventually(back)


def test_a_bug_is_raised_and_does_not_open_the_breaker(clock: Clock, redis: Redis):
    it = breaker(clock)

    def mistaken() -> None:
        raise KeyError("a mistake")

    with pytest.raises(KeyError):
        it.call(mistaken)
    assert it.call(redis) == "done"
