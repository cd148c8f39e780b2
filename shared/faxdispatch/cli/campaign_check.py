"""`faxdispatch campaign check`: what would become of a list of recipients. Nothing is recorded and nothing is sent."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from faxdispatch.campaign.asking import quarantined_in
from faxdispatch.campaign.badrows import BadRows, free_path
from faxdispatch.campaign.checking import BadRow, Check, Summary
from faxdispatch.campaign.checking import Progress as OnProgress
from faxdispatch.campaign.checking import check as check_list
from faxdispatch.cli.output import note, show, show_json
from faxdispatch.errors import BadInput
from faxdispatch.ledger import Scripts
from faxdispatch.numbers import COUNTRIES
from faxdispatch.settings import Settings

_EVERY = 5.0
"""Seconds between two lines about the progress where nobody watches a bar."""


def check(
    file: Annotated[Path, typer.Argument(help="CSV or other text, also packed with gzip or zip, or XLSX.")],
    column: Annotated[
        str | None, typer.Option(help="Column of the fax numbers: name, or place from 1.", show_default=False)
    ] = None,
    region: Annotated[
        str | None,
        typer.Option(help="Country (ISO 3166) of numbers without +; FAX_DEFAULT_REGION if not given.", metavar="CC"),
    ] = None,
    delimiter: Annotated[
        str | None, typer.Option(help="Separator: a character, or comma, semicolon, tab, pipe, none.")
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="Like utf-8 or windows-1252.")] = None,
    field: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIELD=COLUMN",
            help="Column of media, from, quality, window, zone, priority or reference; FIELD= takes none. Repeatable.",
        ),
    ] = None,
    personalised: Annotated[
        bool, typer.Option("--personalised", help="Keep all rows to one number: each has a document of its own.")
    ] = False,
    drop_extension: Annotated[
        bool, typer.Option("--drop-extension", help="Take extensions off numbers, instead of refusing the rows.")
    ] = False,
    bad_rows: Annotated[
        Path | None, typer.Option(help="File for the bad rows; beside the list, as NAME.bad.csv, if not given.")
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="How many bad rows to show.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check a list of recipients before anything is sent: count what can be sent, and write down the bad rows.

    Exit code 0: there is something to send and no bad row; 1: there are bad rows, or nothing to send; 2: the file or
    the usage is wrong. Numbers in quarantine are looked up where REDIS_URL is set.
    """
    settings = Settings.load()
    if region is not None and region.upper() not in COUNTRIES:
        raise BadInput(f"region: {region!r} is no country with telephone numbers; write two letters, like US")
    if bad_rows and bad_rows.exists():
        raise BadInput(f"{bad_rows}: is there already and is not overwritten; name another file, or remove it")
    with _progress(file) as on_progress:
        checking = check_list(
            file,
            policy=settings.number_policy,
            region=region.upper() if region else None,
            column=column,
            delimiter=delimiter,
            encoding=encoding,
            fields=_fields(field or []),
            own_numbers=(settings.sender,) if settings.sender else (),
            quarantined=quarantined_in(Scripts.from_settings(settings)) if settings.redis_url else None,
            personalised=personalised,
            drop_extension=drop_extension,
            first_bad=limit,
            on_progress=on_progress,
        )
        written = _run(checking, bad_rows or free_path(file))
    _tell(checking, written, asked=bool(settings.redis_url), as_json=as_json)
    if checking.summary.invalid or not checking.summary.valid:
        raise typer.Exit(1)


def _fields(given: list[str]) -> dict[str, str | None]:
    fields: dict[str, str | None] = {}
    for pair in given:
        name, equals, column = pair.partition("=")
        if not equals:
            raise BadInput(f"field: {pair!r} is not of the form FIELD=COLUMN")
        fields[name.strip()] = column.strip() or None
    return fields


def _run(checking: Check, path: Path) -> Path | None:
    """Check every row; give the file of the bad ones, if there are any."""
    table = checking.table
    with checking, BadRows(path, table.columns, table.delimiter) as bad:
        for row in checking:
            if isinstance(row, BadRow):
                bad.write(row)
    return path if bad.written else None


def _tell(checking: Check, written: Path | None, *, asked: bool, as_json: bool) -> None:
    table, summary = checking.table, checking.summary
    if as_json:
        show_json(
            {
                **_counts(summary),
                "countries": summary.countries,
                "column": table.columns[table.number_column],
                "fields": {name: table.columns[place] for name, place in table.fields.items()},
                "columns": table.columns,
                "header": table.header,
                "delimiter": table.delimiter if table.delimiter.isprintable() or table.delimiter == "\t" else None,
                "encoding": table.encoding,
                "guesses": table.guesses,
                "bad_rows": [bad._asdict() for bad in summary.bad],
                "bad_rows_file": str(written) if written else None,
                "asked": {"suppressed": False, "quarantined": asked},
            }
        )
        return
    for guess in table.guesses:
        show(guess)
    show()
    for name, count in _counts(summary).items():
        show(f"{name.replace('_', ' '):<12} {count:>11,}{_more(name, summary)}")
    if not asked:
        note("REDIS_URL is not set: suppressed and quarantined numbers were not looked up")
    if summary.bad:
        show()
    for bad in summary.bad:
        where = f"line {bad.line}, {bad.column}" if bad.column else f"line {bad.line}"
        # Written as Python would, so that nothing in a cell commands the terminal.
        show(f"{where}: {bad.value!r} {bad.reason}")
    if written:
        rest = summary.invalid - len(summary.bad)
        show(f"{f'and {rest:,} more; ' if rest else ''}all bad rows are in {written}")


def _counts(summary: Summary) -> dict[str, int]:
    names = ("rows", "valid", "invalid", "no_number", "duplicate", "suppressed", "quarantined")
    return {name: getattr(summary, name) for name in (*names, "toll_free", "foreign", "own_number")}


def _more(name: str, summary: Summary) -> str:
    """Say what a count needs to be understood."""
    if name == "foreign" and summary.countries:
        most = sorted(summary.countries.items(), key=lambda pair: -pair[1])
        return f"  of the valid: {', '.join(f'{country} {count:,}' for country, count in most[:10])}"
    if name == "own_number" and summary.own_number:
        return "  of the valid: these faxes would come back to FAX_FROM"
    return "  of the valid" if name in ("toll_free", "foreign", "own_number") else ""


@contextmanager
def _progress(file: Path) -> Iterator[OnProgress]:
    """Show how far it is: a bar on a terminal, a line now and then elsewhere."""
    if not sys.stderr.isatty():
        yield _Lines(file)
        return
    parts = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*parts, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(f"checking {file.name}", total=None)
        yield lambda done, total, rows: bar.update(
            task, completed=done, total=total, description=f"checking {file.name}: {rows:,} rows"
        )


class _Lines:
    """Tells the progress in lines on standard error, not more often than `_EVERY`."""

    def __init__(self, file: Path) -> None:
        self._name = file.name
        self._told = time.monotonic()

    def __call__(self, done: int, total: int, rows: int) -> None:
        if time.monotonic() - self._told >= _EVERY:
            self._told = time.monotonic()
            note(f"{self._name}: {rows:,} rows, {100 * done // max(total, 1)} % of the file")
