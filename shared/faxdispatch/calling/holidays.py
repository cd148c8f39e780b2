"""Days on which no window opens, as people write them: `2026-12-25` for one year, `12-25` for every year."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

_FORM = re.compile(r"(?:(?P<year>[0-9]{4})-)?(?P<month>[0-9]{2})-(?P<day>[0-9]{2})")
_LEAP_YEAR = 2000
"""A year that has every possible day."""


@dataclass(frozen=True, slots=True)
class Holidays:
    """A set of days that supports `in`."""

    once: frozenset[date] = frozenset()
    yearly: frozenset[tuple[int, int]] = frozenset()
    """Month and day."""

    def __contains__(self, day: date) -> bool:
        return day in self.once or (day.month, day.day) in self.yearly


NO_HOLIDAYS = Holidays()


def parse_holidays(entries: Iterable[str]) -> Holidays:
    """Return the days, each written as one entry.

    Raises:
        ValueError: an entry is not a day; the message gives its place, counted from 1.
    """
    once, yearly = set(), set()
    for place, entry in enumerate(entries, start=1):
        found = _FORM.fullmatch(entry)
        day = _day(found) if found else None
        if not found or not day:
            raise ValueError(f"entry {place} is not a day like 2026-12-25 or, for each year, 12-25")
        if found["year"]:
            once.add(day)
        else:
            yearly.add((day.month, day.day))
    return Holidays(frozenset(once), frozenset(yearly))


def _day(found: re.Match[str]) -> date | None:
    try:
        return date(int(found["year"] or _LEAP_YEAR), int(found["month"]), int(found["day"]))
    except ValueError:
        return None
