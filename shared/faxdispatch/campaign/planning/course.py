"""The course of a campaign if everything goes well: when the available capacity has sent all its faxes. Pure.

Faxes are treated like a liquid: those that may be sent at the same time share channels, rate and the daily budget
evenly.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from faxdispatch.calling.holidays import NO_HOLIDAYS, Holidays
from faxdispatch.calling.openings import common_closing, common_opening
from faxdispatch.calling.windows import Window

LONGEST = timedelta(days=3 * 365)
"""How far ahead to look."""
_FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Load:
    """Faxes that may be sent in the same hours: `window` in `zones`, or at any time if there is none.

    `seconds` is the total time of their calls, and `cost` their total cost in the currency of the settings.
    """

    faxes: float
    seconds: float
    cost: float
    window: Window | None = None
    zones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Capacity:
    """The available capacity: simultaneous calls, new calls a second, money a UTC day and today's spending."""

    channels: float = math.inf
    rate: float = math.inf
    day_cap: float | None = None
    spent_today: float = 0.0


def finish(
    loads: Sequence[Load], capacity: Capacity, start: datetime, holidays: Holidays = NO_HOLIDAYS
) -> datetime | None:
    """Return the time at which all faxes have been sent once, or None if that is later than `LONGEST` or never."""
    start = start.astimezone(UTC)
    course = _Course(loads, capacity, start, holidays)
    while course.left:
        if course.now - start > LONGEST or not course.go_on():
            return None
    # More channels do not make a single call shorter.
    longest = max((load.seconds / load.faxes for load in loads if load.faxes), default=0.0)
    end = max(course.now, start + timedelta(seconds=longest))
    return end if end - start <= LONGEST else None


class _Course:
    """The state of a course: `left` is the share of each load that is still to be sent."""

    def __init__(self, loads: Sequence[Load], capacity: Capacity, start: datetime, holidays: Holidays) -> None:
        self.now = start
        self.left = {place: 1.0 for place, load in enumerate(loads) if load.faxes}
        self._loads = loads
        self._capacity = capacity
        self._holidays = holidays
        self._hours: dict[int, tuple[datetime, datetime]] = {}
        self._money = math.inf if capacity.day_cap is None else max(0.0, capacity.day_cap - capacity.spent_today)

    def go_on(self) -> bool:
        """Advance to the next moment at which something changes. Return False if nothing ever will."""
        opened, change = [], self._midnight()
        for place in self.left:
            opens, closes = self._open(place)
            if opens <= self.now:
                opened.append(place)
            change = min(change, closes if opens <= self.now else opens)
        if not opened or self._money <= 0:
            self._wait(change)
            return change < _FOREVER and self._capacity.day_cap != 0
        self._send(opened, change)
        return True

    def _send(self, opened: Sequence[int], change: datetime) -> None:
        seconds, faxes, cost = (
            sum(getattr(self._loads[place], name) * self.left[place] for place in opened)
            for name in ("seconds", "faxes", "cost")
        )
        needed = max(seconds / self._capacity.channels, faxes / self._capacity.rate)
        share = min(1.0, (change - self.now).total_seconds() / needed) if needed else 1.0
        broke = cost * share > self._money
        if broke:
            share = self._money / cost
        self._money -= cost * share
        for place in opened:
            self.left[place] *= 1 - share
            if share >= 1:
                del self.left[place]
        if broke:
            self._money = 0.0
        # The bounds keep the date within the range of `datetime`.
        until = self.now + min(timedelta(seconds=min(needed * share, 1e10)), 2 * LONGEST)
        self._wait(change if share < 1 and not broke else until)

    def _wait(self, until: datetime) -> None:
        if until >= self._midnight() and self._capacity.day_cap is not None:
            self._money = self._capacity.day_cap
        self.now = until

    def _midnight(self) -> datetime:
        """Return the moment at which a new day's money is available."""
        if self._capacity.day_cap is None:
            return _FOREVER
        return (self.now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)

    def _open(self, place: int) -> tuple[datetime, datetime]:
        """Return the next time at which a load may be sent, and the end of that time."""
        load = self._loads[place]
        if load.window is None:
            return self.now, _FOREVER
        known = self._hours.get(place)
        if known is None or known[1] <= self.now:
            opens = common_opening(load.window, self.now, load.zones, self._holidays)
            known = (_FOREVER, _FOREVER)
            if opens:
                known = (opens, common_closing(load.window, opens, load.zones, self._holidays))
            self._hours[place] = known
        return known
