"""Finds when a window of days and hours is open, in the zone that applies. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from faxdispatch.calling.holidays import NO_HOLIDAYS, Holidays
from faxdispatch.calling.windows import Window
from faxdispatch.calling.zonedata import load_zone
from faxdispatch.calling.zones import zones_of

HORIZON = timedelta(days=400)
"""How far ahead to look for an opening: more than a year, so that every day of the year occurs."""

_MOST_OFFSETS = 3
"""Zones with more offsets than this span a continent, so the hours that they share say nothing about the recipient."""
_WEEK = timedelta(days=8)
"""The hours that zones share recur within this time."""
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Calendar:
    """The deployment's settings about time."""

    zone: str = "UTC"
    """The IANA zone if neither window nor numbers name one: `FAX_ZONE`."""
    holidays: Holidays = NO_HOLIDAYS
    """Days on which no window opens: `FAX_HOLIDAYS`."""


NO_CALENDAR = Calendar()
"""No holidays, and UTC as the zone."""


def opening_and_zones(
    window: Window, to: str, moment: datetime, *, calendar: Calendar = NO_CALENDAR, sender: str | None = None
) -> tuple[datetime, tuple[str, ...]] | None:
    """Return the next opening of a window for a number (E.164) and the zones that count, or None if `HORIZON` has none.

    `moment` must be in UTC; `sender` is the number that the fax is sent from.
    """
    if window.zone:
        places: tuple[tuple[str, ...], ...] = ((window.zone,),)
    else:
        places = (zones_of(to), zones_of(sender or ""), (calendar.zone,))
    for zones in places:
        opening = common_opening(window, moment, zones, calendar.holidays)
        if opening:
            return opening, zones
    return None


def common_opening(window: Window, moment: datetime, zones: tuple[str, ...], holidays: Holidays) -> datetime | None:
    """Return the first moment, from `moment` on, at which the window is open in all of `zones`, in UTC.

    None if the zones do not determine it: there are none, they are too far apart, or they share no hour of the window.
    """
    places = [load_zone(name) for name in zones]
    if not 1 <= len({moment.astimezone(place).utcoffset() for place in places}) <= _MOST_OFFSETS:
        return None
    last = None
    while last is None or moment <= last:
        openings = [next_opening(window, moment, place, holidays) for place in places]
        reached = [opening for opening in openings if opening]
        if len(reached) < len(openings):
            return None
        moment = max(reached)
        if moment == min(reached):
            return moment
        # If they share no hour now, do not wait for the season in which the clocks of one change.
        last = last or moment + _WEEK
    return None


def common_closing(window: Window, moment: datetime, zones: tuple[str, ...], holidays: Holidays) -> datetime:
    """Return the moment, in UTC, at which a window that is open in all of `zones` first closes in one of them."""
    closings = [_closing(window, moment, load_zone(name), holidays) for name in zones]
    return min(closing for closing in closings if closing)


def _closing(window: Window, moment: datetime, zone: ZoneInfo, holidays: Holidays) -> datetime | None:
    today = moment.astimezone(zone).date()
    for day in (today - timedelta(days=1), today):
        start, end = _hours(window, day, zone)
        if _has_hours(window, day, holidays) and start <= moment < end:
            return end
    return None


def next_opening(window: Window, moment: datetime, zone: ZoneInfo, holidays: Holidays = NO_HOLIDAYS) -> datetime | None:
    """Return `moment` if the window is open then in `zone`, otherwise its next opening, in UTC.

    None if it does not open within `HORIZON`. The window's own zone is ignored.
    """
    # Python compares two times of one ZoneInfo by their clocks, which repeat an hour in autumn: so compare in UTC.
    moment = moment.astimezone(UTC)
    today = moment.astimezone(zone).date()
    # The window of the day before may run past midnight.
    for ahead in range(-1, HORIZON.days + 1):
        day = today + timedelta(days=ahead)
        if not _has_hours(window, day, holidays):
            continue
        start, end = _hours(window, day, zone)
        if moment < end:
            return max(moment, start)
    return None


def _has_hours(window: Window, day: date, holidays: Holidays) -> bool:
    return _DAYS[day.weekday()] in window.days and day not in holidays


def _hours(window: Window, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return start and end, in UTC, of the window that belongs to `day`.

    If the clocks show a time twice, the first one counts. If they skip a time, it is read with the offset before the
    change, as RFC 5545 does (3.3.5): 02:30 becomes 03:30. If a window would then not end after its start, it keeps its
    length.
    """
    first = datetime.combine(day, window.start)
    last = datetime.combine(day, window.end)
    if last <= first:
        last += timedelta(days=1)
    start, end = (wall.replace(tzinfo=zone).astimezone(UTC) for wall in (first, last))
    return start, end if end > start else start + (last - first)
