"""When a job may begin an attempt: `send_at`, and the window of days and hours. Pure."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from faxdispatch.jobs import SendFax, Window

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def opens(job: SendFax, now: datetime) -> tuple[datetime, str] | None:
    """Give the moment from which the job may be sent, and why not before; None where that is now.

    `now` must be aware.
    """
    earliest, why = now, ""
    if job.send_at and job.send_at > now:
        earliest, why = job.send_at, "send_at"
    if job.window:
        opening = next_opening(job.window, earliest)
        if opening > earliest:
            earliest, why = opening, "window"
    return (earliest, why) if earliest > now else None


def next_opening(window: Window, moment: datetime) -> datetime:
    """Give `moment` if the window is open then, else when it opens next, in UTC offset of the window's zone."""
    zone = ZoneInfo(window.zone)
    local = moment.astimezone(zone)
    # Yesterday's window may run past midnight; eight days ahead always hold an opening.
    for ahead in range(-1, 8):
        day = local.date() + timedelta(days=ahead)
        if _DAYS[day.weekday()] not in window.days:
            continue
        start = datetime.combine(day, window.start, zone)
        end = datetime.combine(day + timedelta(days=int(window.end <= window.start)), window.end, zone)
        if moment < end:
            return max(moment, start)
    raise AssertionError("a window has at least one day")
