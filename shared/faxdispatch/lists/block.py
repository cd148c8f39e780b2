"""Consecutive records of a list, stored by column: an object for each would cost more than reading them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Self


class Record(NamedTuple):
    """A line that is not blank, or the lines of one record: first line's number, cells, and any problem.

    `hidden` is the reason why a row does not count: a spreadsheet hides it or strikes it through. `flaws` has, by the
    position of a cell from 0, why its text is not what was meant, in words that follow the cell's name.
    """

    line: int
    cells: tuple[str, ...]
    problem: str = ""
    hidden: str = ""
    flaws: Mapping[int, str] = {}


@dataclass(slots=True)
class Block:
    """Consecutive records or rows.

    `lines` and `cells` have an entry for each: the line of the file on which it begins, and its cells. Facts about only
    a few are stored by their place in the block, from 0: `problems` says why one cannot be read as a row,
    `no_recipients` why it is not one, such as a footer; `hidden` and `flaws` are those of `Record`. `first` is the
    number of the first row, if rows are counted.
    """

    lines: list[int] = field(default_factory=list)
    cells: list[Sequence[str]] = field(default_factory=list)
    problems: dict[int, str] = field(default_factory=dict)
    no_recipients: dict[int, str] = field(default_factory=dict)
    hidden: dict[int, str] = field(default_factory=dict)
    flaws: dict[int, Mapping[int, str]] = field(default_factory=dict)
    first: int = 1

    @classmethod
    def of(cls, records: Iterable[Record]) -> Self:
        """Make a block from records."""
        made = cls()
        for place, (line, cells, problem, hidden, flaws) in enumerate(records):
            made.lines.append(line)
            made.cells.append(cells)
            if problem:
                made.problems[place] = problem
            if hidden:
                made.hidden[place] = hidden
            if flaws:
                made.flaws[place] = flaws
        return made

    def __len__(self) -> int:
        return len(self.lines)

    def records(self) -> list[Record]:
        """Return the records one by one."""
        return [
            Record(line, tuple(cells), self.problems.get(at, ""), self.hidden.get(at, ""), self.flaws.get(at, {}))
            for at, (line, cells) in enumerate(zip(self.lines, self.cells, strict=True))
        ]

    def extend(self, other: "Block") -> None:
        """Append another record."""
        at = len(self)
        self.lines += other.lines
        self.cells += other.cells
        for said, more in zip(self.said, other.said, strict=True):
            if more:
                said.update({place + at: what for place, what in more.items()})

    def cut(self, size: int) -> "Block":
        """Remove and return the first records, at most this many."""
        taken = Block(self.lines[:size], self.cells[:size], first=self.first)
        for said, mine in zip(taken.said, self.said, strict=True):
            if mine:
                said.update({place: what for place, what in mine.items() if place < size})
                left = {place - size: what for place, what in mine.items() if place >= size}
                mine.clear()
                mine.update(left)
        del self.lines[:size], self.cells[:size]
        self.first += len(taken)
        return taken

    @property
    def said(self) -> tuple[dict[int, object], ...]:
        """The mappings with facts about only a few records."""
        return (self.problems, self.no_recipients, self.hidden, self.flaws)  # type: ignore[return-value] # only moved


def trimmed(cells: Sequence[str]) -> Sequence[str]:
    """Return cells without the empty ones at the end."""
    size = len(cells)
    while size and not cells[size - 1].strip():
        size -= 1
    return cells[:size]
