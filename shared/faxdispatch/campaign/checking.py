"""Checks a list as for a campaign. Nothing is recorded and nothing is sent."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from faxdispatch.campaign.asking import stopped_in
from faxdispatch.campaign.judging import judged
from faxdispatch.campaign.leftout import LeftOutFile, left_out
from faxdispatch.campaign.looking_up import covers_of, link_fetch, link_look, look_up, row_documents, storage_of
from faxdispatch.campaign.requests import options_for_all
from faxdispatch.ledger import CHUNK, Scripts
from faxdispatch.lists.badrows import BadRows, FreeName
from faxdispatch.lists.checking import Check, Progress, check
from faxdispatch.lists.reading import Reading
from faxdispatch.lists.rows import BadRow, LeftOut
from faxdispatch.lists.summary import Summary
from faxdispatch.settings import Settings

if TYPE_CHECKING:
    from faxdispatch.lists.documents import OnDocuments

_DOCUMENTS = ("media_url", "media_name", "cover")
_ALL = ("rows", "valid", "invalid", "no_number", "duplicate", "suppressed", "quarantined", "hidden", "opted_out")
OF_THE_VALID = ("toll_free", "foreign", "own_number", "unconfirmed", "shared_cost")
"""Kinds of valid rows that a person should know about."""


@contextmanager
def checked(
    path: Path,
    reading: Reading,
    asked: Mapping[str, Any],
    settings: Settings,
    scripts: Scripts | None,
    *,
    media_dir: Path | None = None,
    first_bad: int = 0,
    on_progress: Progress | None = None,
    on_documents: "OnDocuments | None" = None,
) -> Iterator[Check]:
    """Check a list with the documents that its rows name. `asked` are the fields of `SendFax` for all rows.

    Files of `media_dir`, or of the list's folder, are examined and not uploaded. Without `scripts`, it is not looked up
    which numbers are suppressed or in quarantine, nor which documents Telnyx has.

    Raises:
        BadInput: the list cannot be used.
        TelnyxError: Telnyx was asked about stored documents and did not answer.
        Unavailable: Redis did not answer.
    """
    unchecked = settings.fax_dangerous_inbound_origins
    with (
        row_documents(
            media_dir,
            path.parent,
            lambda: storage_of(settings, scripts),
            look_at_link=link_look(settings),
            fetch_link=link_fetch(unchecked) if asked.get("cover") else None,
            with_pages=asked.get("pages") is None,
            on_documents=on_documents,
        ) as documents,
        check(
            path,
            reading,
            policy=settings.number_policy,
            own_numbers=(settings.sender,) if settings.sender else (),
            stopped=stopped_in(scripts) if scripts else None,
            first_bad=first_bad,
            on_progress=on_progress,
        ) as checking,
    ):
        yield look_up(checking, documents, media_dir=media_dir)


def not_sent(checking: Check, asked: Mapping[str, Any], settings: Settings) -> Iterator[BadRow | LeftOut]:
    """Yield the rows that are not sent, judged by their whole requests if there is a document.

    Raises:
        BadInput: an option of `asked` is wrong, or a later part of the file is damaged.
    """
    options = options_for_all(asked, region=settings.fax_default_region, media_by_row=True)
    if "media" not in checking.table.fields and all(asked.get(name) is None for name in _DOCUMENTS):
        for batch in checking.batches(CHUNK):
            yield from (other for _, other in sorted(batch.others.items()))
        return
    covers = covers_of(asked.get("cover"), checking.table.columns, settings.fax_cover_fonts)
    for part in judged(checking, options, covers):
        yield from part.others


def write_down(
    checking: Check, rows: Iterable[BadRow | LeftOut], bad_rows: Path | FreeName, left_out_rows: Path | FreeName
) -> tuple[Path | None, Path | None]:
    """Write the rows that are not sent. Return the file of the bad ones and that of all of them, if there are any.

    Raises:
        BadInput: a file already exists, or cannot be created.
    """
    table = checking.table
    with (
        BadRows(bad_rows, table.columns, table.delimiter) as bad,
        LeftOutFile(left_out_rows, table.columns) as left,
    ):
        for row in rows:
            left.write(left_out(row))
            if isinstance(row, BadRow):
                bad.write(row)
    return bad.path, left.path


def guesses_of(checking: Check) -> list[str]:
    """Return remarks: how the list was understood, and anything unusual about its rows and their documents."""
    documents = checking.documents.remarks() if checking.documents else []
    return [*checking.table.guesses, *documents, *checking.summary.remarks()]


def as_data(checking: Check) -> dict[str, Any]:
    """Return what a check found, for programs."""
    table, summary = checking.table, checking.summary
    return {
        **counts(summary),
        "countries": summary.countries,
        "column": table.columns[table.number_column],
        "fields": {name: table.columns[place] for name, place in table.fields.items()},
        "columns": table.columns,
        "header": table.header,
        "delimiter": table.delimiter if table.delimiter.isprintable() or table.delimiter == "\t" else None,
        "encoding": table.encoding,
        "bad_rows": [bad._asdict() for bad in summary.bad],
        "links": checking.documents.links() if checking.documents else None,
    }


def counts(summary: Summary) -> dict[str, int]:
    """Return the number of rows of each kind."""
    return {name: getattr(summary, name) for name in (*_ALL, *OF_THE_VALID)}
