"""Webhooks of one moment are recorded with one call; each has its own reply, and one at fault costs no other its."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from faxdispatch.errors import Unavailable
from faxdispatch.ledger import Observation, Observations, Patience, Scripts, connect
from tests.webhook.harness import told
from webhook.breaker import Breaker
from webhook.connections import Connections
from webhook.recorder import Recorder


def seen(event_id: str) -> Observation:
    return Observation(event_id, "digest", "fax.queued", "webhook", fax_id="fax")


class Watched:
    """The ledger, and what was recorded with each call; `trouble` is raised instead where it says so."""

    def __init__(self, redis_url: str) -> None:
        self.scripts = Scripts(connect(redis_url, Patience.WEBHOOK))
        self.calls: list[list[str]] = []
        self.entered, self.go = threading.Semaphore(0), threading.Event()
        self.trouble: dict[str, Exception] = {}
        self._observations = Observations(self.scripts)

    def record_many(self, group: Sequence[tuple[Observation, str]], **options: Any) -> list[dict[str, Any]]:
        self.calls.append([one.event_id for one, _ in group])
        self.entered.release()
        assert self.go.wait(30)
        for one, _ in group:
            if one.event_id in self.trouble:
                raise self.trouble[one.event_id]
        return self._observations.record_many(group, **options)


@pytest.fixture
def ledger(redis_url: str) -> Watched:
    return Watched(redis_url)


class Moment:
    """The moment for which one of many waits: it passes when the test lets it, or is not to be waited for at all."""

    def __init__(self) -> None:
        self.passed = threading.Event()
        self.waited = False

    def __call__(self, _: float) -> None:
        self.waited = True
        assert self.passed.wait(30)


@pytest.fixture
def moment(monkeypatch: pytest.MonkeyPatch) -> Moment:
    # Whoever comes after the first comes within it, however slow the machine is.
    monkeypatch.setattr("webhook.recorder.MOMENT", 1000.0)
    return Moment()


@pytest.fixture
def recorder(ledger: Watched, moment: Moment) -> Recorder:
    connections = Connections(ledger.scripts.redis, Breaker(deadline=30, pause=0, threads=8))
    return Recorder(ledger, connections, sleep=moment)  # type: ignore[arg-type] # a double


def together(recorder: Recorder, moment: Moment, *events: str) -> list[Any]:
    """Record one alone, so that the next waits for others; then the rest in one moment. Gives their replies."""
    recorder.record(seen("before"), "")
    with ThreadPoolExecutor(len(events)) as threads:
        replies = [threads.submit(recorder.record, seen(event), "") for event in events]
        while len(recorder._waiting) < len(events):
            moment.passed.wait(0.001)
        moment.passed.set()
    return [reply.exception() or reply.result()["outcome"] for reply in replies]


def test_one_that_comes_alone_is_recorded_without_waiting(ledger: Watched, recorder: Recorder, moment: Moment):
    ledger.go.set()
    assert recorder.record(seen("one"), "")["outcome"] == "recorded"
    assert not moment.waited


def test_those_of_one_moment_are_recorded_with_one_call(
    ledger: Watched, recorder: Recorder, moment: Moment, redis_url: str
):
    ledger.go.set()
    replies = together(recorder, moment, "a", "b", "b", "before")
    assert sorted(replies) == ["duplicate", "duplicate", "recorded", "recorded"]
    assert [sorted(call) for call in ledger.calls] == [["before"], ["a", "b", "b", "before"]]
    assert sorted(told(redis_url)) == ["a", "b", "before"]


def test_one_at_fault_costs_no_other_its_record(ledger: Watched, recorder: Recorder, moment: Moment, redis_url: str):
    ledger.go.set()
    ledger.trouble["bad"] = KeyError("a mistake")
    replies = together(recorder, moment, "a", "bad", "b")
    assert replies == ["recorded", ledger.trouble["bad"], "recorded"]
    assert sorted(told(redis_url)) == ["a", "b", "before"]


def test_while_redis_is_away_all_of_them_are_told_so(
    ledger: Watched, recorder: Recorder, moment: Moment, redis_url: str
):
    ledger.go.set()
    ledger.trouble["a"] = Unavailable("Redis is away")
    replies = together(recorder, moment, "a", "b")
    assert replies == [ledger.trouble["a"]] * 2
    assert len(ledger.calls) == 2
    assert told(redis_url) == ["before"]


def test_who_comes_while_a_group_is_being_recorded_does_not_wait_for_it(
    ledger: Watched, recorder: Recorder, moment: Moment
):
    moment.passed.set()
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(recorder.record, seen("first"), "")
        assert ledger.entered.acquire(timeout=30)
        second = threads.submit(recorder.record, seen("second"), "")
        assert ledger.entered.acquire(timeout=30)
        ledger.go.set()
    assert [first.result()["outcome"], second.result()["outcome"]] == ["recorded"] * 2
    assert ledger.calls == [["first"], ["second"]]
