"""Which recipients a list has had already, and in which row first; small enough for millions of them.

A dict would take some 150 bytes each; this takes 20 to 60.
"""

from array import array
from collections.abc import Iterable, Sequence

_FULL = 0.65
_PIECE = 4096
_LOW = (1 << 64) - 1
_SPREAD = 0x9E3779B97F4A7C15
"""2^64 by the golden ratio: neighbours among numbers end up far from each other."""


class Seen:
    """Remembers keys of 128 bits, none of them 0, with the row that had each first."""

    def __init__(self, slots: int = 1 << 12) -> None:
        self._make(slots)

    def _make(self, slots: int) -> None:
        self._low = array("Q", bytes(8 * slots))
        self._high: array[int] | None = None
        self._rows = array("I", bytes(array("I").itemsize * slots))
        self._count = 0

    def firsts(self, keys: Iterable[int], rows: Sequence[int]) -> list[int]:
        """Give for each key the row that had it before; 0, and remember its own (from 1), where there was none."""
        if self._count + len(rows) > _FULL * len(self._rows):
            self._grow(self._count + len(rows))
        lows, highs, taken, mask = self._low, self._high, self._rows, len(self._rows) - 1
        count, found = self._count, []
        for key, row in zip(keys, rows, strict=True):
            low, high = key & _LOW, key >> 64
            if high and highs is None:
                highs = self._high = array("Q", bytes(8 * len(taken)))
            place = ((low ^ high) * _SPREAD & _LOW) >> 20 & mask
            while (first := taken[place]) and (lows[place] != low or (highs is not None and highs[place] != high)):
                place = (place + 1) & mask
            if not first:
                lows[place] = low
                taken[place] = row
                if highs is not None:
                    highs[place] = high
                count += 1
            found.append(first)
        self._count = count
        return found

    def _grow(self, most: int) -> None:
        lows, highs, rows = self._low, self._high, self._rows
        slots = len(rows)
        while most > _FULL * slots:
            slots *= 2
        self._make(slots)
        for begin in range(0, len(rows), _PIECE):
            places = [place for place in range(begin, min(begin + _PIECE, len(rows))) if rows[place]]
            keys = [lows[place] | (highs[place] << 64 if highs else 0) for place in places]
            self.firsts(keys, [rows[place] for place in places])
