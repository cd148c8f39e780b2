"""Remembers the recipients that a list has already had, with the first row of each, in little memory.

A dict would take about 150 bytes for each; this takes 20 to 60.
"""

import itertools
from array import array
from collections.abc import Iterable, Sequence

_FULL = 0.65
_PIECE = 4096
_LOW = (1 << 64) - 1
_SMALLEST = 4099
"""Slots at first."""
_SPREAD = 0x9E3779B97F4A7C15
"""2^64 divided by the golden ratio. The middle of a product with it is far from that of the next number.

Otherwise one range of numbers could fill many consecutive slots, and other numbers would need long searches.
"""


class Seen:
    """Remembers keys of 128 bits, none of them 0, with the first row of each."""

    def __init__(self) -> None:
        self._make(_SMALLEST)

    def _make(self, slots: int) -> None:
        self._low = array("Q", bytes(8 * slots))
        self._high: array[int] | None = None
        self._rows = array("I", bytes(array("I").itemsize * slots))
        self._count = 0

    def firsts(self, keys: Sequence[int], rows: Sequence[int]) -> list[int]:
        """Return for each key the row that had it before, or 0 if none had; then remember its own (from 1)."""
        if self._count + len(rows) > _FULL * len(self._rows):
            self._grow(self._count + len(rows))
        found = (
            self._narrow(keys, rows) if self._high is None and max(keys, default=0) <= _LOW else self._wide(keys, rows)
        )
        self._count += found.count(0)
        return found

    def _narrow(self, keys: Sequence[int], rows: Sequence[int]) -> list[int]:
        """Do the same as `first_rows` for keys of 64 bits, such as those of telephone numbers."""
        lows, taken, slots, found = self._low, self._rows, len(self._rows), list[int]()
        for key, row in zip(keys, rows, strict=True):
            place = ((key * _SPREAD & _LOW) >> 32) % slots
            while (first := taken[place]) and lows[place] != key:
                place += 1
                if place == slots:
                    place = 0
            if not first:
                lows[place] = key
                taken[place] = row
            found.append(first)
        return found

    def _wide(self, keys: Sequence[int], rows: Sequence[int]) -> list[int]:
        lows, taken, slots, found = self._low, self._rows, len(self._rows), list[int]()
        if self._high is None:
            self._high = array("Q", bytes(8 * slots))
        highs = self._high
        for key, row in zip(keys, rows, strict=True):
            low, high = key & _LOW, key >> 64
            place = (((low ^ high) * _SPREAD & _LOW) >> 32) % slots
            while (first := taken[place]) and (lows[place] != low or highs[place] != high):
                place = (place + 1) % slots
            if not first:
                lows[place], highs[place], taken[place] = low, high, row
            found.append(first)
        return found

    def _grow(self, most: int) -> None:
        lows, highs, rows, count = self._low, self._high, self._rows, self._count
        slots = len(rows)
        while most > _FULL * slots:
            slots = 2 * slots + 1
        self._make(slots)
        for begin in range(0, len(rows), _PIECE):
            taken = rows[begin : begin + _PIECE]
            keys: Iterable[int] = itertools.compress(lows[begin : begin + _PIECE], taken)
            if highs:
                upper = itertools.compress(highs[begin : begin + _PIECE], taken)
                keys = (low | high << 64 for low, high in zip(keys, upper, strict=True))
            self.firsts(list(keys), list(filter(None, taken)))
        self._count = count
