"""The time that all processes share is Redis'; wrong clocks of workers are reported."""

from datetime import UTC, datetime, timedelta

import pytest

from faxdispatch.ledger import Clock, Presence, Scripts, Watch, connect
from tests.ledger.steps import START


@pytest.fixture
def scripts(redis_url: str) -> Scripts:
    return Scripts(connect(redis_url))


def moment(millis: int) -> datetime:
    return datetime.fromtimestamp(millis / 1000, UTC)


def test_redis_is_asked_for_the_time_once_a_second(scripts, monkeypatch):
    asked, passed = [], [0.0]
    monkeypatch.setattr(scripts, "clock", lambda: asked.append(START) or START + len(asked) * 60_000)
    clock = Clock(scripts, monotonic=lambda: passed[0])

    assert clock.now() == moment(START + 60_000)
    passed[0] = 0.9
    assert clock.now() == moment(START + 60_900)
    passed[0] = 1.0
    assert clock.now() == moment(START + 120_000), "Redis' clock was set"
    assert len(asked) == 2


@pytest.mark.parametrize("wrong", [-600, 600])
def test_a_worker_with_a_wrong_clock_is_reported(scripts, monkeypatch, wrong):
    now = scripts.clock() / 1000
    monkeypatch.setattr("faxdispatch.ledger.presence.time.time", lambda: now + wrong)
    wrong_clocks = Presence(scripts).show_up("host:1", None).wrong_clocks()

    [worker] = Presence(scripts).all()
    assert worker.own_clock_ahead == pytest.approx(wrong, abs=2)
    assert worker.wrong_clocks() == wrong_clocks
    assert wrong_clocks[0].startswith("the clock of worker host:1 is ")
    assert wrong_clocks[0].endswith("ahead of Redis'" if wrong > 0 else "behind Redis'")
    figures = Watch(scripts).figures()
    assert figures.workers == 1
    assert figures.workers_clock_ahead == pytest.approx(wrong, abs=2)


def test_telnyxs_clock_is_reported_as_the_workers_see_it(scripts):
    presence, now = Presence(scripts), moment(scripts.clock())
    presence.show_up("host:1", now + timedelta(seconds=1))
    presence.show_up("host:2", now - timedelta(seconds=180))

    assert Watch(scripts).figures().telnyx_clock_ahead == pytest.approx(-180, abs=2)
    assert [words for worker in presence.all() for words in worker.wrong_clocks()] == [
        f"Telnyx's clock is {-presence.all()[-1].telnyx_ahead:.1f} s behind Redis'"
    ]


def test_clocks_that_agree_are_not_reported(scripts):
    assert Presence(scripts).show_up("host:1", moment(scripts.clock())).wrong_clocks() == []


def test_a_worker_that_is_gone_is_removed_with_its_observations(scripts):
    presence = Presence(scripts)
    scripts.now = START
    presence.show_up("old:1", None)
    scripts.now = START + 61_000
    presence.show_up("new:1", None)

    assert [worker.name for worker in presence.all()] == ["new:1"]
    assert scripts.redis.hkeys("fax:workers:clocks") == ["new:1"]
