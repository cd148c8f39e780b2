"""The last hours as columns, drawn as SVG on the server: no script runs and nothing is fetched."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from faxdispatch.ledger import Sample

COLUMN = timedelta(minutes=30)
COLUMNS = 24


@dataclass(frozen=True, slots=True)
class Column:
    """How many faxes ended in one span of time, with the geometry of its parts in percent of the chart."""

    begin: datetime
    delivered: int
    failed: int
    cancelled: int
    heights: tuple[float, float, float]

    @property
    def total(self) -> int:
        """The number of faxes that ended."""
        return self.delivered + self.failed + self.cancelled


def course(samples: Sequence[Sample], current: Sample) -> list[Column]:
    """Return a column for each half hour of the last twelve hours, from samples of counts that only grow.

    Faxes that ended between two samples count in the column of the later sample.
    """
    width = COLUMN.total_seconds()
    last = int(current.at.timestamp() // width)
    sums = {place: [0, 0, 0] for place in range(last - COLUMNS + 1, last + 1)}
    known = [*samples, current]
    for before, after in itertools.pairwise(known):
        place = int(after.at.timestamp() // width)
        if place in sums:
            for at, name in enumerate(("delivered", "failed", "cancelled")):
                sums[place][at] += max(0, getattr(after, name) - getattr(before, name))
    most = max((sum(counts) for counts in sums.values()), default=0) or 1
    zone = current.at.tzinfo
    return [_column(datetime.fromtimestamp(place * width, zone), counts, most) for place, counts in sums.items()]


def _column(begin: datetime, counts: Sequence[int], most: int) -> Column:
    delivered, failed, cancelled = counts
    return Column(begin, delivered, failed, cancelled, _heights(counts, most))


def _heights(counts: Sequence[int], most: int) -> tuple[float, float, float]:
    delivered, failed, cancelled = (round(100 * count / most, 2) for count in counts)
    return delivered, failed, cancelled
