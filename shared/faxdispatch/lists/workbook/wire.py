"""The messages between the process that reads a workbook and the one that wants its rows.

A message is a kind, a length and a text. Cells and rows are separated by characters that XML cannot have.
"""

import json
import struct
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import IO, NamedTuple

from faxdispatch.lists.workbook.sheet import Row

_HEAD = struct.Struct(">cI")
_LONGEST = 16_000_000
_CELL, _ROW = "\x1f", "\x1e"


class Kind(Enum):
    """The kinds of messages."""

    SHEETS = b"s"
    """Whether a rule may strike cells through, the titles of the sheets and which are shown, as JSON."""
    HIDDEN = b"h"
    """The columns that the sheet does not show, as JSON."""
    ROWS = b"r"
    FOUND = b"f"
    """The texts with one of the words, or null if there may be others, as JSON."""
    COMMENTS = b"c"
    """The comments of a sheet as JSON: row, cell and text of each."""
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
    """Read a message, or return None if there is no complete one left."""
    head = stream.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    kind, length = _HEAD.unpack(head)
    data = stream.read(length) if length <= _LONGEST else b""
    return (Kind(kind), data.decode()) if len(data) == length else None


class Rows(NamedTuple):
    """Consecutive rows of a sheet, by column: their numbers and their cells.

    `hidden` has, by the place of a row from 0, why the row does not count. `flaws` has, by row and cell, why the text
    of the cell is not what was meant.
    """

    numbers: list[int]
    cells: list[Sequence[str]]
    hidden: dict[int, str]
    flaws: dict[int, Mapping[int, str]]


def packed(rows: Sequence[Row]) -> str:
    """Write rows, at least one, as one text."""
    numbers, cells, hidden, flaws = zip(*rows, strict=True)
    said_hidden = [[at, why] for at, why in enumerate(hidden) if why] if any(hidden) else []
    said_flaws = [[at, *flaw] for at, of in enumerate(flaws) for flaw in of.items()] if any(flaws) else []
    return _ROW.join([json.dumps([numbers, said_hidden, said_flaws]), *map(_CELL.join, cells)])


def unpacked(text: str) -> Rows:
    """Return the rows of such a text."""
    head, *rows = text.split(_ROW)
    numbers, hidden, flawed = json.loads(head)
    flaws = dict[int, dict[int, str]]()
    for at, place, flaw in flawed:
        flaws.setdefault(at, {})[place] = flaw
    return Rows(numbers, [row.split(_CELL) for row in rows], dict(hidden), dict(flaws))
