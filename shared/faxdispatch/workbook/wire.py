"""What the process that reads a workbook and the one that wants its rows say to each other.

A message is a kind, a length and a text. Cells and rows are parted by characters that XML cannot have.
"""

import struct
from collections.abc import Iterable
from enum import Enum
from typing import IO

from faxdispatch.workbook.sheet import Row

_HEAD = struct.Struct(">cI")
_LONGEST = 16_000_000
_CELL, _ROW, _FLAW = "\x1f", "\x1e", "\x1d"


class Kind(Enum):
    """What a message has."""

    SHEETS = b"s"
    """The titles of the sheets and which are shown, as JSON."""
    HIDDEN = b"h"
    """The columns that the sheet does not show, as JSON."""
    ROWS = b"r"
    END = b"."
    """There are no more rows."""
    REFUSED = b"x"
    """The workbook cannot be read; the text says why."""
    DAMAGED = b"d"


def send(stream: IO[bytes], kind: Kind, text: str = "") -> None:
    """Write a message."""
    data = text.encode()
    stream.write(_HEAD.pack(kind.value, len(data)) + data)
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[Kind, str] | None:
    """Read a message; None where there is no whole one any more."""
    head = stream.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    kind, length = _HEAD.unpack(head)
    data = stream.read(length) if length <= _LONGEST else b""
    return (Kind(kind), data.decode()) if len(data) == length else None


def packed(rows: Iterable[Row]) -> str:
    """Put rows into one text."""
    return _ROW.join([_CELL.join((str(row.number), row.hidden, *_with_flaws(row))) for row in rows])


def _with_flaws(row: Row) -> list[str]:
    cells = row.cells
    for place, flaw in row.flaws.items():
        cells[place] = f"{_FLAW}{flaw}{_FLAW}{cells[place]}"
    return cells


def unpacked(text: str) -> list[Row]:
    """Give the rows of such a text."""
    rows, has_flaws = [], _FLAW in text
    for line in text.split(_ROW):
        number, hidden, *cells = line.split(_CELL)
        if has_flaws and _FLAW in line:
            rows.append(Row(int(number), cells, hidden, _taken_out(cells)))
        else:
            rows.append(Row(int(number), cells, hidden))
    return rows


def _taken_out(cells: list[str]) -> dict[int, str]:
    """Take out of cells what is wrong with them."""
    flaws: dict[int, str] = {}
    for place, cell in enumerate(cells):
        if cell.startswith(_FLAW):
            _, flaws[place], cells[place] = cell.split(_FLAW)
    return flaws
