"""Splits lines of text into records of cells, with quotes, cells of several lines, and quotes that are never closed."""

import csv
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from faxdispatch.lists.block import Block, Record
from faxdispatch.lists.words import places_of

_MOST_LINES = 100
"""Maximum number of lines of a record. If a quote is not closed by then, it was opened by mistake."""

_LEAST_DIGITS = 7
"""Number of digits of a possible telephone number."""

NO_DELIMITER = "\x1f"
"""The separator of a list with one column, which occurs in no text."""

_UNCLOSED = "a quote is opened here and never closed, or closed inside a cell; only this line is left out"


class Lines:
    """Lines with their numbers, some of which can be put back. `read` returns the next ones, or none at the end."""

    def __init__(self, read: Callable[[], list[str]]) -> None:
        self._read = read
        self._ahead: deque[str] = deque()
        self.number = 0
        """Number of the last returned line."""

    def next(self) -> str:
        """Return the next line with its end, or an empty text if there is none."""
        if not self._ahead:
            self._ahead.extend(self._read())
        if not self._ahead:
            return ""
        self.number += 1
        return self._ahead.popleft()

    def take(self) -> list[str]:
        """Return the next lines, as many as are available; none at the end."""
        taken = list(self._ahead) or self._read()
        self._ahead.clear()
        self.number += len(taken)
        return taken

    def put_back(self, lines: list[str]) -> None:
        """Put these lines back as the next ones."""
        self._ahead.extendleft(reversed(lines))
        self.number -= len(lines)

    def peek(self, count: int, characters: int) -> list[str]:
        """Return at most this many lines without consuming them; stop once this many characters are reached."""
        found: list[str] = []
        size = 0
        while len(found) < count and size < characters and (line := self.next()):
            found.append(line)
            size += len(line)
        self.put_back(found)
        return found


class Records:
    """Iterates over the records of lines, in blocks. Blank lines, and lines with only separators, are not records.

    With `width`, the number of cells of each record, and `number`, the place of the one with the telephone number, it
    recognises a quote that was never closed and so contains other records.
    """

    def __init__(self, lines: Lines, delimiter: str, width: int | None = None, number: int = 0) -> None:
        self._lines = lines
        self._delimiter = delimiter
        self._width = width
        self._number = number
        self._nothing = f' \t\r\n\xa0\ufeff"{delimiter}'

    def __iter__(self) -> Iterator[Block]:
        return self._blocks(lambda taken: range(len(taken)))

    def with_one_of(self, words: Collection[str]) -> Iterator[Block]:
        """Yield the records that have one of the words, in any case, and perhaps others."""
        return self._blocks(lambda taken: places_of(words, taken))

    def _blocks(self, choose: Callable[[list[str]], Sequence[int]]) -> Iterator[Block]:
        """Yield the records that begin on the chosen lines, and perhaps others."""
        lines = self._lines
        while taken := lines.take():
            end = lines.number
            block = self._each_a_line(end - len(taken) + 1, taken, choose)
            if block is None:
                lines.put_back(taken)
                block = Block.of(self._one_by_one(end))
            yield block

    def _each_a_line(self, first: int, taken: list[str], choose: Callable[[list[str]], Sequence[int]]) -> Block | None:
        """Return the records of chosen lines, `first` being the number of the first; None unless each is one record."""
        delimiter, nothing = self._delimiter, self._nothing
        quoted = [place for place, line in enumerate(taken) if '"' in line]
        try:
            parsed = list(
                csv.reader(map(taken.__getitem__, quoted), delimiter=delimiter, strict=True, skipinitialspace=True)
            )
        except csv.Error:
            return None
        # As many records as lines: no quote was still open at the end of one.
        if len(parsed) != len(quoted):
            return None
        of_quoted = dict(zip(quoted, parsed, strict=True))
        filled = [place for place in choose(taken) if taken[place].strip(nothing)]
        cells: list[Sequence[str]] = [
            of_quoted[place] if place in of_quoted else taken[place].rstrip("\r\n").split(delimiter) for place in filled
        ]
        return Block([first + place for place in filled], cells)

    def _one_by_one(self, end: int) -> Iterator[Record]:
        """Yield the records that begin on lines up to `end`."""
        lines, delimiter, nothing = self._lines, self._delimiter, self._nothing
        while lines.number < end and (line := lines.next()):
            if not line.strip(nothing):
                continue
            if '"' in line:
                yield self._quoted(line)
            else:
                yield Record(lines.number, tuple(line.rstrip("\r\n").split(delimiter)))

    def _quoted(self, line: str) -> Record:
        number = self._lines.number
        if cells := self._strictly((line,)):
            return Record(number, cells)
        more: list[str] = []

        def fed() -> Iterator[str]:
            yield line
            while len(more) < _MOST_LINES and (following := self._lines.next()):
                more.append(following)
                yield following

        cells = self._strictly(fed())
        if cells and not (more and self._swallows(cells)):
            return Record(number, cells)
        self._lines.put_back(more)
        return Record(number, (line.rstrip("\r\n"),), _UNCLOSED) if more else self._alone(number, line)

    def _strictly(self, lines: Iterable[str]) -> tuple[str, ...]:
        """Return the cells of the record with which lines begin; none if its quotes are wrong."""
        try:
            return tuple(next(csv.reader(lines, delimiter=self._delimiter, strict=True, skipinitialspace=True)))
        except csv.Error:
            return ()

    def _alone(self, number: int, line: str) -> Record:
        """Read a line whose quotes are wrong, but which has no open one, as spreadsheets do."""
        bare = line.rstrip("\r\n")
        try:
            cells = tuple(next(csv.reader((bare,), delimiter=self._delimiter, skipinitialspace=True)))
        except csv.Error:
            return Record(number, (bare,), _UNCLOSED)
        # The last opened quote must have been closed: otherwise the rest of the line is in one cell.
        odd = bare.count('"') % 2
        return Record(number, (bare,), _UNCLOSED) if odd else Record(number, cells)

    def _swallows(self, cells: tuple[str, ...]) -> bool:
        """Return whether a record of several lines cannot be one, or has another one in one of its cells."""
        if self._width is None:
            return False
        if len(cells) < self._width or any(cells[self._width :]):
            return True
        return any(self._hides_one(cells, place) for place, cell in enumerate(cells) if "\n" in cell or "\r" in cell)

    def _hides_one(self, cells: tuple[str, ...], place: int) -> bool:
        """Return whether a line of a cell is a record, for the first and the last line with the cells beside it."""
        lines = [line.split(self._delimiter) for line in cells[place].splitlines()]
        if self._width == 1:
            # Two numbers in one cell look the same as another line inside it, so they are refused as two numbers.
            return len(lines) > 2
        first, *middle, last = lines if len(lines) > 1 else [*lines, [""]]
        return (
            (place <= self._number and self._is_whole([*cells[:place], *first]))
            or any(map(self._is_whole, middle))
            or (self._number < len(last) and self._is_whole([*last, *cells[place + 1 :]]))
        )

    def _is_whole(self, cells: list[str]) -> bool:
        """Return whether cells look like a record of their own."""
        return len(cells) == self._width and sum(map(str.isdigit, cells[self._number])) >= _LEAST_DIGITS
