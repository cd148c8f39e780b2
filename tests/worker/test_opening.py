"""When a job may begin an attempt, with a frozen clock."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from faxdispatch.jobs import SendFax, Window
from worker.opening import next_opening, opens

CHICAGO = ZoneInfo("America/Chicago")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
OFFICE = Window(start=time(8), end=time(17), zone="America/Chicago", days=WEEKDAYS)
NIGHT = Window(start=time(22), end=time(6), zone="America/Chicago", days=("fri",))


def chicago(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHICAGO)


@pytest.mark.parametrize(
    ("window", "moment", "opening"),
    [
        (OFFICE, "2026-11-23 09:30", "2026-11-23 09:30"),  # Monday, open
        (OFFICE, "2026-11-23 07:59", "2026-11-23 08:00"),
        (OFFICE, "2026-11-23 17:00", "2026-11-24 08:00"),  # the end is not inside
        (OFFICE, "2026-11-27 18:00", "2026-11-30 08:00"),  # Friday evening to Monday
        (NIGHT, "2026-11-28 03:00", "2026-11-28 03:00"),  # Saturday, still Friday's window
        (NIGHT, "2026-11-28 06:00", "2026-12-04 22:00"),
        (NIGHT, "2026-11-27 21:00", "2026-11-27 22:00"),
    ],
)
def test_a_window_opens_at(window: Window, moment: str, opening: str) -> None:
    assert next_opening(window, chicago(moment)) == chicago(opening)


def test_hours_are_local_when_the_clocks_change() -> None:
    # On 2027-03-14 Chicago goes from UTC-6 to UTC-5.
    daily = Window(start=time(8), end=time(17), zone="America/Chicago")

    before = next_opening(daily, datetime(2027, 3, 13, 13, 0, tzinfo=UTC))
    after = next_opening(daily, datetime(2027, 3, 14, 12, 0, tzinfo=UTC))

    assert before.astimezone(UTC).hour == 14
    assert after.astimezone(UTC).hour == 13


def test_send_at_comes_before_the_window_is_looked_at() -> None:
    saturday = chicago("2026-11-28 10:00")
    job = SendFax(to="+13125550200", media_name="letter", send_at=saturday, window=OFFICE)

    assert opens(job, chicago("2026-11-23 09:00")) == (chicago("2026-11-30 08:00"), "window")


def test_a_job_without_conditions_may_go_now() -> None:
    job = SendFax(to="+13125550200", media_name="letter", send_at=chicago("2026-11-23 09:00"))

    assert opens(job, chicago("2026-11-23 09:00")) is None
    assert opens(job, chicago("2026-11-23 09:00") - timedelta(seconds=1)) == (chicago("2026-11-23 09:00"), "send_at")
