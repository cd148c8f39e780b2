"""Check a list of recipients before anything is sent: each row once, with what is to become of it and why."""

import hashlib
import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from enum import StrEnum
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

_NOT_SENT = {"reference", "document_name"}
"""What a row says for itself that its recipient does not get."""

Asked = Callable[[list[str]], set[str]]
"""Gives those of the numbers (E.164) that are on a list."""

Progress = Callable[[int, int, int], None]
"""Is told bytes read, bytes in all, and rows checked."""


class Row(NamedTuple):
    """A row that can be sent.

    `fields` are those of `read_field`. `note` says what was taken off the number's cell. `toll_free`, `foreign` (the
    country, None at home), `own` (one of our own numbers: the fax would come back to us), `unconfirmed` (of a range
    that no list knows) and `shared_cost` are facts to warn about.
    """

    row: int
    line: int
    to: str
    fields: dict[str, Any]
    cells: tuple[str, ...]
    note: str = ""
    toll_free: bool = False
    foreign: str | None = None
    own: bool = False
    unconfirmed: bool = False
    shared_cost: bool = False


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

    def close(self) -> None:
        """Close the file."""
        self.table.source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Row | BadRow | LeftOut]:
        """Give what becomes of each row, in their order.

        Raises:
            BadInput: the file is damaged further on.
        """
        source = self.table.source
        with closing(source):
            lines = self.table.lines()
            while batch := list(itertools.islice(lines, _BATCH)):
                read = [self._read(line) for line in batch]
                numbers = list({row.to for row in read if isinstance(row, Row)})
                suppressed = self._suppressed(numbers) if self._suppressed and numbers else set()
                quarantined = self._quarantined(numbers) if self._quarantined and numbers else set()
                if self.documents:
                    stopped = suppressed | quarantined
                    rows = (row for row in read if isinstance(row, Row) and row.to not in stopped)
                    self.documents.look_at(row.fields for row in rows)
                for row in read:
                    judged = self._judged(row, suppressed, quarantined) if isinstance(row, Row) else row
                    self._count(judged)
                    yield judged
                if self._on_progress:
                    self._on_progress(source.done(), source.total, self.summary.rows)
            if self._on_progress:
                self._on_progress(source.total, source.total, self.summary.rows)

    def refuse(self, row: Row, reason: str) -> BadRow:
        """Count a row that was given as one that can be sent as a bad one after all."""
        bad = self._bad(row, None, reason)
        self.summary.valid -= 1
        self._count_bad(bad)
        return bad

    def _read(self, line: Line) -> Row | BadRow | LeftOut:
        if (left_out := self._left_out(line)) is not None:
            return left_out
        if line.problem:
            return self._bad(line, None, line.problem)
        cells, number = line.cells, self.table.number_place(line.cells)
        if number is None:
            return LeftOut(line.row, line.line, Why.NO_NUMBER, "no number of a fax machine", None, cells)
        if self.table.may_be_flawed and Flawed in map(type, cells) and (flawed := self._flawed(line, number)):
            return flawed
        cell = self._reader.read(cells[number])
        if cell.verdict is Verdict.NONE:
            return LeftOut(line.row, line.line, Why.NO_NUMBER, "no number", None, cells)
        if cell.number is None:
            return self._bad(line, number, cell.note)
        fields: dict[str, Any] = {}
        for name, place in self.table.fields.items():
            try:
                fields.update(read_field(name, cells[place], self._reader.policy.region))
            except ValueError as problem:
                return self._bad(line, place, str(problem))
        return self._row(line, cell, cell.number, fields)

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

    def _row(self, line: Line, cell: Cell, number: str, fields: dict[str, Any]) -> Row:
        own = number in self._own
        return Row(
            line.row, line.line, number, fields, line.cells,
            cell.note, cell.toll_free, cell.foreign, own, cell.unconfirmed, cell.shared_cost,
        )  # fmt: skip

    def _bad(self, line: Line | Row, place: int | None, reason: str) -> BadRow:
        value = self.table.delimiter.join(line.cells) if place is None else line.cells[place]
        column = "" if place is None else self.table.columns[place]
        shown = value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…"
        return BadRow(line.row, line.line, column, shown, reason, line.cells)

    def _judged(self, row: Row, suppressed: set[str], quarantined: set[str]) -> Row | BadRow | LeftOut:
        for why, numbers in ((Why.SUPPRESSED, suppressed), (Why.QUARANTINED, quarantined)):
            if row.to in numbers:
                return LeftOut(row.row, row.line, why, why.value, row.to, row.cells)
        if self.documents:
            try:
                row = row._replace(fields=dict(self.documents.of(row.fields)))
            except ValueError as problem:
                return self._bad(row, self.table.fields["media"], str(problem))
        first = None if self._personalised else self._first(row)
        if first is not None:
            return LeftOut(row.row, row.line, Why.DUPLICATE, f"duplicate of row {first}", row.to, row.cells)
        return row

    def _first(self, row: Row) -> int | None:
        """Give the row that had the same number and would send the same; None, and remember it, if there is none."""
        if row.fields.keys() <= _NOT_SENT and row.to[0] == "+":
            return self._seen.first(int(row.to), row.row)
        sent = {name: value for name, value in row.fields.items() if name not in _NOT_SENT}
        what = json.dumps([row.to, sent], sort_keys=True).encode()
        return self._seen.first(int.from_bytes(hashlib.blake2b(what, digest_size=16).digest()) or 1, row.row)

    def _count(self, row: Row | BadRow | LeftOut) -> None:
        summary = self.summary
        summary.rows += 1
        if isinstance(row, Row):
            summary.valid += 1
            summary.toll_free += row.toll_free
            summary.own_number += row.own
            summary.unconfirmed += row.unconfirmed
            summary.shared_cost += row.shared_cost
            if row.foreign:
                summary.foreign += 1
                summary.countries[row.foreign] = summary.countries.get(row.foreign, 0) + 1
        elif isinstance(row, BadRow):
            self._count_bad(row)
        elif row.why is Why.NO_NUMBER:
            summary.no_number += 1
        elif row.why is Why.DUPLICATE:
            summary.duplicate += 1
        elif row.why is Why.SUPPRESSED:
            summary.suppressed += 1
        elif row.why is Why.HIDDEN:
            summary.hidden += 1
        elif row.why is Why.OPTED_OUT:
            summary.opted_out += 1
        else:
            summary.quarantined += 1

    def _count_bad(self, row: BadRow) -> None:
        self.summary.invalid += 1
        if len(self.summary.bad) < self._first_bad:
            self.summary.bad.append(row)


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
