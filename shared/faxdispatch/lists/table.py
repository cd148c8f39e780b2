"""A list of recipients as a table: which line is its header, which column has the numbers, and its rows as a stream.

Anything that is not given is guessed from the first lines, and every guess is reported in words.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import InitVar, dataclass
from functools import cached_property

from faxdispatch.errors import BadInput
from faxdispatch.lists.block import Block, Record, trimmed
from faxdispatch.lists.cells import CellReader
from faxdispatch.lists.countries import calling_code
from faxdispatch.lists.header_row import HEADER_WITHIN
from faxdispatch.lists.headers import FIELDS, OPT_OUT, fax_rank
from faxdispatch.lists.kinds import fax_numbers, is_fax
from faxdispatch.lists.reading import Reading
from faxdispatch.lists.records import NO_DELIMITER, Lines, Records
from faxdispatch.lists.refusals import HINTS, Note, Says, may_refuse, note_of, refuses
from faxdispatch.lists.shape import Shape
from faxdispatch.lists.source import SAMPLE, Source
from faxdispatch.lists.words import folded, is_totals, may_hold_number, places_of, what_it_is
from faxdispatch.text.wording import counted

_SAMPLE_CHARACTERS = 500_000
_SOME = 1000
"""Rows that are looked at together."""
_TAIL = 30
"""Lines that may stand below a list: who made it, when, and so on."""
_LONGEST_NOTE = 1000
"""Number of characters of a cell that are searched for a refusal."""
_SHOWN = 120
"""Number of characters of such a cell that a message shows."""
_WORDS = re.compile(r"[^\W\d_]+|[!?;:,'\"]")
"""Text that may be beside a number in a cell that also says that the number must not be faxed."""
_AROUND = re.compile(r"[^\W\d_].*:$|\b(?:these|those|above|below|following|next)\b", re.IGNORECASE)
"""What makes a refusal the heading of other rows, as in `DO NOT FAX THESE`."""
_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe", NO_DELIMITER: "none, one column"}
_GIVEN = {"comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", "pipe": "|", "none": NO_DELIMITER}

_WithOneOf = Callable[[Sequence[str]], Iterator[Block]] | None
_Said = tuple[int, Note, str]
"""A restriction: place in the block, kind, and words."""
_Parts = tuple[str, Shape, Iterator[Block], _WithOneOf]
"""The delimiter of a list, its shape, its rows, and what finds those with one of certain words."""


@dataclass
class Table:
    """A list of recipients whose shape is known.

    `columns` are the names, generated if there is no `header`; `number_column` and the values of `fields` (our field
    to column) count from 0. `delimiter` is empty for a sheet. `guesses` describes the guesses in words. `kinds`,
    `refusals`, `notes` and `country` are those of `Shape`.
    """

    source: Source
    delimiter: str
    shape: InitVar[Shape]
    _blocks: Iterator[Block]
    _with_one_of: _WithOneOf
    is_unread: bool = True
    """Whether all rows are still to be read by `batches`."""

    def __post_init__(self, shape: Shape) -> None:
        self.encoding = self.source.encoding
        self.columns, self.header, self.number_column = shape.names, shape.header is not None, shape.number
        self.fields, self.kinds, self.refusals = shape.fields, shape.kinds, shape.refusals
        self.notes, self.country = shape.notes, shape.country
        self.guesses = [*self.source.notes, *shape.guesses]
        self._comments: dict[int, list[tuple[str, str]]] = {}
        for row, cell, comment in _restricting(self.source.comments):
            self._comments.setdefault(row, []).append((cell, comment))

    def number_place(self, cells: Sequence[str]) -> int | None:
        """Return the column with a row's fax number, or None if all numbers of the row are of other machines."""
        if not self.kinds:
            return self.number_column
        return next(
            (pair.number for pair in self.kinds if is_fax(cells[pair.kind]) and cells[pair.number].strip()), None
        )

    def number_text(self, cells: Sequence[str], place: int) -> str:
        """Return the fax machines' numbers in a column of a row.

        Raises:
            ValueError: it has several numbers, and it is unclear which of them belong to fax machines.
        """
        kind = next((pair.kind for pair in self.kinds if pair.number == place), None)
        return cells[place] if kind is None else fax_numbers(cells[kind], cells[place])

    def notes_in(self, block: Block) -> Iterator[_Said]:
        """Yield the rows that restrict faxes to their recipient: place in the block, kind of restriction, and words.

        A row may come several times. A window of the row's own overrides any note about times.
        """
        for place, what in self.refusals.items():
            for at, cells in enumerate(block.cells):
                if len(cells) > place and refuses(what, cells[place]) and at not in block.problems:
                    yield at, Note.REFUSAL, f"{self.columns[place]}: {cells[place].strip()}"
        for at, line in enumerate(block.lines if self.notes and self._comments else ()):
            for cell, comment in self._comments.get(line, ()):
                note = _note(comment)
                if note and not (note is Note.TIMES and self.has_window(block.cells[at])):
                    yield at, note, f"comment on {cell}: {comment.strip()[:_SHOWN]}"
        for at in places_of(HINTS, list(map("\n".join, block.cells))) if self.notes else ():
            cells = block.cells[at]
            for place in self.notes if at not in block.problems else ():
                note = _note(cells[place]) if len(cells) > place else None
                if note and not (note is Note.TIMES and self.has_window(cells)):
                    yield at, note, f"{self.columns[place]}: {cells[place].strip()[:_SHOWN]}"

    def heading_of_refusals(self, block: Block, said: Iterable[_Said]) -> tuple[int, str] | None:
        """Return the line and text of a row that has nothing but a refusal, and so may be about the rows around it."""
        for at, note, _ in said:
            filled = [(place, cell.strip()) for place, cell in enumerate(block.cells[at]) if cell.strip()]
            if note is Note.REFUSAL and len(filled) == 1 and at not in block.no_recipients:
                place, text = filled[0]
                if place in self.notes and _AROUND.search(text) and not may_hold_number(text):
                    return block.lines[at], text[:_SHOWN]
        return None

    def has_window(self, cells: Sequence[str]) -> bool:
        """Return whether a row has a window of its own."""
        place = self.fields.get("window")
        return place is not None and bool(cells[place].strip())

    def restricted_numbers(self, block: Block, said: Iterable[_Said], reader: CellReader) -> Iterator[tuple[str, Note]]:
        """Yield the numbers of the rows that restrict faxes to their recipient, each with the kind of restriction."""
        for at, note, _ in said:
            cells = block.cells[at]
            # Such a column may list numbers of other rows, and such a note may name one.
            listed = (
                cells[place] for place, what in self.refusals.items() if what is Says.REFUSAL and len(cells) > place
            )
            noted = (
                _WORDS.sub(" ", cells[place]) for place in self.notes if len(cells) > place and _note(cells[place])
            )
            yield from ((number, note) for cell in (*listed, *noted) if (number := reader.read(cell).number))
            if at in block.no_recipients or (place := self.number_place(cells)) is None:
                continue
            with suppress(ValueError):
                text = self.number_text(cells, place)
                if number := reader.read(text).number or reader.read(_WORDS.sub(" ", text)).number:
                    yield number, note
        for at in block.problems:
            # The column of its number cannot be known.
            cells = block.cells[at]
            if self.delimiter:
                cells = self.delimiter.join(cells).split(self.delimiter)
            notes = {_note(cell) for cell in cells}
            if found := next((one for one in Note if one in notes), None):
                yield from ((number, found) for cell in cells if (number := reader.read(cell).number))

    def may_refuse(self) -> Iterator[Block]:
        """Yield the rows that may restrict faxes to their recipient, and perhaps others.

        Raises:
            BadInput: a later part of the file is damaged or too large.
        """
        is_text = self.source.lines is not None
        if self._with_one_of is None or (self.refusals and is_text):
            yield from self.batches(_SOME)
            return
        # The process that reads a workbook has all rows ready for `batches`.
        self.is_unread = not is_text
        for block in self._with_one_of(HINTS):
            self._complete(block)
            yield block

    def foreign(self, block: Block, code: int) -> Iterator[tuple[int, str]]:
        """Yield the rows whose country has another calling code: place in the block, and the country's cell."""
        place = self.country
        if place is None:
            return
        cells = [row[place] if len(row) > place else "" for row in block.cells]
        others = {cell for cell in set(cells) if calling_code(cell) not in (0, code)}
        if others:
            yield from ((at, cell.strip()) for at, cell in enumerate(cells) if cell in others)

    def batches(self, size: int) -> Iterator[Block]:
        """Yield the rows, once, in batches of this size.

        The first row is number 1, and the number identifies its recipient forever. Title, header and blank lines, and
        lines with only separators, are not rows. Each row has a cell for every column, unless it has a problem or is
        not a recipient.

        Raises:
            BadInput: a later part of the file is damaged.
        """
        self.is_unread = False
        ahead = Block()
        for block in self._blocks:
            self._complete(block)
            ahead.extend(block)
            # The last rows of the list are checked once more.
            while len(ahead) >= size + _TAIL:
                yield ahead.cut(size)
        self._find_tail(ahead)
        while ahead.lines:
            yield ahead.cut(size)

    def _complete(self, block: Block) -> None:
        """Find out which records are rows with a cell for each column."""
        width, cells = len(self.columns), block.cells
        self._find_others(block)
        if set(map(len, cells)) == {width}:
            return
        for at, row in enumerate(cells):
            if len(row) != width and at not in block.problems and at not in block.no_recipients:
                self._fit(block, at)

    def _find_others(self, block: Block) -> None:
        """Find the rows that are not recipients: repeated headers, footers, ruled lines."""
        number, digits = self.number_column, self.header and self._ends_in_digits
        # Nearly every row has a number, whose last digits distinguish it from all others.
        for at, row in enumerate(block.cells):
            cell = row[number] if len(row) > number else ""
            if cell[-4:].isdigit() and not cell[0].isalpha() and not digits:
                continue
            if self.header and len(row) > number and self._repeats_header(row):
                block.no_recipients[at] = "repeats the header"
            elif what := what_it_is(row):
                block.no_recipients[at] = what
                block.problems.pop(at, None)

    def _find_tail(self, block: Block) -> None:
        """Find, among the last rows of a list, the lines of text below it, and the row of totals."""
        for at in range(len(block) - 1, max(len(block) - 1 - _TAIL, -1), -1):
            cells = block.cells[at]
            if at in block.no_recipients:
                continue
            if _sums_up(cells, self.number_column):
                block.no_recipients[at] = "sums up the rows above"
            elif at in block.problems and len(cells) == 1 and not may_hold_number(cells[0]):
                block.no_recipients[at] = "is a line of text below the list"
            else:
                return
            block.problems.pop(at, None)

    def _fit(self, block: Block, at: int) -> None:
        """Make a row as wide as the list, or say why that is not possible."""
        cells, width = block.cells[at], len(self.columns)
        if len(cells) < width:
            # Spreadsheets leave out empty cells at the end. If the missing cell could be a document or a sender, it is
            # not assumed to be empty.
            if not self.delimiter or (len(cells) > self.number_column and not self.fields):
                block.cells[at] = [*cells, *[""] * (width - len(cells))]
            else:
                block.problems[at] = f"has {_cells(len(cells))} where the list has {_cells(width)}"
        elif any(map(str.strip, cells[width:])):
            block.problems[at] = (
                f"has {_cells(len(cells))} where the list has {_cells(width)}; is a separator unquoted?"
            )
        else:
            block.cells[at] = cells[:width]

    def _repeats_header(self, cells: Sequence[str]) -> bool:
        """Return whether a row is the header again, as in files that were put together."""
        number = self.number_column
        if folded(cells[number]) != self._folded[number]:
            return False
        filled = trimmed(cells)
        return tuple(map(folded, filled)) == self._folded[: len(filled)]

    @cached_property
    def _ends_in_digits(self) -> bool:
        return self.columns[self.number_column][-4:].isdigit()

    @cached_property
    def _folded(self) -> tuple[str, ...]:
        return tuple(map(folded, self.columns))


def read_table(
    source: Source,
    reader: CellReader,
    reading: Reading,
) -> Table:
    """Find out the shape of a list.

    `reader` says which cells are numbers; what `reading` gives is not guessed.

    Raises:
        BadInput: a given column does not exist, or the numbers' column cannot be determined.
    """
    if unknown := set(reading.fields or ()) - {*FIELDS, OPT_OUT}:
        raise BadInput(
            f"field: {', '.join(sorted(unknown))} is unknown; a row can have {', '.join((*FIELDS, OPT_OUT))}"
        )
    opened = _of_text if source.lines is not None else _of_sheet
    return Table(source, *opened(source, reader, reading))


def _of_text(source: Source, reader: CellReader, reading: Reading) -> _Parts:
    assert source.lines is not None  # noqa: S101 - a text has lines
    lines = Lines(source.lines)
    sample = lines.peek(SAMPLE, _SAMPLE_CHARACTERS)
    delimiter = _separator(reading.delimiter) if reading.delimiter else _guess_delimiter(sample)
    shape = Shape(source.name, _sampled(sample, delimiter), reader, reading)
    if reading.delimiter is None:
        shape.guesses.insert(0, f"separator: {_DELIMITERS.get(delimiter, repr(delimiter))}")
    shape.guesses.insert(0, f"encoding: {source.encoding}")
    for _ in range(shape.ends):
        lines.next()
    records = Records(lines, delimiter, len(shape.names), shape.number)
    return delimiter, shape, iter(records), records.with_one_of


def _of_sheet(source: Source, reader: CellReader, reading: Reading) -> _Parts:
    shape = Shape(source.name, list(source.head), reader, reading, hidden=source.hidden_columns)
    return "", shape, _below(shape.ends, source.sheet or ()), _rows_with(source, shape)


def _rows_with(source: Source, shape: Shape) -> _WithOneOf:
    """Return a function that yields the rows below a workbook's header with certain words, or with a refusal."""
    rows_with, header = source.rows_with, shape.ends
    if rows_with is None:
        return None
    first = next((row.line for row in source.head if row.line > header), 0)
    refusals = tuple(shape.refusals)
    commented = [row for row, _, _ in _restricting(source.comments)]
    return lambda words: _below(header, rows_with(words, refusals, commented, first, _is_note)) if first else iter(())


def _restricting(comments: Iterable[tuple[int, str, str]]) -> list[tuple[int, str, str]]:
    """Return the comments that restrict faxes to the recipient of their row."""
    return [comment for comment in comments if _note(comment[2])]


def _below(line: int, blocks: Iterable[Block]) -> Iterator[Block]:
    """Leave out the records up to a line."""
    for block in blocks:
        is_below = not block.lines or block.lines[0] > line
        yield block if is_below else Block.of(record for record in block.records() if record.line > line)


def _separator(given: str) -> str:
    found = _GIVEN.get(given.lower(), given)
    if len(found) != 1 or found in '"\r\n' or found.isalnum():
        raise BadInput(f"delimiter: {given!r} is not valid; give one character, or comma, semicolon, tab, pipe or none")
    return found


def _sampled(sample: Sequence[str], delimiter: str) -> list[Record]:
    given = iter([list(sample)])
    return [record for block in Records(Lines(lambda: next(given, [])), delimiter) for record in block.records()]


def _guess_delimiter(sample: Sequence[str]) -> str:
    """Choose the separator that gives the most rows the same number of cells, more than one.

    A header with a column of fax numbers counts even if the rows below it differ.
    """
    best, best_rank = NO_DELIMITER, (0.0, 0, 0)
    for delimiter in (",", ";", "\t", "|"):
        rows = [trimmed(record.cells) for record in _sampled(sample, delimiter) if not record.problem]
        widths = Counter(map(len, rows))
        named = {len(cells) for cells in rows[:HEADER_WITHIN] if any(map(fax_rank, cells))}
        several = [(widths[width], int(width in named), width) for width in widths if width > 1]
        if several:
            count, header, width = max(several)
            rank = (round(count / len(rows), 1), header, width)
            if (header or rank[0] >= 0.5) and rank > best_rank:
                best, best_rank = delimiter, rank
    return best


def _note(cell: str) -> Note | None:
    return note_of(cell) if len(cell) <= _LONGEST_NOTE and may_refuse(cell) else None


def _is_note(cell: str) -> bool:
    return _note(cell) is not None


def _sums_up(cells: Sequence[str], number: int) -> bool:
    first = next((cell for cell in cells if cell.strip()), "")
    return is_totals(first) or (number < len(cells) and is_totals(cells[number]))


def _cells(count: int) -> str:
    return counted(count, "cell")
