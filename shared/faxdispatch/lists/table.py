"""A list of recipients as a table: which line is its header, which column has the numbers, and its rows as a stream.

What is not told is guessed from the first lines, and every guess is said in words.
"""

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from faxdispatch.errors import BadInput
from faxdispatch.lists.cells import CellReader
from faxdispatch.lists.headers import FIELDS, OPT_OUT, fax_rank
from faxdispatch.lists.kinds import Pair, fax_numbers, is_fax
from faxdispatch.lists.records import NO_DELIMITER, Lines, Record, Records
from faxdispatch.lists.refusals import Says, refuses
from faxdispatch.lists.shape import HEADER_WITHIN, Columns, Shape, trimmed
from faxdispatch.lists.source import Source
from faxdispatch.lists.words import folded, is_totals
from faxdispatch.text.wording import counted

_SAMPLE_LINES = 300
_SAMPLE_CHARACTERS = 500_000
_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe", NO_DELIMITER: "none, one column"}
_GIVEN = {"comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", "pipe": "|", "none": NO_DELIMITER}


class Line(NamedTuple):
    """One row of data.

    `row` counts rows from 1 and is a recipient's identity forever; `line` is the line of the file that it begins on.
    Title, header and blank lines, and such as hold separators only, are no rows. `problem` says why it cannot be read
    as a row; `no_recipient` why it is none, such as a footer; `hidden` why a spreadsheet does not show it.
    """

    row: int
    line: int
    cells: tuple[str, ...]
    problem: str = ""
    no_recipient: str = ""
    hidden: str = ""


@dataclass
class Table:
    """A list of recipients whose shape is known.

    `columns` are the names, made up where there is no `header`; `number_column` and the values of `fields` (our field
    to column) count from 0. `delimiter` is empty for a sheet. `guesses` says in words what was found out. `kinds` and
    `refusals` are those of `Shape`.
    """

    source: Source
    columns: tuple[str, ...]
    header: bool
    delimiter: str
    encoding: str
    number_column: int
    fields: dict[str, int]
    guesses: list[str]
    kinds: tuple[Pair, ...]
    refusals: dict[int, Says]
    _records: Iterator[list[Record]]

    @property
    def may_be_flawed(self) -> bool:
        """Whether a cell may be `Flawed`; one of a file of text never is."""
        return not self.delimiter

    def number_place(self, cells: tuple[str, ...]) -> int | None:
        """Give the column that has a row's fax number; None where what it has are other machines' numbers."""
        if not self.kinds:
            return self.number_column
        return next(
            (pair.number for pair in self.kinds if is_fax(cells[pair.kind]) and cells[pair.number].strip()), None
        )

    def number_text(self, cells: tuple[str, ...], place: int) -> str:
        """Give what stands in a column of a row of fax machines' numbers.

        Raises:
            ValueError: it has several numbers, and which of them are fax machines' cannot be told.
        """
        kind = next((pair.kind for pair in self.kinds if pair.number == place), None)
        return cells[place] if kind is None else fax_numbers(cells[kind], cells[place])

    def refusal(self, cells: tuple[str, ...]) -> str:
        """Give the words by which a row says that its recipient must not be faxed; none where it does not."""
        for place, what in self.refusals.items():
            if refuses(what, cells[place]):
                return f"{self.columns[place]}: {cells[place].strip()}"
        return ""

    def batches(self, size: int) -> Iterator[list[Line]]:
        """Give the rows, once, so many at a time.

        Raises:
            BadInput: the file is damaged further on.
        """
        first, ahead = 1, list[Line]()
        for records in self._records:
            ahead += self._numbered(first, records)
            first += len(records)
            # The last row of all is looked at once more.
            while len(ahead) > size:
                yield ahead[:size]
                del ahead[:size]
        if ahead and _sums_up(ahead[-1].cells, self.number_column):
            ahead[-1] = ahead[-1]._replace(no_recipient="sums up the rows above", problem="")
        if ahead:
            yield ahead

    def _numbered(self, first: int, records: list[Record]) -> list[Line]:
        """Give records as rows, `first` being the number of the first."""
        width, number = len(self.columns), self.number_column
        header_ends = self._ends_in_digits if self.header else None
        lines = []
        for row, record in enumerate(records, first):
            line, cells, problem, hidden = record
            # Nearly every row has a number, which is told from a header by its last digits.
            if len(cells) == width and not problem and cells[number][-4:].isdigit() != header_ends:
                lines.append(Line(row, line, cells, "", "", hidden))
            else:
                lines.append(self._line(row, record))
        return lines

    def _line(self, row: int, record: Record) -> Line:
        cells, width, problem = record.cells, len(self.columns), record.problem
        if self.header and self._repeats_header(cells):
            return Line(row, record.line, cells, no_recipient="repeats the header")
        if not problem and len(cells) != width:
            extra = cells[width:]
            # Spreadsheets leave out empty cells at the end. Where such a cell could be a document or a sender of the
            # row's own, it is not taken as empty.
            left_out = not self.delimiter or (len(cells) > self.number_column and not self.fields)
            if len(cells) < width and left_out:
                cells += ("",) * (width - len(cells))
            elif len(cells) < width:
                problem = f"has {_cells(len(cells))} where the list has {_cells(width)}"
            elif any(map(str.strip, extra)):
                problem = f"has {_cells(len(cells))} where the list has {_cells(width)}; is a separator unquoted?"
            else:
                cells = cells[:width]
        return Line(row, record.line, cells, problem, "", record.hidden)

    def _repeats_header(self, cells: tuple[str, ...]) -> bool:
        """Tell whether a row is the header again, as where files were put together."""
        number = self.number_column
        if number >= len(cells) or folded(cells[number]) != self._folded[number]:
            return False
        return tuple(map(folded, trimmed(cells))) == self._folded[: len(trimmed(cells))]

    @cached_property
    def _ends_in_digits(self) -> bool:
        return self.columns[self.number_column][-4:].isdigit()

    @cached_property
    def _folded(self) -> tuple[str, ...]:
        return tuple(map(folded, self.columns))


def read_table(
    source: Source,
    reader: CellReader,
    *,
    column: str | int | None = None,
    delimiter: str | None = None,
    fields: Columns | None = None,
) -> Table:
    """Find out the shape of a list.

    `reader` tells which cells are numbers. `column` (name, or place from 1), `delimiter` (a character, or its name) and
    `fields` override what would be guessed.

    Raises:
        BadInput: a column that is given is not there, or the numbers' column cannot be told.
    """
    if unknown := set(fields or ()) - {*FIELDS, OPT_OUT}:
        raise BadInput(f"field: {', '.join(sorted(unknown))} is none; a row can have {', '.join((*FIELDS, OPT_OUT))}")
    if source.lines is not None:
        lines = Lines(source.lines)
        sample = lines.peek(_SAMPLE_LINES, _SAMPLE_CHARACTERS)
        separator = _separator(delimiter) if delimiter else _guess_delimiter(sample)
        rows = _sampled(sample, separator)
        shape = Shape(source.name, rows, reader, column, fields or {})
        if delimiter is None:
            shape.guesses.insert(0, f"separator: {_DELIMITERS.get(separator, repr(separator))}")
        for _ in range(shape.ends):
            lines.next()
        records: Iterator[list[Record]] = iter(Records(lines, separator, len(shape.names), shape.number))
    else:
        batches = iter(source.sheet or ())
        rows = list[Record]()
        while len(rows) < _SAMPLE_LINES and (batch := next(batches, None)):
            rows += batch
        shape = Shape(source.name, rows[:_SAMPLE_LINES], reader, column, fields or {}, hidden=source.hidden_columns)
        separator = ""
        records = itertools.chain([[row for row in rows if row.line > shape.ends]], batches)
    return Table(
        source=source,
        columns=shape.names,
        header=shape.header is not None,
        delimiter=separator,
        encoding=source.encoding,
        number_column=shape.number,
        fields=shape.fields,
        kinds=shape.kinds,
        refusals=shape.refusals,
        guesses=[*source.notes, f"encoding: {source.encoding}", *shape.guesses],
        _records=records,
    )


def _separator(given: str) -> str:
    found = _GIVEN.get(given.lower(), given)
    if len(found) != 1 or found in '"\r\n' or found.isalnum():
        raise BadInput(f"delimiter: {given!r} is none; give one character, or comma, semicolon, tab, pipe or none")
    return found


def _sampled(sample: Sequence[str], delimiter: str) -> list[Record]:
    given = iter([list(sample)])
    return list(itertools.chain.from_iterable(Records(Lines(lambda: next(given, [])), delimiter)))


def _guess_delimiter(sample: Sequence[str]) -> str:
    """Choose the separator that gives the most rows the same number of cells, more than one.

    A header with a column of fax numbers is believed where the rows below it differ.
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


def _sums_up(cells: tuple[str, ...], number: int) -> bool:
    first = next((cell for cell in cells if cell.strip()), "")
    return is_totals(first) or (number < len(cells) and is_totals(cells[number]))


def _cells(count: int) -> str:
    return counted(count, "cell")
