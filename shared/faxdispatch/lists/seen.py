"""Which recipients a list has had already, and in which row first; small enough for millions of them.

A dict would take some 150 bytes each; this takes 20 to 60.
"""

from array import array

_FULL = 0.65
_LOW = (1 << 64) - 1
_SPREAD = 0x9E3779B97F4A7C15
"""2^64 by the golden ratio: neighbours among numbers end up far from each other."""


class Seen:
    """Remembers keys of 128 bits, none of them 0, with the row that had each first."""

    def __init__(self, slots: int = 1 << 12) -> None:
        self._make(slots)

    def _make(self, slots: int) -> None:
        self._mask = slots - 1
        self._low = array("Q", bytes(8 * slots))
        self._high: array[int] | None = None
        self._rows = array("I", bytes(array("I").itemsize * slots))
        self._count = 0

    def first(self, key: int, row: int) -> int | None:
        """Give the row (from 1) that had the key before; None, and remember this one, where there was none."""
        low, high = key & _LOW, key >> 64
        if high and self._high is None:
            self._high = array("Q", bytes(8 * (self._mask + 1)))
        place = ((low ^ high) * _SPREAD & _LOW) >> 20 & self._mask
        lows, rows, mask = self._low, self._rows, self._mask
        while found := rows[place]:
            if lows[place] == low and (self._high is None or self._high[place] == high):
                return found
            place = (place + 1) & mask
        lows[place] = low
        rows[place] = row
        if self._high is not None:
            self._high[place] = high
        self._count += 1
        if self._count > _FULL * (mask + 1):
            self._grow()
        return None

    def _grow(self) -> None:
        lows, highs, rows = self._low, self._high, self._rows
        self._make(2 * (self._mask + 1))
        for place, row in enumerate(rows):
            if row:
                self.first(lows[place] | (highs[place] << 64 if highs else 0), row)
