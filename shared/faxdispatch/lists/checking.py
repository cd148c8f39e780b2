"""Checking a list of recipients before anything is sent: for each row, whether it is sent and why not."""

import itertools
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from faxdispatch.calling.numbers import NumberPolicy
from faxdispatch.errors import BadInput
from faxdispatch.lists.block import Block
from faxdispatch.lists.cells import CellReader, Verdict, says_its_country
from faxdispatch.lists.countries import is_state
from faxdispatch.lists.duplicates import Duplicates
from faxdispatch.lists.fields import NO_OPTIONS, FieldReader, WrongCell
from faxdispatch.lists.number_column import ColumnReader
from faxdispatch.lists.reading import Reading
from faxdispatch.lists.refusals import Note
from faxdispatch.lists.rows import BadRow, Batch, Judged, LeftOut, Why, left_out
from faxdispatch.lists.source import Source, open_source
from faxdispatch.lists.summary import Summary
from faxdispatch.lists.table import Table, read_table
from faxdispatch.lists.workbook.sheet import STRUCK

if TYPE_CHECKING:
    from faxdispatch.lists.documents import RowDocuments

_BATCH = 1000
"""How many rows are read before the suppression and quarantine lists are asked about all of them together."""

_SHOWN = 120
"""How many characters of a cell are kept to show it."""

_RESTRICTED = {
    Note.TIMES: "{}, says when faxes may come; give the row a window of its own, such as 08:00-17:00, in a column "
    "Window",
    Note.CONDITION: "{}, forbids some faxes; if this fax may be sent, remove the note from the list",
}
_STRENGTH = list(Note)

Stopped = Callable[[list[str]], dict[str, Why]]
"""Returns those of the numbers (E.164) to which no row is sent, and why."""

Progress = Callable[[int, int, int], None]
"""Is called with bytes read, bytes in total, and rows checked."""


@dataclass(eq=False)
class Check:
    """A check of one list. Iterate over it once.

    `summary` is complete once all rows were read, `table` from the beginning. If it may not be read to its end, `close`
    it, or use it in a `with` statement.
    """

    table: Table
    reader: CellReader
    reading: Reading
    restricted: dict[str, Note]
    """Numbers that some row says must not be faxed, or only at some times or under some condition."""
    own_numbers: frozenset[str]
    stopped: Stopped | None
    first_bad: int
    on_progress: Progress | None
    documents: "RowDocuments | None" = None
    """The lookup of documents that rows name; without it, all count as stored at Telnyx."""

    def __post_init__(self) -> None:
        self.summary = Summary()
        self._column = ColumnReader(self.reader)
        self._fields = FieldReader(self.table.fields, self.reader.policy.region)
        self._duplicates = None if self.reading.personalised else Duplicates(self.table.fields)

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
                if self.on_progress:
                    self.on_progress(source.done(), source.total, self.summary.rows)
            if self.on_progress:
                self.on_progress(source.total, source.total, self.summary.rows)

    def refuse(self, batch: Batch, place: int, reason: str) -> BadRow:
        """Turn a row of a batch that can be sent into a bad one, and return it."""
        bad = self._bad(batch, place, None, reason)
        batch.to[place], batch.others[place] = None, bad
        self.summary.refuse(bad, first_bad=self.first_bad)
        return bad

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
        numbers = self._column.read(texts)
        for at, cell in numbers.others.items():
            if at not in others:
                others[at] = (
                    left_out(block, at, Why.NO_NUMBER, "no number")
                    if cell.verdict is Verdict.NONE
                    else self._bad(block, at, places[at], cell.note)
                )
        batch = Batch(block.first, block.lines, block.cells, numbers.to, [], [], others)
        if self.table.fields:
            self._read_fields(batch)
        self._stop(batch)
        if self._duplicates:
            for at, to, row in self._duplicates.of(batch):
                others[at] = left_out(batch, at, Why.DUPLICATE, f"duplicate of row {row}", to)
        for at in others:
            numbers.to[at] = None
        self._count(batch, numbers.facts)
        return batch

    def _count(self, batch: Batch, facts: list[int]) -> None:
        self.summary.add(batch, first_bad=self.first_bad)
        self.summary.own_number += sum(map(self.own_numbers.__contains__, batch.to))
        if any(facts):
            for place, count in Counter(fact for fact, to in zip(facts, batch.to, strict=True) if fact and to).items():
                self.summary.add_facts(self._column.facts[place], count)

    def _aside(self, block: Block) -> "dict[int, BadRow | LeftOut]":
        """Return the rows that are left out, whatever their numbers."""
        others: dict[int, BadRow | LeftOut] = {
            at: left_out(block, at, Why.NO_NUMBER, why) for at, why in block.no_recipients.items()
        }
        self.summary.no_recipient += len(others)
        if not self.reading.include_hidden:
            for at, why in block.hidden.items():
                others.setdefault(at, left_out(block, at, Why.HIDDEN, why))
        said = sorted(self.table.notes_in(block), key=lambda said: _STRENGTH.index(said[1]))
        for at, note, words in said:
            if note is Note.REFUSAL:
                others.setdefault(at, left_out(block, at, Why.OPTED_OUT, f"opted out, {words}"))
            elif at not in others:
                others[at] = self._bad(block, at, None, _RESTRICTED[note].format(words))
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
                    others[at] = left_out(block, at, Why.NO_NUMBER, "no number of a fax machine")
                else:
                    places[at] = place
        for at, flaws in block.flaws.items():
            used = [place for place in (places[at], *table.fields.values()) if place in flaws]
            if self.reading.include_hidden:
                used = [place for place in used if flaws[place] != STRUCK]
            if used and at not in others:
                others[at] = self._flawed(block, at, used[0], flaws[used[0]])
        return places

    def _flawed(self, block: Block, at: int, place: int, flaw: str) -> "BadRow | LeftOut":
        if flaw == STRUCK:
            return left_out(block, at, Why.HIDDEN, f"{self.table.columns[place]}: {flaw}")
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
        code = self.reader.code
        for at, country in self.table.foreign(block, code):
            if at not in others and not says_its_country(texts[at], code) and self.reader.read(texts[at]).number:
                reason = f"has no + and country code, but its recipient is in {country}: write it so"
                if is_state(country):
                    reason += f"; if {country} is a state here, name its column State"
                others[at] = self._bad(block, at, places[at], reason)

    def _read_fields(self, batch: Batch) -> None:
        """Read the rows' own options."""
        reader, others = self._fields, batch.others
        batch.said, batch.references = [NO_OPTIONS] * len(batch.to), [None] * len(batch.to)
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
        if self.restricted:
            self._leave_out_restricted(batch)
        if self.stopped:
            numbers = list({to: None for at, to in enumerate(batch.to) if to and at not in batch.others})
            stopped = self.stopped(numbers) if numbers else {}
            for at, to in enumerate(batch.to if stopped else ()):
                if to in stopped and at not in batch.others:
                    batch.others[at] = left_out(batch, at, stopped[to], stopped[to].value, to)
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
            if to not in self.restricted or at in batch.others:
                continue
            note = self.restricted[to]
            if note is Note.REFUSAL:
                batch.others[at] = left_out(batch, at, Why.OPTED_OUT, "opted out, by another row", to)
            elif not (note is Note.TIMES and self.table.has_window(batch.cells[at])):
                batch.others[at] = self._bad(batch, at, None, _RESTRICTED[note].format("another row with this number"))

    def _bad(self, of: Block | Batch, at: int, column: int | None, reason: str) -> BadRow:
        cells = tuple(of.cells[at])
        value = self.table.delimiter.join(cells) if column is None else cells[column]
        name = "" if column is None else self.table.columns[column]
        shown = value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…"
        return BadRow(of.first + at, of.lines[at], name, shown, reason, cells)


def check(
    source: Path | str | Callable[[], Source],
    reading: Reading | None = None,
    *,
    policy: NumberPolicy,
    own_numbers: Collection[str] = (),
    stopped: Stopped | None = None,
    first_bad: int = 20,
    on_progress: Progress | None = None,
) -> Check:
    """Open a list and find out its shape; the result checks its rows one after the other.

    `source` is a file, or opens a list; each time from its beginning. A list in which something may say who must not be
    faxed is looked through before its first row is judged: a number that one row stops is left out of all rows.

    `policy` says where faxes may go. `stopped` is asked about some thousand numbers at a time. The summary keeps the
    `first_bad` first invalid rows.

    Rows that a spreadsheet hides or strikes through are left out unless `reading` includes them. Several rows with one
    number are kept if they send different things, or all of them if it is `personalised`. Otherwise the first one is
    sent, and the others are duplicates of it. A reference makes no difference: it is not sent.

    Raises:
        BadInput: the file cannot be read, its kind is not supported, or its columns cannot be determined.
    """
    reading = reading or Reading()
    policy = replace(policy, region=reading.region) if reading.region else policy
    reader = CellReader(policy, drop_extension=reading.drop_extension)

    def opened() -> Table:
        made = source() if callable(source) else open_source(source, encoding=reading.encoding, sheet=reading.sheet)
        try:
            return read_table(made, reader, reading)
        except BaseException:
            made.close()
            raise

    table, restricted = _with_restricted(opened, reader)
    return Check(table, reader, reading, restricted, frozenset(own_numbers), stopped, first_bad, on_progress)


def _with_restricted(opened: Callable[[], Table], reader: CellReader) -> tuple[Table, dict[str, Note]]:
    """Return a list that is still to be read, and the numbers to which some row restricts faxes."""
    table, restricted = opened(), dict[str, Note]()
    is_noted = bool(table.refusals)
    with ExitStack() as stack:
        stack.callback(table.source.close)
        for block in table.may_refuse():
            said = list(table.notes_in(block))
            is_noted = is_noted or bool(said)
            for number, note in table.restricted_numbers(block, said, reader):
                restricted[number] = min(note, restricted.get(number, note), key=_STRENGTH.index)
            if heading := table.heading_of_refusals(block, said):
                raise BadInput(
                    f"{table.source.name}: line {heading[0]} says {heading[1]!r} and names nobody, so it is unclear "
                    "who must not be faxed: remove the line and these recipients, or mark each of them in a column Do "
                    "Not Fax"
                )
        if table.is_unread:
            stack.pop_all()
    table = table if table.is_unread else opened()
    if not is_noted:
        # They need not be looked through again.
        table.notes = ()
    return table, restricted
