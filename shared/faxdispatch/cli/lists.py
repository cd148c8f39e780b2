"""The list that a command gets, and the options that say how to read it."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from faxdispatch.calling.numbers import read_country
from faxdispatch.campaign import Reading
from faxdispatch.cli.options import Options, pairs
from faxdispatch.lists.badrows import FreeName
from faxdispatch.lists.given import called

ListFile = Annotated[
    Path,
    typer.Argument(help="CSV or other text, also packed with gzip or zip, or XLSX; - reads it from standard input."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns(Options):
    """Where the numbers of a list are."""

    column: Annotated[str | None, typer.Option(help="Column of the fax numbers: name, or place from 1.")] = None
    region: Annotated[
        str | None,
        typer.Option(
            help="Country (ISO 3166) of numbers without +; FAX_DEFAULT_REGION if not given.",
            metavar="CC",
            callback=read_country,
        ),
    ] = None
    delimiter: Annotated[
        str | None, typer.Option(help="Separator: a character, or comma, semicolon, tab, pipe, none.")
    ] = None
    encoding: Annotated[str | None, typer.Option(help="Encoding, such as utf-8 or windows-1252.")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Form(Columns):
    """How a list of recipients is read."""

    sheet: Annotated[
        str | None, typer.Option(help="Sheet of a workbook; else the one with a column of fax numbers.")
    ] = None
    field: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIELD=COLUMN",
            help="Column of media, from, quality, window, zone, priority, reference, or opt_out (who must not be "
            "faxed); FIELD= takes none. Repeatable.",
        ),
    ] = None
    media_column: Annotated[
        str | None,
        typer.Option(help="Column with each row's own document: a link, a file, or a name in Telnyx's media storage."),
    ] = None
    personalised: Annotated[
        bool, typer.Option("--personalised", help="Keep all rows with the same number: each has its own document.")
    ] = False
    include_hidden: Annotated[
        bool, typer.Option("--include-hidden", help="Send to rows that the spreadsheet hides or strikes through, too.")
    ] = False
    drop_extension: Annotated[
        bool, typer.Option("--drop-extension", help="Remove extensions from numbers, instead of refusing the rows.")
    ] = False

    def reading(self) -> Reading:
        """Return the options of the reader. Raises `BadInput` if a word does not have its form."""
        given = asdict(self)
        named = pairs(given.pop("field"), "--field", "FIELD=COLUMN")
        if media := given.pop("media_column"):
            named = {"media": media} | named
        fields = {name: column.strip() or None for name, column in named.items()}
        return Reading(**given, fields=fields or None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsent(Options):
    """The files for rows that are not sent."""

    bad_rows: Annotated[
        Path | None, typer.Option(help="File for the bad rows; beside the list, as NAME.bad.csv, if not given.")
    ] = None
    left_out: Annotated[
        Path | None,
        typer.Option(
            help="File for all rows that are not faxed, and why; beside the list, as NAME.left-out.csv, if not given."
        ),
    ] = None

    def beside(self, file: Path) -> tuple[Path | FreeName, Path | FreeName]:
        """Return the two files, for a list that is read from `file`."""
        name = called(file)
        return self.bad_rows or FreeName(name, "bad"), self.left_out or FreeName(name, "left-out")
