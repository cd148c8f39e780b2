"""The results of a campaign's rows, added up one by one in constant memory."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from faxdispatch.ledger import RowResult
from faxdispatch.ledger.campaign import CANCELLED, DELIVERED, FAILED, OPENED, PENDING, SUPPRESSED

SHOWN = 100
"""Maximum number of rows without delivery that are shown."""
_MOST_SPANS = 48
_WIDTHS = (60, 300, 900, 3600, 6 * 3600, 86_400, 7 * 86_400, 28 * 86_400, 364 * 86_400)

RESULTS = {
    DELIVERED: "delivered",
    FAILED: "failed",
    CANCELLED: "cancelled",
    SUPPRESSED: "suppressed",
    OPENED: "under way",
    PENDING: "not sent yet",
}
"""The meaning of a row's code, in the order in which results are shown."""


class Shown(NamedTuple):
    """A row that was not delivered, with the cells of the list."""

    result: RowResult
    cells: Sequence[str]


class Timeline:
    """The number of deliveries in each span of time; if there are too many spans, they become longer."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()
        self._width = 0

    def add(self, moment: datetime) -> None:
        """Count one delivery."""
        self._counts[int(moment.timestamp()) // self.seconds] += 1
        while max(self._counts) - min(self._counts) >= _MOST_SPANS and self._width < len(_WIDTHS) - 1:
            self._coarsen()

    @property
    def seconds(self) -> int:
        """The length of a span."""
        return _WIDTHS[self._width]

    def spans(self) -> list[tuple[datetime, int]]:
        """Return the beginning of each span from the first to the last delivery, empty ones too, with its count."""
        if not self._counts:
            return []
        first, last = min(self._counts), max(self._counts)
        return [
            (datetime.fromtimestamp(span * self.seconds, UTC), self._counts[span]) for span in range(first, last + 1)
        ]

    def _coarsen(self) -> None:
        before = self.seconds
        self._width += 1
        wider: Counter[int] = Counter()
        for span, count in self._counts.items():
            wider[span * before // self.seconds] += count
        self._counts = wider


@dataclass
class Totals:
    """Sums over rows.

    Money is in the currency of the settings; it is an estimate if Telnyx did not report pages and minutes.

    Attempts, pages, seconds and cost of a row are those of its last generation.
    """

    results: Counter[str] = field(default_factory=Counter)
    """Rows by code."""
    causes: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Rows that ended without delivery, by code and cause; the cause is empty if none is known."""
    attempts: Counter[int] = field(default_factory=Counter)
    """Rows that were dialled, by number of attempts."""
    delivered_after: Counter[int] = field(default_factory=Counter)
    """Delivered rows, by number of attempts."""
    deliveries: Timeline = field(default_factory=Timeline)
    pages: int = 0
    """Pages of delivered faxes."""
    seconds: int = 0
    """The length of calls, as far as Telnyx reported it."""
    cost: float = 0.0
    left_out: Counter[str] = field(default_factory=Counter)
    """Rows of the list that are not faxed, by the kind of their reason."""
    shown: list[Shown] = field(default_factory=list)
    """The first rows that ended without delivery."""

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self.results.total()

    def add(self, result: RowResult, cells: Sequence[str]) -> None:
        """Count a row."""
        self.results[result.code] += 1
        if result.code in {PENDING, OPENED}:
            return
        self.seconds += result.seconds
        self.cost += result.cost
        if result.attempts:
            self.attempts[result.attempts] += 1
        if result.code == DELIVERED:
            self._delivered(result)
            return
        self.causes[result.code, result.cause or ""] += 1
        if len(self.shown) < SHOWN:
            self.shown.append(Shown(result, cells))

    def _delivered(self, result: RowResult) -> None:
        self.pages += result.pages
        self.delivered_after[result.attempts] += 1
        if result.ended_at:
            self.deliveries.add(result.ended_at)
