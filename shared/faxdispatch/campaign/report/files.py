"""A campaign's report as files: its list with the result of each row, and a page for people.

The rows are read once, a block at a time, however many there are.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from faxdispatch.campaign.causes import in_words
from faxdispatch.campaign.leftout import ADDED as LEFT_OUT
from faxdispatch.campaign.leftout import line as left_out_line
from faxdispatch.campaign.report.page import page
from faxdispatch.campaign.report.totals import RESULTS, Totals
from faxdispatch.campaign.report.tries import Tries
from faxdispatch.errors import BadInput
from faxdispatch.ledger import Campaign, Campaigns, ListedRow, RowResult
from faxdispatch.ledger.campaign import CANCELLED, DELIVERED, FAILED, OPENED, PENDING, SUPPRESSED
from faxdispatch.lists.badrows import beside, create, safe_cell, safe_writer

ADDED = (
    "row", "number dialled", "sender", "document", "result", "attempts", "tried at (UTC)", "pages", "seconds", "cost",
    "ended at (UTC)", "cause", "cause in words", "fax id", "generation",
)  # fmt: skip
"""The columns after those of the list. If the list already has a column of that name, it is called `fax …`."""

_KINDS = {DELIVERED: "delivered", FAILED: "failed", CANCELLED: "failed", SUPPRESSED: "failed"} | dict.fromkeys(
    (OPENED, PENDING), "open"
)
_EVERY = 1000

Progress = Callable[[int, int], None]
"""Called with the number of rows written, and the number of all rows."""


@dataclass(frozen=True, slots=True)
class Report:
    """A report that was written. `files` are by kind: `left_out`, `delivered`, `failed`, `open` and `page`."""

    campaign: Campaign
    totals: Totals
    files: dict[str, Path]

    def as_data(self) -> dict[str, Any]:
        """Return it for programs."""
        totals = self.totals
        return {
            "campaign_id": self.campaign.id,
            "state": self.campaign.state,
            "rows": totals.rows,
            "results": {name.replace(" ", "_"): totals.results[code] for code, name in RESULTS.items()},
            "pages": totals.pages,
            "seconds": totals.seconds,
            "cost": round(totals.cost, 6),
            "files": {kind: str(path) for kind, path in self.files.items()},
        }


def write_report(
    campaigns: Campaigns,
    campaign_id: str,
    folder: Path,
    *,
    force: bool = False,
    on_progress: Progress | None = None,
    now: datetime | None = None,
) -> Report:
    """Write `<id>-left-out.csv`, `-delivered.csv`, `-failed.csv`, `-open.csv` and `<id>.html`, all or none of them.

    Each row of the list is in exactly one of the CSV files in the folder: rows that were left out, and why; delivered
    rows; rows that ended otherwise; rows that have not ended yet. If a campaign runs, the report shows each row as it
    was when it was read. `now` is shown on the page.

    Raises:
        BadInput: a file exists already and `force` is not set, or the folder cannot be written to.
        NotKnown: there is no such campaign.
        Unavailable: Redis did not answer.
    """
    campaign = campaigns.get(campaign_id)
    kinds = ("left_out", "delivered", "failed", "open")
    files = {kind: folder / f"{campaign_id}-{kind.replace('_', '-')}.csv" for kind in kinds}
    files["page"] = folder / f"{campaign_id}.html"
    if not force:
        _refuse_overwriting(files.values())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=f".{campaign_id}-") as name:
            made = {kind: Path(name, path.name) for kind, path in files.items()}
            columns, totals = _write_rows(campaigns, campaign, made, on_progress)
            text = page(campaign, columns, totals, now or datetime.now(UTC))
            made["page"].write_text(text, encoding="utf-8")
            for kind, path in made.items():
                path.replace(files[kind])
    except OSError as error:
        raise BadInput(f"{folder}: the report cannot be written there: {error.strerror or error}") from None
    return Report(campaign, totals, files)


def _refuse_overwriting(paths: Any) -> None:
    there = [path for path in paths if path.exists()]
    if there:
        names = ", ".join(str(path) for path in there)
        raise BadInput(f"{names}: exists and is not overwritten; --force overwrites, --to names another folder")


def _write_rows(
    campaigns: Campaigns, campaign: Campaign, paths: dict[str, Path], on_progress: Progress | None
) -> tuple[tuple[str, ...], Totals]:
    totals, columns = Totals(), campaign.columns
    columns = _write_left_out(campaigns, campaign, paths["left_out"], totals)
    with ExitStack() as opened:
        tries = opened.enter_context(Tries(campaigns.scripts, campaign))
        writers: dict[str, Any] = {}
        for done, (result, cells, asked) in enumerate(_rows(campaigns, campaign), start=1):
            if not writers:
                columns = columns or _numbered(cells)
                writers = _writers(paths, columns, opened)
            begun = tries.of(result.row, result.generation if result.ended_at else campaign.generation)
            writers[_KINDS[result.code]].writerow(_line(result, cells, asked, begun, len(columns)))
            totals.add(result, cells)
            if on_progress and done % _EVERY == 0:
                on_progress(done, campaign.rows)
        if not writers:
            _writers(paths, columns, opened)
    if on_progress:
        on_progress(totals.rows, totals.rows)
    return columns, totals


def _writers(paths: dict[str, Path], columns: Sequence[str], opened: ExitStack) -> dict[str, Any]:
    writers = {}
    for kind in ("delivered", "failed", "open"):
        writers[kind] = safe_writer(opened.enter_context(create(paths[kind])))
        writers[kind].writerow([*map(safe_cell, columns), *_free(ADDED, columns)])
    return writers


def _write_left_out(campaigns: Campaigns, campaign: Campaign, path: Path, totals: Totals) -> tuple[str, ...]:
    """Write the rows that are not faxed. Return the names of the list's columns."""
    columns = campaign.columns
    with create(path) as file:
        writer = safe_writer(file)
        for count, row in enumerate(campaigns.left_out(campaign.id)):
            columns = columns or _numbered(row.cells)
            if not count:
                writer.writerow([*map(safe_cell, columns), *_free(LEFT_OUT, columns)])
            writer.writerow([*map(safe_cell, left_out_line(row, len(columns)))])
            totals.left_out[row.kind] += 1
        if not totals.left_out:
            writer.writerow([*map(safe_cell, columns), *_free(LEFT_OUT, columns)])
    return columns


def _rows(campaigns: Campaigns, campaign: Campaign) -> Iterator[tuple[RowResult, Sequence[str], Sequence[str]]]:
    """Combine each row's result, its cells, and its number, sender and document.

    All three come in the order of rows, and each may lack some rows.
    """
    lines, stored_rows = campaigns.listed(campaign.id), campaigns.rows(campaign.id)
    none = ListedRow(0, None, [])
    line = next(lines, none)
    number, to, fields = next(stored_rows, (0, "", {}))
    for result in campaigns.results(campaign.id):
        while line.row and line.row < result.row:
            line = next(lines, none)
        while number and number < result.row:
            number, to, fields = next(stored_rows, (0, "", {}))
        asked = campaign.options | fields
        document = asked.get("media_name") or asked.get("media_url") or ""
        dialled = (to, asked.get("from") or campaign.sender or "", document) if number == result.row else ("", "", "")
        yield result, line.cells if line.row == result.row else [], dialled


def _line(
    result: RowResult, cells: Sequence[str], asked: Sequence[str], tries: Sequence[datetime], width: int
) -> list[str]:
    return [*map(safe_cell, beside(cells, width, *_facts(result, asked, tries)))]


def _clock(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _facts(result: RowResult, asked: Sequence[str], tries: Sequence[datetime]) -> list[str]:
    ended = result.code not in {PENDING, OPENED}
    has_result = ended and result.ended_at is not None
    return [
        str(result.row),
        *asked,
        RESULTS[result.code],
        str(result.attempts) if has_result else "",
        "; ".join(_clock(at) for at in tries),
        str(result.pages) if has_result else "",
        str(result.seconds) if has_result else "",
        f"{result.cost:.4f}" if has_result else "",
        _clock(result.ended_at) if result.ended_at else "",
        result.cause or "",
        in_words(result.cause, result.code) if ended else "",
        result.fax_id or "",
        str(result.generation) if has_result else "",
    ]


def _free(wanted: Sequence[str], columns: Sequence[str]) -> list[str]:
    taken = {column.strip().casefold() for column in columns}
    names = []
    for name in wanted:
        free = name
        while free in taken:
            free = f"fax {free}"
        taken.add(free)
        names.append(free)
    return names


def _numbered(cells: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"column {number}" for number in range(1, len(cells) + 1))
