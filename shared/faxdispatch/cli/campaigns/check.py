"""`faxdispatch campaign check`: what would become of a list of recipients. Nothing is recorded and nothing is sent."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from faxdispatch.calling.numbers import read_country
from faxdispatch.campaign.asking import quarantined_in
from faxdispatch.campaign.judging import judged
from faxdispatch.campaign.leftout import LeftOutFile
from faxdispatch.campaign.leftout import left_out as as_left_out
from faxdispatch.campaign.looking_up import covers_of, link_fetch, link_look, look_up, row_documents, storage_of
from faxdispatch.campaign.requests import options_for_all
from faxdispatch.cli.campaigns.for_all import Cover, ForAll, Media, MediaName, for_all, tell
from faxdispatch.cli.lists import (
    Column,
    Delimiter,
    DropExtension,
    Encoding,
    Fields,
    IncludeHidden,
    LeftOutOption,
    ListFile,
    MediaColumn,
    MediaDir,
    Personalised,
    Region,
    SheetName,
    at_hand,
    called,
    column_fields,
)
from faxdispatch.cli.output import Answer
from faxdispatch.cli.progress import reading
from faxdispatch.cli.sending import Quality
from faxdispatch.errors import BadInput
from faxdispatch.ledger import CHUNK, Scripts, Suppressions
from faxdispatch.lists.badrows import BadRows, free_path
from faxdispatch.lists.checking import BadRow, Check, LeftOut, Summary
from faxdispatch.lists.checking import check as check_list
from faxdispatch.lists.table import Table
from faxdispatch.settings import Settings
from faxdispatch.text.wording import counted

_OF_THE_VALID = ("toll_free", "foreign", "own_number", "unconfirmed", "shared_cost")


def check(
    file: ListFile,
    column: Column = None,
    region: Region = None,
    delimiter: Delimiter = None,
    encoding: Encoding = None,
    sheet: SheetName = None,
    field: Fields = None,
    media: Media = None,
    media_name: MediaName = None,
    cover: Cover = None,
    quality: Quality = None,
    media_column: MediaColumn = None,
    media_dir: MediaDir = None,
    personalised: Personalised = False,
    include_hidden: IncludeHidden = False,
    drop_extension: DropExtension = False,
    bad_rows: Annotated[
        Path | None, typer.Option(help="File for the bad rows; beside the list, as NAME.bad.csv, if not given.")
    ] = None,
    left_out: LeftOutOption = None,
    limit: Annotated[int, typer.Option(min=0, help="How many bad rows to show.")] = 10,
) -> Answer:
    """Check a list of recipients before anything is sent: count what can be sent, and write down the bad rows.

    Exit code 0: there is something to send and no bad row; 1: there are bad rows, or nothing to send; 2: the file or
    the usage is wrong. With the document and the cover for all rows, what would be sent to each row is checked as well.
    Suppressed numbers and those in quarantine are looked up where REDIS_URL is set. Files that rows name as their
    documents are looked into and not uploaded; names that are no files are asked about at Telnyx where TELNYX_API_KEY
    is set as well.
    """
    settings = Settings.load()
    for path in filter(None, (bad_rows, left_out)):
        if path.exists():
            raise BadInput(f"{path}: is there already and is not overwritten; name another file, or remove it")
    scripts = Scripts.from_settings(settings) if settings.redis_url else None
    given = for_all(settings, media, media_name, cover)
    tell(settings, given, quality)
    with (
        at_hand(file) as path,
        reading(path.name) as progress,
        row_documents(
            media_dir,
            path.parent,
            lambda: storage_of(settings, scripts),
            look_at_link=link_look(settings),
            fetch_link=link_fetch(settings.fax_dangerous_inbound_origins) if given.cover else None,
            on_documents=progress.documents,
        ) as documents,
    ):
        checking = check_list(
            path,
            policy=settings.number_policy,
            region=read_country(region),
            column=column,
            delimiter=delimiter,
            encoding=encoding,
            sheet=sheet,
            fields=column_fields(field or [], media=media_column),
            own_numbers=(settings.sender,) if settings.sender else (),
            suppressed=Suppressions(scripts).among if scripts else None,
            quarantined=quarantined_in(scripts) if scripts else None,
            personalised=personalised,
            include_hidden=include_hidden,
            drop_extension=drop_extension,
            first_bad=limit,
            on_progress=progress,
        )
        look_up(checking, documents, media_dir=media_dir)
        with checking:
            rows = _not_sent(checking, given, settings, quality)
            files = (bad_rows or free_path(called(file), "bad"), left_out or free_path(called(file), "left-out"))
            written, left = _write(checking.table, rows, *files)
    return _answer(checking, written, left, asked=bool(settings.redis_url))


def _not_sent(checking: Check, given: ForAll, settings: Settings, quality: str | None) -> Iterator[BadRow | LeftOut]:
    """Yield the rows that are not sent, judged by what would be sent to them where documents are told."""
    by_row = "media" in checking.table.fields
    if not (given or by_row):
        for batch in checking.batches(CHUNK):
            yield from (other for _, other in sorted(batch.others.items()))
        return
    asked = given.options | {"quality": quality}
    options = options_for_all(asked, region=settings.fax_default_region, media_by_row=by_row)
    covers = covers_of(given.cover, checking.table.columns, settings.fax_cover_fonts)
    for part in judged(checking, options, covers):
        yield from part.others


def _write(
    table: Table, rows: Iterable[BadRow | LeftOut], path: Path, left_path: Path
) -> tuple[Path | None, Path | None]:
    """Write down rows; give the file of the bad ones and that of all that are not faxed, if there are any."""
    with BadRows(path, table.columns, table.delimiter) as bad, LeftOutFile(left_path, table.columns) as left:
        for row in rows:
            left.write(as_left_out(row))
            if isinstance(row, BadRow):
                bad.write(row)
    return path if bad.written else None, left_path if left.written else None


def _answer(checking: Check, written: Path | None, left: Path | None, *, asked: bool) -> Answer:
    table, summary = checking.table, checking.summary
    guesses = [*table.guesses, *(checking.documents.remarks() if checking.documents else [])]
    data = {
        **_counts(summary),
        "countries": summary.countries,
        "column": table.columns[table.number_column],
        "fields": {name: table.columns[place] for name, place in table.fields.items()},
        "columns": table.columns,
        "header": table.header,
        "delimiter": table.delimiter if table.delimiter.isprintable() or table.delimiter == "\t" else None,
        "encoding": table.encoding,
        "guesses": guesses,
        "bad_rows": [bad._asdict() for bad in summary.bad],
        "bad_rows_file": str(written) if written else None,
        "left_out_file": str(left) if left else None,
        "links": checking.documents.links() if checking.documents else None,
        "asked": {"suppressed": asked, "quarantined": asked},
    }
    notes = [] if asked else ["REDIS_URL is not set: suppressed and quarantined numbers were not looked up"]
    ok = bool(summary.valid and not summary.invalid)
    return Answer(data, [*guesses, *_lines(summary, written, left)], notes, ok=ok)


def _lines(summary: Summary, written: Path | None, left: Path | None) -> Iterator[str]:
    yield ""
    for name, count in _counts(summary).items():
        yield f"{name.replace('_', ' '):<12} {count:>11,}{_more(name, summary)}"
    if summary.bad:
        yield ""
    for bad in summary.bad:
        where = f"line {bad.line}, {bad.column}" if bad.column else f"line {bad.line}"
        # Written as Python would, so that nothing in a cell commands the terminal.
        yield f"{where}: {bad.value!r} {bad.reason}"
    if written:
        rest = summary.invalid - len(summary.bad)
        yield f"{f'and {rest:,} more; ' if rest else ''}all bad rows are in {written}"
    if left:
        yield f"{counted(summary.rows - summary.valid, 'row')} not to be faxed, each with the reason: {left}"


def _counts(summary: Summary) -> dict[str, int]:
    names = ("rows", "valid", "invalid", "no_number", "duplicate", "suppressed", "quarantined", "hidden", "opted_out")
    return {name: getattr(summary, name) for name in (*names, *_OF_THE_VALID)}


def _more(name: str, summary: Summary) -> str:
    """Say what a count needs to be understood."""
    if name == "foreign" and summary.countries:
        most = sorted(summary.countries.items(), key=lambda pair: -pair[1])
        return f"  of the valid: {', '.join(f'{country} {count:,}' for country, count in most[:10])}"
    if name == "own_number" and summary.own_number:
        return "  of the valid: these faxes would come back to FAX_FROM"
    if name == "unconfirmed" and summary.unconfirmed:
        return "  of the valid: possible numbers of ranges that no list knows (yet)"
    return "  of the valid" if name in _OF_THE_VALID else ""
