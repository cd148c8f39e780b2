"""Estimates a campaign's cost and end before it is started. Pure functions."""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from faxdispatch.calling.costs import PAGE_SECONDS, PAGES_GUESS
from faxdispatch.calling.openings import Calendar, opening_and_zones
from faxdispatch.calling.windows import Window
from faxdispatch.calling.zones import zones_of
from faxdispatch.campaign.planning.course import LONGEST, Capacity, Load, finish
from faxdispatch.settings import Settings

SETUP_SECONDS = 20.0
"""Seconds of a call before its first page: dialling, ringing, the machines' greeting."""
RETRY_SHARE = 0.2
"""The share of recipients that are dialled as often as allowed, in the high estimates."""

_AREA = 8
"""How many characters of a number determine its zone: country, area, exchange."""
_NUMBERS = 2000


@dataclass(frozen=True, slots=True)
class Delay:
    """One thing that delays a campaign: without it, the campaign would end `seconds` earlier. `words` say so."""

    what: str
    seconds: float
    words: str


@dataclass(frozen=True, slots=True)
class Plan:
    """An estimate.

    The low estimate assumes that every fax arrives at the first try, the high one that a share of them is tried as
    often as allowed.

    Money is in the currency of the settings. An end is None if it lies beyond `course.LONGEST`.
    """

    recipients: int
    pages: int
    """The total of all faxes, each sent once."""
    guessed: int
    """Recipients whose number of pages is a guess."""
    cost_low: float
    cost_high: float
    start: datetime
    end_low: datetime | None
    end_high: datetime | None
    capacity: Capacity
    retry_share: float
    max_attempts: int
    delays: tuple[Delay, ...]
    """The limits that delay it by more than a minute, the longest delay first."""

    def as_data(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "estimate": True,
            "recipients": self.recipients,
            "pages": self.pages,
            "pages_guessed_for": self.guessed,
            "cost_low": round(self.cost_low, 4),
            "cost_high": round(self.cost_high, 4),
            "retry_share": self.retry_share,
            "max_attempts": self.max_attempts,
            "start": _whole(self.start),
            "end_low": self.end_low and _whole(self.end_low),
            "end_high": self.end_high and _whole(self.end_high),
            "channels": self.capacity.channels,
            "rate": self.capacity.rate,
            "delays": [{"what": one.what, "seconds": round(one.seconds), "words": one.words} for one in self.delays],
        }


def _whole(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


@dataclass
class Hours:
    """Recipients with the same hours, by pages; None means not known."""

    window: Window | None
    zones: tuple[str, ...]
    pages: Counter[int | None] = field(default_factory=Counter)


class Recipients:
    """Counts recipients one by one; its memory does not grow with their number.

    `unplaced` counts recipients whose number does not determine a time zone: their window uses the sender's zone.
    """

    def __init__(self, start: datetime, *, calendar: Calendar, sender: str | None = None) -> None:
        self._start = start.astimezone(UTC)
        self._calendar = calendar
        self._sender = sender
        self._hours: dict[tuple[Window | None, tuple[str, ...]], Hours] = {}
        self.unplaced = 0
        self._zones: dict[tuple[Window, str, str | None], tuple[tuple[str, ...], bool]] = {}
        self._numbers: Counter[str] = Counter()
        self._of_number: dict[str, Hours] = {}

    def add(self, to: str, *, pages: int | None, window: Window | None = None, sender: str | None = None) -> None:
        """Count one recipient; `pages` is None if the number is unknown."""
        zones, placed = self._zones_of(window, to, sender or self._sender) if window else ((), True)
        self.unplaced += not placed
        hours = self._hours.setdefault((window, zones), Hours(window, zones))
        hours.pages[pages] += 1
        self._count(to, hours)

    def hours(self) -> Iterator[Hours]:
        """Yield the recipients by their hours."""
        yield from self._hours.values()

    def most(self) -> tuple[int, Hours] | None:
        """Return the least number of rows that the most frequent number has, and their hours."""
        if not self._numbers:
            return None
        number, count = self._numbers.most_common(1)[0]
        return count, self._of_number[number]

    def _zones_of(self, window: Window, to: str, sender: str | None) -> tuple[tuple[str, ...], bool]:
        """Return the zones that count for a recipient, and whether they come from the window or the number itself."""
        key = (window, to[:_AREA], sender)
        if key not in self._zones:
            found = opening_and_zones(window, to, self._start, calendar=self._calendar, sender=sender)
            zones = found[1] if found else (self._calendar.zone,)
            self._zones[key] = zones, bool(window.zone) or zones == zones_of(to)
        return self._zones[key]

    def _count(self, to: str, hours: Hours) -> None:
        # The algorithm of Misra and Gries: any number with more than a two-thousandth of all rows is among those that
        # stay.
        if to in self._numbers or len(self._numbers) < _NUMBERS:
            self._numbers[to] += 1
            self._of_number[to] = hours
            return
        for number in list(self._numbers):
            self._numbers[number] -= 1
            if not self._numbers[number]:
                del self._numbers[number], self._of_number[number]


def make_plan(
    recipients: Recipients,
    capacity: Capacity,
    start: datetime,
    settings: Settings,
    *,
    max_attempts: int | None = None,
    guess: int = PAGES_GUESS,
    retry_share: float = RETRY_SHARE,
) -> Plan:
    """Estimate cost and end of sending to all these recipients from `start` on.

    `guess` is the number of pages if nobody knows it; `retry_share` is from 0 to 1.
    """
    attempts = max_attempts or settings.fax_max_attempts
    loads = [load_of(hours, guess, settings) for hours in recipients.hours()]
    # Tries that never connect cost nothing, and the number of those that do is limited.
    charged = 1 + retry_share * (min(attempts, settings.fax_max_connects) - 1)
    tried = 1 + retry_share * (attempts - 1)
    more = [
        replace(load, faxes=load.faxes * tried, seconds=load.seconds * tried, cost=load.cost * charged)
        for load in loads
    ]
    one = _one_number(recipients, guess, settings)
    end = _end(loads, one, capacity, start, settings)
    end_high = _end(more, one, capacity, start, settings)
    if end_high and attempts > 1 and retry_share:
        end_high += timedelta(seconds=pauses(attempts - 1, settings))
    cost = sum(load.cost for load in loads)
    counts = [(pages, count) for hours in recipients.hours() for pages, count in hours.pages.items()]
    return Plan(
        recipients=sum(count for _, count in counts),
        pages=sum((pages or guess) * count for pages, count in counts),
        guessed=sum(count for pages, count in counts if pages is None),
        cost_low=cost,
        cost_high=cost * charged,
        start=start,
        end_low=end,
        end_high=end_high,
        capacity=capacity,
        retry_share=retry_share,
        max_attempts=attempts,
        delays=tuple(_delays(loads, one, capacity, start, end, settings)) if loads else (),
    )


def load_of(hours: Hours, guess: int, settings: Settings) -> Load:
    """Return the calls of recipients with the same hours; `guess` is the number of pages if it is not known."""
    counts = [(pages or guess, count) for pages, count in hours.pages.items()]
    return Load(
        faxes=sum(count for _, count in counts),
        seconds=sum(count * _call(pages) for pages, count in counts),
        cost=sum(count * settings.prices.of(pages) for pages, count in counts) / 1_000_000,
        window=hours.window,
        zones=hours.zones,
    )


def _call(pages: int) -> float:
    return SETUP_SECONDS + pages * PAGE_SECONDS


def _one_number(recipients: Recipients, guess: int, settings: Settings) -> Load | None:
    """Return the rows of the most frequent number, which must go one by one, or None if no number repeats."""
    most = recipients.most()
    if most is None or most[0] < 2:
        return None
    count, hours = most
    all_of_them = load_of(hours, guess, settings)
    return replace(all_of_them, faxes=count, seconds=count * all_of_them.seconds / all_of_them.faxes, cost=0.0)


def _end(
    loads: list[Load], one: Load | None, capacity: Capacity, start: datetime, settings: Settings
) -> datetime | None:
    ends = [finish(loads, capacity, start, settings.holidays)]
    if one:
        ends.append(finish([one], Capacity(channels=1), start, settings.holidays))
    known = [end for end in ends if end]
    return max(known) if len(known) == len(ends) else None


def _delays(
    loads: list[Load], one: Load | None, capacity: Capacity, start: datetime, end: datetime | None, settings: Settings
) -> list[Delay]:
    """Return the limits that delay the campaign, found by leaving out one at a time."""
    open_always = [replace(load, window=None) for load in loads]
    one_always = replace(one, window=None) if one else None
    count = int(one.faxes) if one else 0
    without = {
        "channels": (loads, one, replace(capacity, channels=math.inf), f"only {capacity.channels:g} at once"),
        "rate": (loads, one, replace(capacity, rate=math.inf), f"only {capacity.rate:g} new faxes a second"),
        "windows": (open_always, one_always, capacity, "the hours in which faxes may be sent"),
        "spend cap": (loads, one, replace(capacity, day_cap=None), "the daily cap, FAX_SPEND_DAY"),
        "one number": (
            loads, None, capacity, f"at least {count:,} rows with the same number, which is called by one at a time",
        ),
    }  # fmt: skip
    last = end or start + LONGEST
    found = []
    for what, (less, less_of_one, changed, words) in without.items():
        earlier = _end(less, less_of_one, changed, start, settings) or last
        gained = (last - earlier).total_seconds()
        if gained > 60:
            found.append(Delay(what, gained, f"{words}: without that it would end {span(gained)} earlier"))
    return sorted(found, key=lambda delay: -delay.seconds)


def pauses(retries: int, settings: Settings) -> float:
    """Return the longest total of the pauses between tries, in seconds."""
    schedules = (settings.fax_retry_busy, settings.fax_retry_no_answer, settings.fax_retry_line)
    return max(
        sum(schedule[min(retry, len(schedule) - 1)] for retry in range(retries)) for schedule in schedules if schedule
    )


def span(seconds: float) -> str:
    """Write a duration roughly, in its two largest units."""
    for size, unit, part, small in ((86_400, "d", 3600, "h"), (3600, "h", 60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit} {int(seconds % size // part)} {small}"
    return f"{math.ceil(seconds / 60)} min"
