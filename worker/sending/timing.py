"""When a job may begin an attempt: its `send_at` and its window, and whether its time has passed. Pure."""

from datetime import UTC, datetime

from faxdispatch.calling.openings import HORIZON, NO_CALENDAR, Calendar, opening_and_zones
from faxdispatch.calling.windows import Window
from faxdispatch.jobs import SendFax


def opens(
    job: SendFax, now: datetime, *, calendar: Calendar = NO_CALENDAR, sender: str | None = None
) -> tuple[datetime, str] | None:
    """Return when the job may be sent at the earliest and why (`send_at` or `window`), or None if that is now.

    `now` must be aware. `sender` (E.164) is the number from which a job without a sender is sent. If no window opens
    within `HORIZON`, the result is the horizon, and the job is to be checked again then. If `send_at` lies beyond the
    horizon, the window is ignored for now.
    """
    now = now.astimezone(UTC)
    earliest, why = now, ""
    if job.send_at and job.send_at > now:
        earliest, why = job.send_at, "send_at"
    if job.window and earliest - now <= HORIZON:
        opening = _opening(job, job.window, earliest.astimezone(UTC), calendar, sender)
        if opening > earliest:
            earliest, why = opening, "window"
    return (earliest, why) if earliest > now else None


def missed(planned: datetime | None, reason: str | None, now: datetime, allowance: float) -> bool:
    """Return whether a fax that was held until `planned` for `reason` is too late to be sent without asking.

    It is if `reason` is `send_at` or `window` and more than `allowance` seconds have passed since: nothing ran then,
    and the person who planned that time may no longer want the fax. Both times must be aware.
    """
    if planned is None or reason not in {"send_at", "window"}:
        return False
    return (now.astimezone(UTC) - planned.astimezone(UTC)).total_seconds() > allowance


def _opening(job: SendFax, window: Window, moment: datetime, calendar: Calendar, sender: str | None) -> datetime:
    """Return the next opening, in the first known zone of: window, recipient, sender, deployment."""
    found = opening_and_zones(window, job.to, moment, calendar=calendar, sender=job.from_ or sender)
    return found[0] if found else moment + HORIZON
