"""The slow work on a draft: checking the list, planning, making the campaign."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from console.background import Task
from console.desk import Desk
from console.draft import Draft
from console.leftover import Leftover
from faxdispatch.calling.numbers import destined
from faxdispatch.campaign.asking import stopped_in
from faxdispatch.campaign.looking_up import link_look, look_up, row_documents, storage_of
from faxdispatch.campaign.planning.estimate import Plan
from faxdispatch.campaign.planning.inputs import Planner
from faxdispatch.documents.composition.composing import Cover, compose, paged
from faxdispatch.documents.composition.converting import office
from faxdispatch.documents.local import Document
from faxdispatch.documents.preflight.examining import examine
from faxdispatch.documents.preflight.report import Report
from faxdispatch.documents.preview.pages import can_draw
from faxdispatch.errors import BadInput
from faxdispatch.lists.badrows import BadRows
from faxdispatch.lists.checking import Check, check
from faxdispatch.lists.rows import BadRow, Row
from faxdispatch.recent import Recent
from faxdispatch.text.wording import counted_are

_FIRST = 10
_KEPT = 4
"""How many documents with their covers are kept in memory."""

_composed: Recent[tuple[str, int], tuple[Document, Report]] = Recent(_KEPT)


def check_list(here: Desk, draft: Draft, task: Task) -> None:
    """Read the whole list, and store how it was understood and every row that is left out."""
    with (
        row_documents(
            draft.archive,
            None,
            lambda: storage_of(here.settings, here.scripts),
            look_at_link=link_look(here.settings),
            on_documents=task.documents_seen,
        ) as documents,
        check(
            draft.list,
            draft.how,
            policy=here.settings.number_policy,
            own_numbers=(here.settings.sender,) if here.settings.sender else (),
            stopped=stopped_in(here.scripts),
            first_bad=0,
            on_progress=task.progress,
        ) as checking,
    ):
        look_up(checking, documents)
        first, groups = _read(draft, checking)
        table = checking.table
        draft.keep_result(
            "check",
            {
                "columns": table.columns,
                "number": table.number_column,
                "fields": table.fields,
                "header": table.header,
                "delimiter": table.delimiter,
                "encoding": table.encoding,
                "guesses": [*table.guesses, *(checking.documents.remarks() if checking.documents else ())],
                "first": first,
                "groups": groups,
                "counts": {name: value for name, value in asdict(checking.summary).items() if isinstance(value, int)},
            },
        )


def _read(draft: Draft, checking: Check) -> tuple[list[list[str]], list[dict[str, Any]]]:
    """Check every row. Return the first rows as they were read, and the number of rows for each problem."""
    first: list[list[str]] = []
    base = draft.folder / draft.key("check")
    base.with_suffix(".csv").unlink(missing_ok=True)
    table = checking.table
    with (
        Leftover(base.with_suffix(".jsonl")) as leftover,
        BadRows(base.with_suffix(".csv"), table.columns, table.delimiter) as file,
    ):
        for row in checking:
            if len(first) < _FIRST:
                first.append(list(row.cells))
            if isinstance(row, Row):
                continue
            bad = row if isinstance(row, BadRow) else BadRow(row.row, row.line, "", row.to or "", row.reason, row.cells)
            kind = "invalid" if isinstance(row, BadRow) else row.why.value
            leftover.add(line=bad.line, kind=kind, column=bad.column, value=bad.value, reason=bad.reason)
            file.write(bad)
        return first, leftover.groups


def plan(here: Desk, draft: Draft, task: Task) -> None:
    """Estimate cost and end, and store the estimate."""
    planner = Planner(here.settings, here.scripts, document=draft.document)
    subject = planner.of_file(
        draft.list,
        options(draft),
        draft.how,
        datetime.now(UTC),
        media_dir=_archive_of(draft),
        cap=draft.cap,
        on_progress=task.progress,
        on_documents=task.documents_seen,
    )
    made = planner.estimate(subject)
    # The page of the list shows which rows are left out.
    remarks = [words for words in planner.remarks if "campaign check" not in words]
    if first := planner.first_unfit:
        remarks.insert(0, f"{counted_are(planner.unfit, 'row')} left out, such as row {first.row}: {first.reason}")
    draft.keep_result("plan", _plan_facts(made) | {"remarks": remarks})


def create(here: Desk, draft: Draft, task: Task) -> None:
    """Store the document at Telnyx and make the campaign."""
    made = here.client.campaigns.create(
        draft.list,
        name=draft.name,
        document=draft.document,
        reading=draft.how,
        cap=draft.cap,
        operator=draft.operator,
        media_dir=_archive_of(draft),
        on_progress=task.progress,
        on_documents=task.documents_seen,
        look_at_link=link_look(here.settings),
        **options(draft),
    )
    draft.campaign_id = made.campaign.id
    draft.save()


def composed(here: Desk, draft: Draft, row: int) -> tuple[Document, Report]:
    """Return the document as a row gets it, with its cover if there is one, and its findings.

    `row` is one of the first rows of the list, from 1. The result is kept in memory while its pages are looked at.

    Raises:
        BadInput: there is no document, or the cover cannot be made.
    """
    return _composed.get((draft.key("document"), row), lambda: _composed_now(here, draft, row))


def _composed_now(here: Desk, draft: Draft, row: int) -> tuple[Document, Report]:
    document, quality = draft.document, draft.options.get("quality")
    if document is None:
        raise BadInput("document: none has been added yet")
    made, report = compose([document], _cover(here, draft, row), quality=quality)
    if report.problem or can_draw(made.content) or office() is None:
        return made, report
    shown = paged(made)
    return shown, examine(shown, quality=quality)


def _cover(here: Desk, draft: Draft, row: int) -> Cover | None:
    """Return the cover of a row, or None if there is none."""
    text, found, settings = draft.options.get("cover"), draft.result("check") or {}, here.settings
    if text is None or not found.get("first"):
        return None
    cells = found["first"][max(1, min(row, len(found["first"]))) - 1]
    return Cover(
        text,
        dict(zip(found["columns"], cells, strict=False)),
        sender=draft.options.get("from") or settings.sender or "",
        to=_number(cells, found["number"], draft.reading.get("region") or settings.fax_default_region),
        zone=settings.fax_zone,
        more_fonts=settings.fax_cover_fonts,
    )


def _number(cells: Sequence[str], place: int, region: str | None) -> str:
    text = cells[place] if place < len(cells) else ""
    try:
        return destined(text, region=region)
    except ValueError:
        return text


def _archive_of(draft: Draft) -> Path | None:
    """Return the archive with the documents of rows, if the list has a column of them."""
    by_row = "media" in (draft.result("check") or {}).get("fields", {})
    return draft.archive if by_row else None


def options(draft: Draft) -> dict[str, Any]:
    """Return the options for every row."""
    document = draft.document
    if document is None:
        return draft.options
    named = {"document_name": draft.document_title or document.name}
    return draft.options | named | {"media_name": document.media_name, "media_url": None}


def _plan_facts(made: Plan) -> dict[str, Any]:
    return {
        "recipients": made.recipients,
        "pages": made.pages,
        "cost_low": made.cost_low,
        "cost_high": made.cost_high,
        "end_low": made.end_low.isoformat() if made.end_low else None,
        "end_high": made.end_high.isoformat() if made.end_high else None,
        "channels": made.capacity.channels,
        "retry_share": made.retry_share,
        "max_attempts": made.max_attempts,
        "delays": [delay.words for delay in made.delays],
    }
