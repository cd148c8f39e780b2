"""Telnyx's clock, as its answers show it."""

from datetime import UTC, datetime, timedelta

import pytest

from faxdispatch.telnyx import TelnyxClock

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
DATE = {"date": "Tue, 01 Sep 2026 12:00:00 GMT"}


@pytest.fixture
def passed() -> list[float]:
    return [1000.0]


@pytest.fixture
def clock(passed) -> TelnyxClock:
    return TelnyxClock(monotonic=lambda: passed[0])


def test_telnyxs_clock_continues_from_the_last_answer(clock, passed):
    clock.hear(DATE)
    passed[0] += 90

    assert clock.now() == NOON + timedelta(seconds=90)


@pytest.mark.parametrize("headers", [{}, {"date": ""}, {"date": "soon"}, {"date": "Tue, 99 Sep 2026 12:00:00 GMT"}])
def test_an_answer_without_a_readable_date_does_not_change_it(clock, headers):
    clock.hear(headers)
    assert clock.now() is None

    clock.hear(DATE)
    clock.hear(headers)
    assert clock.now() == NOON


def test_answers_before_a_given_time_can_be_ignored(clock, passed):
    clock.hear(DATE)
    begun = passed[0] + 1
    passed[0] += 2
    assert clock.now(heard_since=begun) is None

    clock.hear(DATE)
    assert clock.now(heard_since=begun) == NOON


def test_an_answer_of_long_ago_is_not_believed(clock, passed):
    clock.hear(DATE)
    passed[0] += 3601

    assert clock.now() is None
