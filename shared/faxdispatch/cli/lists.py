"""The list that a command gets: the options that say how it is read, and the progress of reading it."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from faxdispatch.calling.numbers import read_country
from faxdispatch.campaign import Reading
from faxdispatch.cli.options import Options, argument, option, pairs
from faxdispatch.cli.output import note
from faxdispatch.lists.badrows import FreeName
from faxdispatch.lists.given import called
from faxdispatch.text.wording import counted

ListFile = Annotated[Path, argument("CSV or other text, also in gzip or zip, or XLSX; - is standard input.")]
_FIELDS = (
    "Column of media, from, quality, window, zone, priority, reference, or opt_out (who must not be faxed); FIELD= "
    "takes none. Repeatable."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns(Options):
    """Options that find the numbers of a list."""

    column: Annotated[str | None, option("Column of the fax numbers: name, or place from 1.")] = None
    region: Annotated[
        str | None,
        option("Country of numbers without +; else FAX_DEFAULT_REGION.", metavar="CC", callback=read_country),
    ] = None
    delimiter: Annotated[str | None, option("Separator: a character, or comma, semicolon, tab, pipe, none.")] = None
    encoding: Annotated[str | None, option("Encoding, such as utf-8 or windows-1252.")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Form(Columns):
    """Options for reading a list of recipients."""

    sheet: Annotated[str | None, option("Sheet of a workbook; else the one with a column of fax numbers.")] = None
    field: Annotated[list[str] | None, option(_FIELDS, metavar="FIELD=COLUMN")] = None
    media_column: Annotated[str | None, option("Column of each row's document: link, file or stored name.")] = None
    personalised: Annotated[bool, option("Keep all rows with the same number: each has its own document.")] = False
    include_hidden: Annotated[bool, option("Send to rows that the spreadsheet hides or strikes through, too.")] = False
    drop_extension: Annotated[bool, option("Remove extensions from numbers, instead of refusing the rows.")] = False

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

    bad_rows: Annotated[Path | None, option("File for the bad rows; else NAME.bad.csv beside the list.")] = None
    left_out: Annotated[Path | None, option("File for all rows that are not faxed; else NAME.left-out.csv.")] = None

    def beside(self, file: Path) -> tuple[Path | FreeName, Path | FreeName]:
        """Return the two files, for a list that is read from `file`."""
        name = called(file)
        return self.bad_rows or FreeName(name, "bad"), self.left_out or FreeName(name, "left-out")


_EVERY = 5.0
"""Seconds between two lines if there is no bar."""


class Progress:
    """Called with the progress; shows it."""

    def __init__(self, name: str, bar: Bar | None) -> None:
        self._name = name
        self._bar = bar
        self._task = bar.add_task(name, total=None) if bar else None
        self._shown_at = time.monotonic()

    def __call__(self, done: int, total: int, rows: int | None = None) -> None:
        """Show the amount done and the total, in bytes if `rows` are given, otherwise in rows."""
        words = f"{counted(done if rows is None else rows, 'row')}, {100 * done // max(total, 1)} %"
        self._show(words, done=done, total=total)

    def documents(self, count: int) -> None:
        """Show how many different documents of rows were examined."""
        self._show(f"{counted(count, 'different document')} so far")

    def _show(self, words: str, *, done: int | None = None, total: int | None = None) -> None:
        if self._bar and self._task is not None:
            self._bar.update(self._task, completed=done, total=total, description=f"{self._name}: {words}")
        elif time.monotonic() - self._shown_at >= _EVERY:
            self._shown_at = time.monotonic()
            note(f"{self._name}: {words}")


@contextmanager
def progress(name: str) -> Iterator[Progress]:
    """Yield the object that shows the progress of reading or writing a file of that name."""
    if not sys.stderr.isatty():
        yield Progress(name, None)
        return
    parts = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Bar(*parts, console=Console(stderr=True), transient=True) as bar:
        yield Progress(name, bar)
