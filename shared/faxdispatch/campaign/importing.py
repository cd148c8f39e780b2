"""From a list to a campaign: rows are checked one after the other and kept by the thousand; again is not twice."""

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from faxdispatch.campaign.identity import file_hash
from faxdispatch.campaign.leftout import left_out
from faxdispatch.campaign.requests import RowRequests
from faxdispatch.errors import BadInput, Conflict, InvalidJob
from faxdispatch.ledger import CHUNK, Campaign, CampaignRow, Campaigns, LeftOutRow
from faxdispatch.lists.checking import BadRow, Check, LeftOut, Row, Summary
from faxdispatch.lists.shape import Columns
from faxdispatch.lists.source import Source, open_source, rows_source
from faxdispatch.states import CampaignState

Rows = Iterable[Mapping[str, Any] | Sequence[Any]]
"""A list that a program has: mappings, whose keys are the columns, or sequences of cells."""

_SHOWN = 20
_LEFT_OUT = ("no_number", "duplicate", "hidden", "opted_out", "suppressed", "quarantined")


@dataclass(frozen=True, slots=True)
class Reading:
    """How a list is to be read; what is None is guessed. The fields are those of `checking.check`."""

    column: str | int | None = None
    region: str | None = None
    delimiter: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    fields: Columns | None = None
    personalised: bool = False
    drop_extension: bool = False
    include_hidden: bool = False

    def as_data(self) -> dict[str, Any]:
        """Give what is told, by name."""
        return {field.name: value for field in fields(self) if (value := getattr(self, field.name))}


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a list.

    `outcome` is `created`; `continued` where it had been read in part; `same` where it had been read to its end, and
    nothing was read now. `summary` counts the rows, `guesses` says how the list was understood.
    """

    campaign: Campaign
    outcome: str
    summary: Summary | None
    guesses: tuple[str, ...]
    bad_rows: Path | None = None
    """The file with the invalid rows, where one was wanted and there are any."""
    left_out: Path | None = None
    """The file with every row that is not faxed, where one was wanted and there are any."""


@dataclass(frozen=True, slots=True)
class List:
    """A list that can be read, with the hash of its content."""

    name: str
    content: str
    open: Callable[[str | None, str | None], Source]
    """Open it with an encoding and a sheet, None for those that are guessed; again gives it from its beginning."""


@contextmanager
def the_list(source: Path | str | Rows) -> Iterator[List]:
    """Have a list at hand: a file, or rows, which are put into a file for as long as the block lasts.

    Raises:
        BadInput: the file cannot be read.
    """
    if isinstance(source, (str, Path)):
        path = Path(source)
        yield List(
            path.stem, file_hash(path), lambda encoding, sheet: open_source(path, encoding=encoding, sheet=sheet)
        )
        return
    # Rows come once. Their hash must be known before the first of them is kept, so that an import can go on.
    with tempfile.TemporaryFile("w+", encoding="utf-8", prefix="faxdispatch-") as spool:
        digest = hashlib.sha256()
        for row in source:
            line = json.dumps(dict(row) if isinstance(row, Mapping) else list(row), ensure_ascii=True, default=str)
            digest.update(line.encode() + b"\n")
            spool.write(f"{line}\n")

        def opened(_encoding: str | None, _sheet: str | None) -> Source:
            spool.seek(0)
            return rows_source(map(json.loads, spool))

        yield List("rows", digest.hexdigest(), opened)


class Importer:
    """Reads a checked list into a draft."""

    def __init__(
        self,
        ledger: Campaigns,
        campaign_id: str,
        requests: RowRequests,
        *,
        on_bad: Callable[[BadRow], None] | None = None,
        on_left_out: Callable[[LeftOutRow], None] | None = None,
    ) -> None:
        self._ledger = ledger
        self._id = campaign_id
        self._requests = requests
        self._on_bad = on_bad
        self._on_left_out = on_left_out

    def run(self, checking: Check, *, operator: str | None = None) -> Summary:
        """Read every row; then the campaign is checked. A list that cannot be used leaves no draft behind.

        Raises:
            BadInput: the list is damaged further on, or has no row that can be sent.
            Conflict: the campaign was cancelled or purged meanwhile.
            Unavailable: Redis did not answer; read the same list again, and it goes on.
        """
        try:
            with checking:
                for chunk, rows, left in self._chunks(checking):
                    if self._ledger.add_chunk(self._id, chunk, rows, left) == "no":
                        raise self._moved_on()
            _see_that_there_are_some(checking.summary)
        except BadInput:
            if self._ledger.get(self._id).state is CampaignState.DRAFT:
                self._ledger.purge(self._id, operator=operator)
            raise
        summary = checking.summary
        counts = {name: value for name, value in asdict(summary).items() if isinstance(value, int)}
        outcome, state = self._ledger.move(
            self._id, CampaignState.CHECKED, event="campaign.checked", operator=operator, counts=counts
        )
        if outcome == "no" and state in {CampaignState.DRAFT, CampaignState.CANCELLED}:
            raise self._moved_on()
        return summary

    def _chunks(self, checking: Check) -> Iterator[tuple[int, list[CampaignRow], list[LeftOutRow]]]:
        chunk, rows, left = 0, list[CampaignRow](), list[LeftOutRow]()
        for found in checking:
            row = self._row(checking.summary, found) if isinstance(found, Row) else found
            if (row.row - 1) // CHUNK != chunk:
                if rows or left:
                    yield chunk, rows, left
                chunk, rows, left = (row.row - 1) // CHUNK, [], []
            if isinstance(row, CampaignRow):
                rows.append(row)
            else:
                left.append(left_out(row))
                self._tell(row, left[-1])
        if rows or left:
            yield chunk, rows, left

    def _tell(self, found: BadRow | LeftOut, row: LeftOutRow) -> None:
        if self._on_left_out:
            self._on_left_out(row)
        if self._on_bad and isinstance(found, BadRow):
            self._on_bad(found)

    def _row(self, summary: Summary, row: Row) -> CampaignRow | BadRow:
        try:
            told = self._requests.fields(row.to, row.fields)
        except InvalidJob as problem:
            bad = BadRow(row.row, row.line, "", "", str(problem), row.cells)
            summary.valid -= 1
            summary.invalid += 1
            if len(summary.bad) < _SHOWN:
                summary.bad.append(bad)
            return bad
        return CampaignRow(row.row, row.to, told, row.cells, row.line)

    def _moved_on(self) -> Conflict:
        return Conflict(f"campaign {self._id}: was cancelled or purged while its list was read in")


def _see_that_there_are_some(summary: Summary) -> None:
    if summary.valid:
        return
    left_out = {name: getattr(summary, name) for name in _LEFT_OUT}
    why = [f"{summary.invalid} invalid"] if summary.invalid else []
    why += [f"{count} {name.replace('_', ' ')}" for name, count in left_out.items() if count]
    first = f"; the first bad one, line {summary.bad[0].line}: {summary.bad[0].reason}" if summary.bad else ""
    raise BadInput(f"the list has no row that can be sent: {', '.join(why) or 'no row at all'}{first}")
