"""What becomes of each row of a list: it can be sent, it is wrong, or it is left out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from faxdispatch.lists.block import Block
from faxdispatch.lists.fields import RowSaid


class Row(NamedTuple):
    """A row that can be sent. `fields` are those of `read_field`."""

    row: int
    line: int
    to: str
    fields: dict[str, Any]
    cells: tuple[str, ...]


class BadRow(NamedTuple):
    """A row that cannot be sent as it stands. `column` is empty if the row as a whole is wrong."""

    row: int
    line: int
    column: str
    value: str
    reason: str
    """What is wrong and what to do, such as `has two numbers: give each its own row`."""
    cells: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """The reason as a sentence that names the column."""
        return sentence(self.column, self.reason)

    def __str__(self) -> str:
        # The value is written as Python would, so that no cell can control the terminal.
        return f"line {self.line}, {self.value!r}: {self.sentence}"


class Why(StrEnum):
    """The reasons for leaving out a row that is not wrong."""

    NO_NUMBER = "no number"
    DUPLICATE = "duplicate"
    SUPPRESSED = "suppressed"
    QUARANTINED = "quarantined"
    HIDDEN = "hidden"
    """A spreadsheet does not show the row, or shows it struck through."""
    OPTED_OUT = "opted out"
    """The list says that the recipient must not be faxed."""


class LeftOut(NamedTuple):
    """A row that is left out but not wrong. `reason` is `why` in words, such as `duplicate of row 7`."""

    row: int
    line: int
    why: Why
    reason: str
    to: str | None
    cells: tuple[str, ...]


Judged = Row | BadRow | LeftOut
"""The result for a row."""


@dataclass(slots=True)
class Batch:
    """The results for consecutive rows, by column.

    `to` has the number to call for each, or None for those in `others`, which are stored by their place from 0. `said`
    has the options of each, with the fields of `read_field` except its reference, which is in `references`; rows with
    the same options share a mapping. Both are empty if no row has options.
    """

    first: int
    lines: list[int]
    cells: list[Sequence[str]]
    to: list[str | None]
    said: list[RowSaid]
    references: list[str | None]
    others: dict[int, BadRow | LeftOut]

    def fields(self, place: int) -> dict[str, Any]:
        """Return a row's own options."""
        said = dict(self.said[place]) if self.said else {}
        if self.references and (reference := self.references[place]) is not None:
            said["reference"] = reference
        return said

    def rows(self) -> Iterator[Judged]:
        """Yield the rows one by one."""
        for place, (line, cells, to) in enumerate(zip(self.lines, self.cells, self.to, strict=True)):
            if to is None:
                yield self.others[place]
            else:
                yield Row(self.first + place, line, to, self.fields(place), tuple(cells))


def left_out(of: Block | Batch, at: int, why: Why, reason: str, to: str | None = None) -> LeftOut:
    """Make the row at a place of a block or batch one that is left out."""
    return LeftOut(of.first + at, of.lines[at], why, reason, to, tuple(of.cells[at]))


def sentence(column: str, reason: str) -> str:
    """Return what is wrong with a cell as a sentence that names its column, if there is one."""
    if not column:
        return reason
    if reason.startswith(("is ", "has ", "lacks ")):
        return f"the cell in column {column} {reason}"
    return f"column {column}: {reason}"
