"""Turns a list into a campaign: rows are checked one by one and stored by the thousand, never twice."""

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faxdispatch.campaign.identity import file_hash
from faxdispatch.campaign.judging import Part
from faxdispatch.campaign.leftout import left_out
from faxdispatch.errors import BadInput, Conflict
from faxdispatch.ledger import CHUNK, Campaign, CampaignMedia, CampaignRow, Campaigns, LeftOutRow
from faxdispatch.lists.checking import Check
from faxdispatch.lists.rows import BadRow, LeftOut, Row
from faxdispatch.lists.source import Source, open_source, rows_source
from faxdispatch.lists.summary import Summary
from faxdispatch.states import CampaignState
from faxdispatch.text.wording import counted

if TYPE_CHECKING:
    from faxdispatch.lists.documents import RowDocuments

Rows = Iterable[Mapping[str, Any] | Sequence[Any]]
"""A list in a program: mappings whose keys are the columns, or sequences of cells."""

_LEFT_OUT = ("no_number", "duplicate", "hidden", "opted_out", "suppressed", "quarantined")


@dataclass(frozen=True, slots=True)
class Imported:
    """The result of importing a list.

    `outcome` is `created`, `continued` if the list had been read in part, or `same` if it had been read completely and
    nothing was read now. `summary` counts the rows, `guesses` says how the list was understood.
    """

    campaign: Campaign
    outcome: str
    summary: Summary | None
    guesses: tuple[str, ...]
    bad_rows: Path | None = None
    """The file with the invalid rows, if one was wanted and there are any."""
    left_out: Path | None = None
    """The file with every row that is not faxed, if one was wanted and there are any."""
    links: Mapping[str, int] | None = None
    """How many different links in rows were checked, and how many rows have one that was not."""


@dataclass(frozen=True, slots=True)
class List:
    """A list that can be read, with the hash of its content."""

    name: str
    content: str
    folder: Path | None
    """The file's folder, if the list is a file."""
    open: Callable[[str | None, str | None], Source]
    """Open the list with an encoding and a sheet; None means to guess. Each call starts from the beginning."""


@contextmanager
def the_list(source: Path | str | Rows) -> Iterator[List]:
    """Provide a list: a file, or rows, which are written to a file that exists until the block ends.

    Raises:
        BadInput: the file cannot be read.
    """
    if isinstance(source, (str, Path)):
        path = Path(source)
        yield List(
            path.stem,
            file_hash(path),
            path.parent,
            lambda encoding, sheet: open_source(path, encoding=encoding, sheet=sheet),
        )
        return
    # The rows can be read only once. Their hash must be known before the first row is stored, so that an import can
    # continue.
    with tempfile.TemporaryFile("w+", encoding="utf-8", prefix="faxdispatch-") as spool:
        digest = hashlib.sha256()
        for row in source:
            line = json.dumps(dict(row) if isinstance(row, Mapping) else list(row), ensure_ascii=True, default=str)
            digest.update(line.encode() + b"\n")
            spool.write(f"{line}\n")

        def opened(_encoding: str | None, _sheet: str | None) -> Source:
            spool.seek(0)
            return rows_source(map(json.loads, spool))

        yield List("rows", digest.hexdigest(), None, opened)


def see_unchanged(
    campaign_id: str, rows: Iterable[Row | CampaignRow], documents: "RowDocuments", known: set[str]
) -> None:
    """Check that rows name only files with which their campaign was made.

    Raises:
        Conflict: a file has other content now.
    """
    for row in rows:
        name = row.fields.get("media_name")
        if name in documents.files and name not in known:
            raise Conflict(
                f"campaign {campaign_id}: the document of row {row.row} has changed since it was read; purge the "
                f"campaign and create it again, or use another id"
            )


@dataclass(eq=False)
class Importer:
    """Imports a checked list into a draft."""

    ledger: Campaigns
    campaign_id: str
    on_bad: Callable[[BadRow], None] | None = None
    on_left_out: Callable[[LeftOutRow], None] | None = None

    def __post_init__(self) -> None:
        self._media = CampaignMedia(self.ledger.scripts)

    def run(
        self,
        checking: Check,
        parts: Iterable[Part],
        *,
        operator: str | None = None,
        strict: bool = False,
    ) -> Summary:
        """Read every row; then the campaign is checked. A list that cannot be used leaves no draft.

        `parts` are the rows of `checking`, as returned by `judged`. With `strict`, a list with an invalid row or a row
        without a number cannot be used.

        Raises:
            BadInput: a later part of the list is damaged, or no row can be sent.
            Conflict: the campaign was cancelled or purged meanwhile.
            Unavailable: Redis did not answer; read the same list again, and the import continues.
        """
        try:
            known = {name for name, _ in self._media.all(self.campaign_id)} if checking.documents else set()
            # One chunk is packed and stored while the next one is checked.
            with checking, ThreadPoolExecutor(max_workers=1) as keeping:
                kept: Future[None] | None = None
                for chunk, rows, others in parts:
                    left = [left_out(one) for one in others]
                    self._record_left_out(others, left)
                    ends = checking.documents.take_ends() if checking.documents else {}
                    if kept:
                        kept.result()
                    kept = keeping.submit(self._add, chunk, rows, left, ends, checking.documents, known)
                if kept:
                    kept.result()
            _see_that_there_are_some(checking.summary)
            if strict:
                see_that_all_are_good(checking.summary)
        except BadInput:
            if self.ledger.get(self.campaign_id).state is CampaignState.DRAFT:
                self.ledger.purge(self.campaign_id, operator=operator)
            raise
        summary = checking.summary
        counts = {name: value for name, value in asdict(summary).items() if isinstance(value, int)}
        outcome, state = self.ledger.move(
            self.campaign_id, CampaignState.CHECKED, event="campaign.checked", operator=operator, counts=counts
        )
        if outcome == "no" and state in {CampaignState.DRAFT, CampaignState.CANCELLED}:
            raise self._moved_on()
        return summary

    def _add(
        self,
        chunk: int,
        rows: list[CampaignRow],
        left: list[LeftOutRow],
        ends: Mapping[str, datetime | None],
        documents: "RowDocuments | None",
        known: set[str],
    ) -> None:
        """Add a chunk. `known` are the stored documents of the rows that were read before an interruption."""
        outcome = self.ledger.add_chunk(self.campaign_id, chunk, rows, left, ends)
        if outcome == "no":
            raise self._moved_on()
        if outcome == "same" and documents:
            see_unchanged(self.campaign_id, rows, documents, known)
            self._media.note(self.campaign_id, ends)

    def _record_left_out(self, others: Sequence[BadRow | LeftOut], left: Sequence[LeftOutRow]) -> None:
        if self.on_left_out:
            for row in left:
                self.on_left_out(row)
        if self.on_bad:
            for one in others:
                if isinstance(one, BadRow):
                    self.on_bad(one)

    def _moved_on(self) -> Conflict:
        return Conflict(f"campaign {self.campaign_id}: was cancelled or purged while its list was being read")


def read_through(checking: Check) -> None:
    """Check every row and store none."""
    for _ in checking.batches(CHUNK):
        pass


def see_that_all_are_good(summary: Summary) -> None:
    """Check that every recipient's row is valid and has a number and all fields of its cover.

    Raises:
        BadInput: one is not.
    """
    without = summary.no_number - summary.no_recipient
    if wrong := summary.invalid + without:
        first = f"; the first invalid one, line {summary.bad[0].line}: {summary.bad[0].sentence}" if summary.bad else ""
        raise BadInput(
            f"{wrong:,} of {counted(summary.rows, 'row')} cannot be sent, and with strict no row is sent then: "
            f"{summary.invalid:,} invalid, {without:,} without a number{first}"
        )
    if remarks := summary.remarks():
        raise BadInput(f"with strict, no field may be empty. {'; '.join(remarks)}")


def _see_that_there_are_some(summary: Summary) -> None:
    if summary.valid:
        return
    left_out = {name: getattr(summary, name) for name in _LEFT_OUT}
    why = [f"{summary.invalid} invalid"] if summary.invalid else []
    why += [f"{count} {name.replace('_', ' ')}" for name, count in left_out.items() if count]
    first = f"; the first bad one, line {summary.bad[0].line}: {summary.bad[0].sentence}" if summary.bad else ""
    raise BadInput(f"the list has no row that can be sent: {', '.join(why) or 'no row at all'}{first}")
