"""The rows of an XLSX workbook as a person sees them: under their number formats, and which of them are hidden.

openpyxl's own parser reads the sheets row by row; what it knows of a row or a cell and does not give on is taken here.
"""

import itertools
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import date, datetime
from functools import cached_property
from typing import Any, BinaryIO, Self

from openpyxl import load_workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.utils import column_index_from_string
from openpyxl.worksheet._reader import FORMULA_TAG, WorkSheetParser

from faxdispatch.errors import BadInput
from faxdispatch.lists.headers import fax_rank
from faxdispatch.lists.number_format import NotShown, shown_number, shown_text
from faxdispatch.lists.records import Flawed, Record
from faxdispatch.lists.words import folded

MOST_UNPACKED = {"xl/sharedStrings.xml": 300_000_000, "xl/styles.xml": 30_000_000}
"""Bytes of those parts that are held in memory as a whole; a million rows with five texts each take a third of it."""
MOST_SHEET = 4_000_000_000
"""Bytes of any other part."""
WIDEST = 16_384
"""Columns, as many as Excel has."""

_TRUE = {"1", "true"}
_HEAD = 15
_LONGEST_FORMULA = 200
_NEVER_CALCULATED = (
    "is a formula that was never calculated: open the workbook in its program and save it, or give the value itself"
)
_HALF_STRUCK = "is struck through in part: leave in it the one number that counts"


class Workbook:
    """A workbook that was opened; `close` it. `name` is the file's.

    Raises:
        BadInput: it is too large, or none.
    """

    def __init__(self, name: str, file: BinaryIO) -> None:
        self.name = name
        self._stack = ExitStack()
        _check_sizes(name, file)
        try:
            # Runs of text tell what is struck through.
            self._book = load_workbook(file, read_only=True, data_only=True, keep_links=False, rich_text=True)
        except Exception as error:  # noqa: BLE001 - its parser lets errors of every kind through
            raise _damaged(name, error) from None
        self._stack.callback(self._book.close)

    def close(self) -> None:
        """Close the file."""
        self._stack.close()

    def sheet(self, wanted: str | None = None) -> "Sheet":
        """Give the sheet of that name; without one the only filled one, or the only one with a column of fax numbers.

        Raises:
            BadInput: there is none, or several may be meant.
        """
        if wanted is not None:
            found = [sheet for sheet in self._book.worksheets if folded(sheet.title) == folded(wanted)]
            if not found:
                raise BadInput(f"sheet: {self.name} has no {wanted!r}; its sheets: {_titles(self._book.worksheets)}")
            return Sheet(self.name, found[0])
        visible = [Sheet(self.name, sheet) for sheet in self._book.worksheets if sheet.sheet_state == "visible"]
        filled = [sheet for sheet in visible if sheet.is_filled]
        if not filled:
            raise BadInput(f"{self.name}: a workbook with no sheet with anything in it")
        of_faxes = [sheet for sheet in filled if sheet.names_faxes] if len(filled) > 1 else filled
        if len(of_faxes) != 1:
            raise BadInput(
                f"{self.name}: a workbook with {len(filled)} sheets: {_titles(filled)}; "
                f"{'several have' if of_faxes else 'none has'} a column of fax numbers: name one with --sheet"
            )
        return of_faxes[0]


class Sheet:
    """One sheet, read anew each time that its rows are gone through."""

    def __init__(self, name: str, sheet: Any) -> None:
        self._name = name
        self._sheet = sheet
        self.title: str = sheet.title

    @cached_property
    def _head(self) -> list[Record]:
        filled = (record for record in self.records() if any(map(str.strip, record.cells)))
        return list(itertools.islice(filled, _HEAD))

    @property
    def is_filled(self) -> bool:
        """Whether there is anything in it."""
        return bool(self._head)

    @property
    def names_faxes(self) -> bool:
        """Whether one of its first rows names a column of fax numbers."""
        return any(fax_rank(cell) for record in self._head for cell in record.cells)

    @cached_property
    def hidden_columns(self) -> frozenset[int]:
        """The columns, from 0, that the sheet does not show."""
        hidden: set[int] = set()
        with self._parser() as parser:
            next(parser.parse(), None)
            for column in parser.column_dimensions.values():
                if column.get("hidden") in _TRUE or float(column.get("width", 1)) == 0:
                    first = column_index_from_string(column["index"])
                    hidden.update(range(first - 1, min(int(column.get("max", first)), WIDEST)))
        return frozenset(hidden)

    def records(self) -> Iterator[Record]:
        """Give the rows, with their numbers.

        Raises:
            BadInput: the workbook is damaged further on.
        """
        styles = _Styles(self._sheet.parent)
        try:
            with self._parser() as parser:
                for number, cells in parser.parse():
                    yield _record(number, cells, parser, styles)
        except (GeneratorExit, BadInput):
            raise
        except Exception as error:  # noqa: BLE001 - its parser lets errors of every kind through
            raise _damaged(self._name, error) from None

    def _parser(self) -> "_Parser":
        book = self._sheet.parent
        return _Parser(
            self._sheet._get_source(),  # noqa: SLF001 - the way by which openpyxl reads it itself
            self._sheet._shared_strings,  # noqa: SLF001 - see above
            data_only=True,
            epoch=book.epoch,
            date_formats=book._date_formats,  # noqa: SLF001 - see above
            timedelta_formats=book._timedelta_formats,  # noqa: SLF001 - see above
            rich_text=True,
        )


class _Parser(WorkSheetParser):  # type: ignore[misc] # openpyxl has no types
    """openpyxl's parser, which also remembers of a cell whether a formula in it was never calculated."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.source.close()

    def parse_row(self, row: Any) -> tuple[int, list[dict[str, Any]]]:
        # One row's is enough, and a million would fill the memory.
        self.row_dimensions.clear()
        found: tuple[int, list[dict[str, Any]]] = super().parse_row(row)
        return found

    def parse_cell(self, element: Any) -> dict[str, Any]:
        cell: dict[str, Any] = super().parse_cell(element)
        if cell["column"] > WIDEST:
            raise BadInput(f"row {cell['row']} has more than {WIDEST:,} columns")
        formula = element.find(FORMULA_TAG) if cell["value"] is None else None
        if formula is not None:
            cell["value"] = Flawed(f"={formula.text or ''}"[:_LONGEST_FORMULA], _NEVER_CALCULATED)
        return cell

    def hides(self, number: int) -> bool:
        """Tell whether the row that was given last is not shown."""
        row = self.row_dimensions.get(str(number), {})
        if "hidden" in row:
            return row["hidden"] in _TRUE
        if "ht" in row:
            return float(row["ht"]) == 0
        sheet_format = getattr(self, "sheet_format", None)
        return bool(sheet_format and sheet_format.zeroHeight)


class _Styles:
    """The formats and fonts of a workbook's cells, each looked up once."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._formats: dict[int, str] = {}
        self._struck: dict[int, bool] = {}

    def number_format(self, style: int) -> str:
        if style not in self._formats:
            from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_MAX_SIZE  # noqa: PLC0415

            known = self._book._cell_styles[style].numFmtId  # noqa: SLF001 - as openpyxl's own cells do
            own = known - BUILTIN_FORMATS_MAX_SIZE
            self._formats[style] = (
                BUILTIN_FORMATS.get(known, "General") if own < 0 else self._book._number_formats[own]  # noqa: SLF001
            )
        return self._formats[style]

    def is_struck(self, style: int) -> bool:
        if style not in self._struck:
            font = self._book._fonts[self._book._cell_styles[style].fontId]  # noqa: SLF001 - as openpyxl's own cells do
            self._struck[style] = bool(font.strike)
        return self._struck[style]


def _record(number: int, cells: Sequence[dict[str, Any]], parser: _Parser, styles: _Styles) -> Record:
    texts: list[str] = [""] * max((cell["column"] for cell in cells), default=0)
    struck = []
    for cell in cells:
        text, is_struck = _shown(cell["value"], int(cell["style_id"]), styles)
        texts[cell["column"] - 1] = text
        if text.strip():
            struck.append(is_struck)
    hidden = "hidden" if parser.hides(number) else "struck through" if struck and all(struck) else ""
    return Record(number, tuple(texts), hidden=hidden)


def _shown(value: Any, style: int, styles: _Styles) -> tuple[str, bool]:
    """Give what a cell shows, and whether that is struck through."""
    if value is None:
        return "", False
    struck = styles.is_struck(style)
    if isinstance(value, CellRichText):
        runs = [run for run in value if str(run).strip()]
        crossed = [bool(run.font and run.font.strike) if isinstance(run, TextBlock) else struck for run in runs]
        if any(crossed) and not all(crossed):
            return Flawed(str(value), _HALF_STRUCK), False
        struck, value = all(crossed) if crossed else struck, str(value)
    if isinstance(value, Flawed):
        return value, struck
    if isinstance(value, str):
        return shown_text(value, styles.number_format(style)).replace("\0", ""), struck
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return shown_number(value, styles.number_format(style)), struck
        except NotShown as problem:
            return Flawed(str(value), str(problem)), struck
    return (value.isoformat() if isinstance(value, datetime | date) else str(value)), struck


def _check_sizes(name: str, file: BinaryIO) -> None:
    """Refuse a workbook that would fill the memory or go on for ever, by what its directory says of its parts."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError) as error:
        raise _damaged(name, error) from None
    finally:
        file.seek(0)
    for part in parts:
        most = MOST_UNPACKED.get(part.filename, MOST_SHEET)
        if part.file_size > most:
            raise BadInput(
                f"{name}: {part.filename} in it unpacks to {part.file_size // 1_000_000:,} MB, and at most "
                f"{most // 1_000_000:,} are taken; save the list as CSV"
            )


def _damaged(name: str, error: Exception) -> BadInput:
    return BadInput(f"{name}: damaged, or not what its name says ({error}); get it again from where it came from")


def _titles(sheets: Sequence[Any]) -> str:
    return ", ".join(sheet.title for sheet in sheets[:10]) + (" …" if len(sheets) > 10 else "")
