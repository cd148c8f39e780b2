"""Checking a list of recipients before anything is sent: for each row, whether it is sent and why not."""

import hashlib
import itertools
import json
from bisect import insort
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from enum import StrEnum
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from faxdispatch.calling.numbers import NumberPolicy
from faxdispatch.lists.block import Block
from faxdispatch.lists.cells import CellReader, Facts, Verdict, says_its_country
from faxdispatch.lists.fields import FieldReader, RowSaid, WrongCell
from faxdispatch.lists.refusals import Note
from faxdispatch.lists.seen import Seen
from faxdispatch.lists.shape import Columns
from faxdispatch.lists.source import Source, open_source
from faxdispatch.lists.table import Table, read_table
from faxdispatch.lists.workbook.sheet import STRUCK
from faxdispatch.text.wording import counted

if TYPE_CHECKING:
    from faxdispatch.lists.documents import RowDocuments

_BATCH = 1000
"""How many rows are read before the suppression and quarantine lists are asked about all of them together."""

_SHOWN = 120
"""How many characters of a cell are kept to show it."""

_AT_TIMES = "{}, says when faxes may come; give the row a window of its own, such as 08:00-17:00, in a column Window"

_NOTHING: RowSaid = {}
"""The options of most rows: none."""
_MOST_DIGESTS = 10_000
"""How many different contents of rows have a remembered digest."""

_NOT_SENT = {"reference", "document_name"}
"""Options of a row that its recipient does not see."""

Asked = Callable[[list[str]], set[str]]
"""Returns those of the numbers (E.164) that are on a list."""

Progress = Callable[[int, int, int], None]
"""Is called with bytes read, bytes in total, and rows checked."""


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
        if not self.column:
            return self.reason
        if self.reason.startswith(("is ", "has ", "lacks ")):
            return f"the cell in column {self.column} {self.reason}"
        return f"column {self.column}: {self.reason}"

    def __str__(self) -> str:
        # The value is written as Python would, so that no cell can control the terminal.
        return f"line {self.line}, {self.value!r}: {self.sentence}"


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
    """A row that is left out but not wrong. `reason` is `why` in words, such as `duplicate of row 7`."""

    row: int
    line: int
    why: Why
    reason: str
    to: str | None
    cells: tuple[str, ...]


Judged = Row | BadRow | LeftOut
"""What becomes of a row."""


@dataclass(slots=True)
class Batch:
    """What becomes of consecutive rows, by column.

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


@dataclass
class Summary:
    """Counts of rows. The first nine count different rows; those from `toll_free` on count valid ones."""

    rows: int = 0
    valid: int = 0
    invalid: int = 0
    no_number: int = 0
    duplicate: int = 0
    suppressed: int = 0
    quarantined: int = 0
    hidden: int = 0
    opted_out: int = 0
    no_recipient: int = 0
    """Rows among `no_number` that are not recipients, such as footers and repeated headers."""
    toll_free: int = 0
    foreign: int = 0
    own_number: int = 0
    unconfirmed: int = 0
    """Possible numbers in ranges that no list knows, such as those of new area codes."""
    shared_cost: int = 0
    countries: dict[str, int] = field(default_factory=dict)
    """Foreign numbers: country to count."""
    bad: list[BadRow] = field(default_factory=list)
    """The first invalid ones."""

    empty_fields: dict[str, "EmptyField"] = field(default_factory=dict)
    """Fields of the cover that print nothing for some valid rows."""

    def remarks(self) -> list[str]:
        """Say which fields of the cover print nothing, and for how many rows."""
        return [
            f"cover: {{{name}}} is empty in {counted(empty.rows, 'row')}, first in line {empty.first_line}; "
            f"{{{name}|other words}} would print those words there"
            for name, empty in self.empty_fields.items()
        ]


class EmptyField(NamedTuple):
    """In how many rows a field of the cover is empty, and in which line first."""

    rows: int
    first_line: int


class Check:
    """A check of one list. Iterate over it once.

    `summary` is complete once all rows were read, `table` from the beginning. If it may not be read to its end, `close`
    it, or use it in a `with` statement.
    """

    def __init__(self, table: Table, reader: CellReader, **options: Any) -> None:
        self.table = table
        self.summary = Summary()
        self.documents: RowDocuments | None = None
        """The lookup of documents that rows name; without it, all count as stored at Telnyx."""
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
        self._restricted: dict[str, Note] = options["restricted"]
        """Numbers that some row says must not be faxed, or only at some times."""
        self._fields = FieldReader(table.fields, reader.policy.region)
        self._digests: dict[int, tuple[RowSaid, int]] = {}

    def close(self) -> None:
        """Close the file."""
        self.table.source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Judged]:
        """Return what becomes of each row, in their order.

        Raises:
            BadInput: a later part of the file is damaged.
        """
        return itertools.chain.from_iterable(batch.rows() for batch in self.batches(_BATCH))

    def batches(self, size: int) -> Iterator[Batch]:
        """Yield what becomes of the rows, in their order, this many at a time.

        Raises:
            BadInput: a later part of the file is damaged.
        """
        source = self.table.source
        with closing(source):
            for block in self.table.batches(size):
                yield self._judged(block)
                if self._on_progress:
                    self._on_progress(source.done(), source.total, self.summary.rows)
            if self._on_progress:
                self._on_progress(source.total, source.total, self.summary.rows)

    def refuse(self, batch: Batch, place: int, reason: str) -> BadRow:
        """Turn a row of a batch that can be sent into a bad one, and return it."""
        bad = self._bad(batch, place, None, reason)
        batch.to[place], batch.others[place] = None, bad
        self.summary.valid -= 1
        self.summary.invalid += 1
        insort(self.summary.bad, bad, key=itemgetter(0))
        del self.summary.bad[self._first_bad :]
        return bad

    def note_empty(self, name: str, line: int) -> None:
        """Count a row that can be sent and that has nothing for a field of the cover."""
        known = self.summary.empty_fields.get(name, EmptyField(0, line))
        self.summary.empty_fields[name] = known._replace(rows=known.rows + 1)

    def _judged(self, block: Block) -> Batch:
        """Return what becomes of rows."""
        others = self._aside(block)
        places = self._places(block, others)
        texts = [
            "" if at in others else row[place] for at, (row, place) in enumerate(zip(block.cells, places, strict=True))
        ]
        if self.table.kinds:
            self._choose_by_kind(block, places, texts, others)
        self._see_countries(block, places, texts, others)
        numbers = self._reader.read_all(texts)
        for at, cell in numbers.others.items():
            if at not in others:
                others[at] = (
                    _left_out(block, at, Why.NO_NUMBER, "no number")
                    if cell.verdict is Verdict.NONE
                    else self._bad(block, at, places[at], cell.note)
                )
        batch = Batch(block.first, block.lines, block.cells, numbers.to, [], [], others)
        if self.table.fields:
            self._read_fields(batch)
        self._stop(batch)
        if not self._personalised:
            self._leave_out_duplicates(batch)
        for at in others:
            numbers.to[at] = None
        self._count(batch, numbers.facts)
        return batch

    def _aside(self, block: Block) -> "dict[int, BadRow | LeftOut]":
        """Return the rows that are left out, whatever their numbers."""
        others: dict[int, BadRow | LeftOut] = {
            at: _left_out(block, at, Why.NO_NUMBER, why) for at, why in block.no_recipients.items()
        }
        self.summary.no_recipient += len(others)
        if not self._include_hidden:
            for at, why in block.hidden.items():
                others.setdefault(at, _left_out(block, at, Why.HIDDEN, why))
        said = sorted(self.table.notes_in(block), key=lambda said: said[1] is Note.TIMES)
        for at, note, words in said:
            if note is Note.REFUSAL:
                others.setdefault(at, _left_out(block, at, Why.OPTED_OUT, f"opted out, {words}"))
            elif at not in others:
                others[at] = self._bad(block, at, None, _AT_TIMES.format(words))
        for at, problem in block.problems.items():
            if at not in others:
                others[at] = self._bad(block, at, None, problem)
        return others

    def _places(self, block: Block, others: "dict[int, BadRow | LeftOut]") -> Sequence[int]:
        """Return the column with each row's fax number; rows without one, or with an unreadable cell, go aside."""
        table = self.table
        places = [table.number_column] * len(block)
        if table.kinds:
            for at, row in enumerate(block.cells):
                if at in others:
                    continue
                if (place := table.number_place(row)) is None:
                    others[at] = _left_out(block, at, Why.NO_NUMBER, "no number of a fax machine")
                else:
                    places[at] = place
        for at, flaws in block.flaws.items():
            used = [place for place in (places[at], *table.fields.values()) if place in flaws]
            if self._include_hidden:
                used = [place for place in used if flaws[place] != STRUCK]
            if used and at not in others:
                others[at] = self._flawed(block, at, used[0], flaws[used[0]])
        return places

    def _flawed(self, block: Block, at: int, place: int, flaw: str) -> "BadRow | LeftOut":
        if flaw == STRUCK:
            return _left_out(block, at, Why.HIDDEN, f"{self.table.columns[place]}: {flaw}")
        return self._bad(block, at, place, flaw)

    def _choose_by_kind(
        self, block: Block, places: Sequence[int], texts: list[str], others: "dict[int, BadRow | LeftOut]"
    ) -> None:
        """In cells with several numbers, keep those of fax machines."""
        for at, place in enumerate(places):
            if at not in others:
                try:
                    texts[at] = self.table.number_text(block.cells[at], place)
                except ValueError as problem:
                    others[at] = self._bad(block, at, place, str(problem))

    def _see_countries(
        self, block: Block, places: Sequence[int], texts: Sequence[str], others: "dict[int, BadRow | LeftOut]"
    ) -> None:
        """Refuse numbers without `+` of recipients in another country: as numbers of ours they may be a stranger's."""
        code = self._reader.code
        for at, country in self.table.foreign(block, code):
            if at not in others and not says_its_country(texts[at], code) and self._reader.read(texts[at]).number:
                others[at] = self._bad(
                    block, at, places[at], f"has no + and country code, but its recipient is in {country}: write it so"
                )

    def _read_fields(self, batch: Batch) -> None:
        """Read the rows' own options."""
        reader, others = self._fields, batch.others
        batch.said, batch.references = [_NOTHING] * len(batch.to), [None] * len(batch.to)
        if (references := reader.references(batch.cells)) is not None:
            batch.references = references
            if reader.reads_nothing_else:
                return
        for at, cells in enumerate(batch.cells):
            if at not in others:
                try:
                    batch.said[at] = reader.said(cells)
                    if references is None:
                        batch.references[at] = reader.reference(cells)
                except WrongCell as problem:
                    others[at] = self._bad(batch, at, problem.place, str(problem))

    def _stop(self, batch: Batch) -> None:
        """Leave out the rows whose number another row or a list stops, and those whose document cannot be sent."""
        if self._restricted:
            self._leave_out_restricted(batch)
        if stopped := self._stopped(batch):
            for at, to in enumerate(batch.to):
                if to in stopped and at not in batch.others:
                    batch.others[at] = _left_out(batch, at, stopped[to], stopped[to].value, to)
        if self.documents:
            self.documents.look_at(said for at, said in enumerate(batch.said) if at not in batch.others)
            for at, said in enumerate(batch.said):
                if at not in batch.others:
                    try:
                        batch.said[at] = self.documents.of(said)
                    except ValueError as problem:
                        batch.others[at] = self._bad(batch, at, self.table.fields["media"], str(problem))

    def _leave_out_restricted(self, batch: Batch) -> None:
        for at, to in enumerate(batch.to):
            if to not in self._restricted or at in batch.others:
                continue
            if self._restricted[to] is Note.REFUSAL:
                batch.others[at] = _left_out(batch, at, Why.OPTED_OUT, "opted out, by another row", to)
            elif not self.table.has_window(batch.cells[at]):
                batch.others[at] = self._bad(batch, at, None, _AT_TIMES.format("another row with this number"))

    def _stopped(self, batch: Batch) -> dict[str, Why]:
        """Return the numbers of a batch that are on a list."""
        lists = [(Why.QUARANTINED, self._quarantined), (Why.SUPPRESSED, self._suppressed)]
        if not any(asked for _, asked in lists):
            return {}
        numbers = list({to: None for at, to in enumerate(batch.to) if to and at not in batch.others})
        return {to: why for why, asked in lists if asked and numbers for to in asked(numbers)}

    def _leave_out_duplicates(self, batch: Batch) -> None:
        others = batch.others
        places = [at for at in range(len(batch.to)) if at not in others] if others else range(len(batch.to))
        numbers = [to for to in map(batch.to.__getitem__, places) if to]
        try:
            keys = list(map(int, numbers)) if self._sends_the_same else None
        except ValueError:
            # A SIP URI is among them.
            keys = None
        if keys is None:
            keys = [
                self._key(to, batch.said[at] if batch.said else _NOTHING)
                for at, to in zip(places, numbers, strict=True)
            ]
        firsts = self._seen.firsts(keys, [batch.first + at for at in places])
        if any(firsts):
            for at, to, row in zip(places, numbers, firsts, strict=True):
                if row:
                    others[at] = _left_out(batch, at, Why.DUPLICATE, f"duplicate of row {row}", to)

    def _key(self, to: str, said: RowSaid) -> int:
        """Return a key that is the same for rows with the same number and the same content."""
        digest = self._digest(said)
        if to[0] == "+":
            return int(to) | digest << 64
        return int.from_bytes(hashlib.blake2b(f"{digest} {to}".encode(), digest_size=16).digest()) or 1

    def _digest(self, said: RowSaid) -> int:
        """Return 64 bits for what a row sends besides the document for all; 0 if that is nothing."""
        if not said:
            return 0
        # The cache keeps a reference to these objects, so that no other object can take over their ids.
        known = self._digests.get(id(said))
        if known is None:
            sent = {name: value for name, value in said.items() if name not in _NOT_SENT}
            encoded = json.dumps(sent, sort_keys=True).encode()
            known = (said, int.from_bytes(hashlib.blake2b(encoded, digest_size=8).digest()) if sent else 0)
            if len(self._digests) >= _MOST_DIGESTS:
                self._digests.clear()
            self._digests[id(said)] = known
        return known[1]

    def _count(self, batch: Batch, facts: list[int]) -> None:
        summary, others = self.summary, batch.others
        summary.rows += len(batch.to)
        summary.valid += len(batch.to) - len(others)
        summary.own_number += sum(map(self._own.__contains__, batch.to))
        if any(facts):
            for place, count in Counter(fact for fact, to in zip(facts, batch.to, strict=True) if fact and to).items():
                self._count_facts(self._reader.facts[place], count)
        for _, row in sorted(others.items()):
            if isinstance(row, BadRow):
                summary.invalid += 1
                if len(summary.bad) < self._first_bad:
                    summary.bad.append(row)
            else:
                name = row.why.name.lower()
                setattr(summary, name, getattr(summary, name) + 1)

    def _count_facts(self, facts: Facts, count: int) -> None:
        summary = self.summary
        summary.toll_free += count * facts.toll_free
        summary.unconfirmed += count * facts.unconfirmed
        summary.shared_cost += count * facts.shared_cost
        if facts.foreign:
            summary.foreign += count
            summary.countries[facts.foreign] = summary.countries.get(facts.foreign, 0) + count

    def _bad(self, of: Block | Batch, at: int, column: int | None, reason: str) -> BadRow:
        cells = tuple(of.cells[at])
        value = self.table.delimiter.join(cells) if column is None else cells[column]
        name = "" if column is None else self.table.columns[column]
        shown = value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…"
        return BadRow(of.first + at, of.lines[at], name, shown, reason, cells)


def _left_out(of: Block | Batch, at: int, why: Why, reason: str, to: str | None = None) -> LeftOut:
    return LeftOut(of.first + at, of.lines[at], why, reason, to, tuple(of.cells[at]))


def check(
    source: Path | str | Callable[[], Source],
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
    """Open a list and find out its shape; the result checks its rows one after the other.

    `source` is a file, or opens a list; each time from its beginning. A list in which something may say who must not be
    faxed is read twice: a number that one row stops is left out of all rows.

    `policy` says where faxes may go, and `region` (ISO 3166) overrides its country of numbers without `+`. `column`,
    `delimiter`, `encoding`, `sheet` and `fields` override guesses, see `read_table` and `open_source`. `suppressed` and
    `quarantined` are asked about some thousand numbers at a time; None means no check.

    Rows that a spreadsheet hides or strikes through are left out unless `include_hidden`.

    Several rows with one number are kept if they send different things, or all of them if `personalised`. Otherwise the
    first one is sent, and the others are duplicates of it. A reference makes no difference: it is not sent.

    Raises:
        BadInput: the file cannot be read, its kind is not supported, or its columns cannot be determined.
    """
    reader = CellReader(
        replace(policy, region=region) if region else policy,
        area_code=area_code,
        drop_extension=drop_extension,
        vanity=vanity,
    )

    def opened() -> Table:
        made = source() if callable(source) else open_source(source, encoding=encoding, sheet=sheet)
        try:
            return read_table(made, reader, column=column, delimiter=delimiter, fields=fields)
        except BaseException:
            made.close()
            raise

    table, restricted = _with_restricted(opened, reader)
    return Check(
        table,
        reader,
        restricted=restricted,
        own_numbers=frozenset(own_numbers),
        suppressed=suppressed,
        quarantined=quarantined,
        personalised=personalised,
        include_hidden=include_hidden,
        on_progress=on_progress,
        first_bad=first_bad,
    )


def _with_restricted(opened: Callable[[], Table], reader: CellReader) -> tuple[Table, dict[str, Note]]:
    """Return a list that is still to be read, and the numbers to which some row restricts faxes."""
    table, restricted = opened(), dict[str, Note]()
    is_noted = bool(table.refusals)
    with ExitStack() as stack:
        stack.callback(table.source.close)
        for block in table.may_refuse():
            is_noted = is_noted or any(table.notes_in(block))
            for number, note in table.restricted_numbers(block, reader):
                if restricted.get(number) is not Note.REFUSAL:
                    restricted[number] = note
        if table.is_unread:
            stack.pop_all()
    table = table if table.is_unread else opened()
    if not is_noted:
        # They need not be looked through again.
        table.notes = ()
    return table, restricted
