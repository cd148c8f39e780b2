"""Check a list of recipients before anything is sent: each row once, with what is to become of it and why."""

import hashlib
import itertools
import json
from bisect import insort
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from enum import StrEnum
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from faxdispatch.calling.numbers import NumberPolicy
from faxdispatch.lists.cells import Cell, CellReader, Verdict
from faxdispatch.lists.fields import read_field
from faxdispatch.lists.records import Flawed
from faxdispatch.lists.seen import Seen
from faxdispatch.lists.shape import Columns
from faxdispatch.lists.source import Source, open_source
from faxdispatch.lists.table import Line, Table, read_table

if TYPE_CHECKING:
    from faxdispatch.lists.documents import RowDocuments

_BATCH = 1000
"""Rows that are read before the lists of suppressed and quarantined numbers are asked for all of them together."""

_SHOWN = 120
"""Characters of a cell that are kept to show it."""

_ORDINARY = Cell(None, Verdict.NUMBER)[3:]
"""What there is to say of most numbers."""

_NOT_SENT = {"reference", "document_name"}
"""What a row says for itself that its recipient does not get."""

Asked = Callable[[list[str]], set[str]]
"""Gives those of the numbers (E.164) that are on a list."""

Progress = Callable[[int, int, int], None]
"""Is told bytes read, bytes in all, and rows checked."""


class Row(NamedTuple):
    """A row that can be sent. `fields` are those of `read_field`."""

    row: int
    line: int
    to: str
    fields: dict[str, Any]
    cells: tuple[str, ...]


class BadRow(NamedTuple):
    """A row that cannot be sent as it stands. `column` is empty where the row as a whole is wrong."""

    row: int
    line: int
    column: str
    value: str
    reason: str
    cells: tuple[str, ...]


class Why(StrEnum):
    """Why a row that is not wrong is left out."""

    NO_NUMBER = "no number"
    DUPLICATE = "duplicate"
    SUPPRESSED = "suppressed"
    QUARANTINED = "quarantined"
    HIDDEN = "hidden"
    """A spreadsheet does not show the row, or shows it struck through."""
    OPTED_OUT = "opted out"
    """The list says that the recipient must not be faxed."""


class LeftOut(NamedTuple):
    """A row that is not sent and not wrong. `reason` is `why` in words, such as `duplicate of row 7`."""

    row: int
    line: int
    why: Why
    reason: str
    to: str | None
    cells: tuple[str, ...]


Judged = Row | BadRow | LeftOut
"""What becomes of a row."""


@dataclass
class Summary:
    """Counts of rows. The first nine are of different rows; the others are of valid ones."""

    rows: int = 0
    valid: int = 0
    invalid: int = 0
    no_number: int = 0
    duplicate: int = 0
    suppressed: int = 0
    quarantined: int = 0
    hidden: int = 0
    opted_out: int = 0
    toll_free: int = 0
    foreign: int = 0
    own_number: int = 0
    unconfirmed: int = 0
    """Possible numbers of ranges that no list knows, such as those of new area codes."""
    shared_cost: int = 0
    countries: dict[str, int] = field(default_factory=dict)
    """Of the foreign ones: country to count."""
    bad: list[BadRow] = field(default_factory=list)
    """The first invalid ones."""


class Check:
    """A check of one list. Iterate over it once; `summary` is right when that has ended, `table` from the beginning.

    `close` it, or use it in a `with`, where it may not be read to its end.
    """

    def __init__(self, table: Table, reader: CellReader, **options: Any) -> None:
        self.table = table
        self.summary = Summary()
        self.documents: RowDocuments | None = None
        """What tells the documents that rows name; without it, they are taken for such as Telnyx has stored."""
        self._reader = reader
        self._own: frozenset[str] = options["own_numbers"]
        self._suppressed: Asked | None = options["suppressed"]
        self._quarantined: Asked | None = options["quarantined"]
        self._personalised: bool = options["personalised"]
        self._include_hidden: bool = options["include_hidden"]
        self._on_progress: Progress | None = options["on_progress"]
        self._first_bad: int = options["first_bad"]
        self._seen = Seen()
        self._sends_the_same = set(table.fields) <= _NOT_SENT

    def close(self) -> None:
        """Close the file."""
        self.table.source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Judged]:
        """Give what becomes of each row, in their order.

        Raises:
            BadInput: the file is damaged further on.
        """
        return itertools.chain.from_iterable(self.batches(_BATCH))

    def batches(self, size: int) -> Iterator[list[Judged]]:
        """Give what becomes of each row, in their order, so many at a time.

        Raises:
            BadInput: the file is damaged further on.
        """
        source = self.table.source
        with closing(source):
            for lines in self.table.batches(size):
                yield self._judged(lines)
                if self._on_progress:
                    self._on_progress(source.done(), source.total, self.summary.rows)
            if self._on_progress:
                self._on_progress(source.total, source.total, self.summary.rows)

    def refuse(self, row: Row, reason: str) -> BadRow:
        """Count a row that was given as one that can be sent as a bad one after all."""
        bad = self._bad(row, None, reason)
        self.summary.valid -= 1
        self.summary.invalid += 1
        insort(self.summary.bad, bad, key=itemgetter(0))
        del self.summary.bad[self._first_bad :]
        return bad

    def _judged(self, lines: list[Line]) -> list[Judged]:
        """Give what becomes of rows."""
        places = self._places(lines)
        text = self.table.number_text if self.table.kinds else tuple.__getitem__
        texts = [
            text(line.cells, place) if isinstance(place, int) else "" for line, place in zip(lines, places, strict=True)
        ]
        cells = self._reader.read_all(texts)
        found = list(map(self._read, lines, places, cells))
        self._leave_out_stopped(found)
        if not self._personalised:
            self._leave_out_duplicates(found)
        self._count(found, cells)
        return found

    def _places(self, lines: list[Line]) -> list[int | BadRow | LeftOut]:
        """Give the column of each row's fax number, or why the row is not sent whatever that is."""
        table = self.table
        number, is_plain = table.number_column, not (table.kinds or table.refusals)
        return [
            number
            if is_plain
            and not (line.problem or line.no_recipient or line.hidden)
            and not (table.may_be_flawed and Flawed in map(type, line.cells))
            else self._place(line)
            for line in lines
        ]

    def _place(self, line: Line) -> int | BadRow | LeftOut:
        if (left_out := self._left_out(line)) is not None:
            return left_out
        if line.problem:
            return self._bad(line, None, line.problem)
        number = self.table.number_place(line.cells)
        if number is None:
            return LeftOut(line.row, line.line, Why.NO_NUMBER, "no number of a fax machine", None, line.cells)
        try:
            self.table.number_text(line.cells, number)
        except ValueError as problem:
            return self._bad(line, number, str(problem))
        return self._flawed(line, number) or number

    def _read(self, line: Line, place: int | BadRow | LeftOut, cell: Cell) -> Judged:
        if not isinstance(place, int):
            return place
        row, at, cells = line[:3]
        if cell.verdict is Verdict.NONE:
            return LeftOut(row, at, Why.NO_NUMBER, "no number", None, cells)
        if cell.number is None:
            return self._bad(line, place, cell.note)
        fields: dict[str, Any] = {}
        for name, where in self.table.fields.items():
            try:
                fields.update(read_field(name, cells[where], self._reader.policy.region))
            except ValueError as problem:
                return self._bad(line, where, str(problem))
        return Row(row, at, cell.number, fields, cells)

    def _flawed(self, line: Line, number: int) -> BadRow | None:
        for place in (number, *self.table.fields.values()):
            if isinstance(cell := line.cells[place], Flawed):
                return self._bad(line, place, cell.problem)
        return None

    def _left_out(self, line: Line) -> LeftOut | None:
        """Tell why a row is none to be sent to, whatever its number; None where nothing speaks against it."""
        if line.no_recipient:
            return LeftOut(line.row, line.line, Why.NO_NUMBER, line.no_recipient, None, line.cells)
        if line.hidden and not self._include_hidden:
            return LeftOut(line.row, line.line, Why.HIDDEN, line.hidden, None, line.cells)
        if self.table.refusals and not line.problem and (refusal := self.table.refusal(line.cells)):
            return LeftOut(line.row, line.line, Why.OPTED_OUT, f"opted out, {refusal}", None, line.cells)
        return None

    def _bad(self, line: Line | Row, place: int | None, reason: str) -> BadRow:
        value = self.table.delimiter.join(line.cells) if place is None else line.cells[place]
        column = "" if place is None else self.table.columns[place]
        shown = value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…"
        return BadRow(line.row, line.line, column, shown, reason, line.cells)

    def _leave_out_stopped(self, found: list[Judged]) -> None:
        """Leave out the rows that a list of stopped numbers has, and those whose document cannot be sent."""
        numbers = list({row.to for row in found if isinstance(row, Row)})
        stopped: dict[str, Why] = {}
        for why, asked in ((Why.QUARANTINED, self._quarantined), (Why.SUPPRESSED, self._suppressed)):
            if asked and numbers:
                stopped |= dict.fromkeys(asked(numbers), why)
        if stopped:
            for at, row in enumerate(found):
                if isinstance(row, Row) and (known := stopped.get(row.to)):
                    found[at] = LeftOut(row.row, row.line, known, known.value, row.to, row.cells)
        if self.documents:
            self.documents.look_at(row.fields for row in found if isinstance(row, Row))
            for at, row in enumerate(found):
                if isinstance(row, Row):
                    found[at] = self._with_document(self.documents, row)

    def _with_document(self, documents: "RowDocuments", row: Row) -> Row | BadRow:
        try:
            return row._replace(fields=dict(documents.of(row.fields)))
        except ValueError as problem:
            return self._bad(row, self.table.fields["media"], str(problem))

    def _leave_out_duplicates(self, found: list[Judged]) -> None:
        rows = [row for row in found if isinstance(row, Row)]
        firsts = self._seen.firsts(map(self._key, rows), [row.row for row in rows])
        for row, first in zip(rows, firsts, strict=True):
            if first:
                found[row.row - found[0].row] = LeftOut(
                    row.row, row.line, Why.DUPLICATE, f"duplicate of row {first}", row.to, row.cells
                )

    def _key(self, row: Row) -> int:
        """Give what is the same for rows that have the same number and would send the same."""
        if self._sends_the_same and row.to[0] == "+":
            return int(row.to)
        sent = {name: value for name, value in row.fields.items() if name not in _NOT_SENT}
        if not sent and row.to[0] == "+":
            return int(row.to)
        what = json.dumps([row.to, sent], sort_keys=True).encode()
        return int.from_bytes(hashlib.blake2b(what, digest_size=16).digest()) or 1

    def _count(self, found: list[Judged], cells: list[Cell]) -> None:
        summary = self.summary
        summary.rows += len(found)
        for row, cell in zip(found, cells, strict=True):
            if isinstance(row, Row):
                summary.valid += 1
                summary.own_number += row.to in self._own
                if cell[3:] != _ORDINARY:
                    summary.toll_free += cell.toll_free
                    summary.unconfirmed += cell.unconfirmed
                    summary.shared_cost += cell.shared_cost
                    if cell.foreign:
                        summary.foreign += 1
                        summary.countries[cell.foreign] = summary.countries.get(cell.foreign, 0) + 1
            elif isinstance(row, BadRow):
                summary.invalid += 1
                if len(summary.bad) < self._first_bad:
                    summary.bad.append(row)
            else:
                name = row.why.name.lower()
                setattr(summary, name, getattr(summary, name) + 1)


def check(
    source: Path | str | Source,
    *,
    policy: NumberPolicy,
    region: str | None = None,
    column: str | int | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    fields: Columns | None = None,
    own_numbers: Sequence[str] | frozenset[str] = (),
    suppressed: Asked | None = None,
    quarantined: Asked | None = None,
    personalised: bool = False,
    include_hidden: bool = False,
    drop_extension: bool = False,
    area_code: str | None = None,
    vanity: bool = False,
    first_bad: int = 20,
    on_progress: Progress | None = None,
) -> Check:
    """Open a list and find out its shape; what is given back checks its rows one after the other.

    `policy` tells where faxes may go, and `region` (ISO 3166) overrides its country of numbers without `+`. `column`,
    `delimiter`, `encoding`, `sheet` and `fields` override guesses, see `read_table` and `open_source`. `suppressed` and
    `quarantined` are asked for some thousand numbers at a time; None asks nobody.

    Rows that a spreadsheet hides or strikes through are left out unless `include_hidden`.

    Several rows to one number are kept apart where what they send differs, or all of them if `personalised`. Else the
    first one is sent, and the others are duplicates of it. A reference makes no difference: it is not sent.

    Raises:
        BadInput: the file cannot be read, is of a kind that is not, or its columns cannot be told.
    """
    reader = CellReader(
        replace(policy, region=region) if region else policy,
        area_code=area_code,
        drop_extension=drop_extension,
        vanity=vanity,
    )
    opened = source if isinstance(source, Source) else open_source(source, encoding=encoding, sheet=sheet)
    try:
        table = read_table(opened, reader, column=column, delimiter=delimiter, fields=fields)
    except BaseException:
        opened.close()
        raise
    return Check(
        table,
        reader,
        own_numbers=frozenset(own_numbers),
        suppressed=suppressed,
        quarantined=quarantined,
        personalised=personalised,
        include_hidden=include_hidden,
        on_progress=on_progress,
        first_bad=first_bad,
    )
