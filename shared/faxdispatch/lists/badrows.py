"""Bad rows as a CSV file: in the columns of the list, with line and reason, safe to open in a spreadsheet."""

import csv
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from typing import IO, Any, NamedTuple, Self

from faxdispatch.errors import BadInput
from faxdispatch.lists.rows import BadRow

_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""Characters that a spreadsheet may take for the beginning of a formula, including full-width signs."""
_EXISTS = "{}: exists and is not overwritten; name another file, or remove it"


def safe_cell(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: with `'` before a possible beginning of one.

    Reading the list again removes the `'` from a number.
    """
    return f"'{text}" if text.startswith(_BEGINS_FORMULA) or text.lstrip().startswith(_BEGINS_FORMULA) else text


def safe_writer(file: IO[str], delimiter: str = ",") -> Any:
    """Return a `csv` writer that quotes every cell, for text that was opened by `create`."""
    return csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\r\n")


class FreeName(NamedTuple):
    """The first free file name of a kind beside a list: `list.bad.csv`, or else `list.bad-2.csv`."""

    source: Path
    kind: str

    def create(self) -> tuple[Path, IO[str]]:
        """Create the file. Another process that does the same gets the next name. Raises the errors of `create`."""
        suffix, numbers = "", count(2)
        while True:
            path = self.source.with_name(f"{self.source.stem}.{self.kind}{suffix}.csv")
            try:
                return path, _open(path)
            except FileExistsError:
                suffix = f"-{next(numbers)}"


def create(path: Path) -> IO[str]:
    """Create a file for a spreadsheet: UTF-8 with a byte order mark, without which Excel takes it for Windows-1252.

    Raises:
        BadInput: a file of that name exists already, or it cannot be created.
    """
    try:
        return _open(path)
    except FileExistsError:
        raise BadInput(_EXISTS.format(path)) from None


def refuse_existing(*files: Path | FreeName | None) -> None:
    """Raise `BadInput` if one of the files exists."""
    for path in files:
        if isinstance(path, Path) and path.exists():
            raise BadInput(_EXISTS.format(path))


def _open(path: Path) -> IO[str]:
    try:
        return path.open("x", encoding="utf-8-sig", newline="")
    except FileExistsError:
        raise
    except OSError as error:
        raise BadInput(f"{path}: cannot be written: {error.strerror or error}") from None


class RowsFile:
    """A new file of rows, made with the first of them. Use it in a `with`."""

    def __init__(self, to: Path | FreeName, head: Sequence[str], delimiter: str = ",") -> None:
        self.path: Path | None = None
        """The file, once a row was written."""
        self.delimiter = delimiter
        self._to = to
        self._head = head
        self._file: IO[str] | None = None
        self._writer: Any = None

    def put(self, cells: Sequence[str]) -> None:
        """Write a row; no spreadsheet takes a cell for a formula.

        Raises:
            BadInput: the file exists already, or cannot be created.
        """
        if self._file is None:
            self.path, self._file = (self._to, create(self._to)) if isinstance(self._to, Path) else self._to.create()
            self._writer = safe_writer(self._file, self.delimiter)
            self._writer.writerow([*map(safe_cell, self._head)])
        self._writer.writerow([*map(safe_cell, cells)])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()


class BadRows(RowsFile):
    """Writes bad rows.

    `columns` are those of the list; `delimiter` is the list's, so that a spreadsheet that splits at another sign does
    not find the beginning of a formula inside a cell.
    """

    def __init__(self, to: Path | FreeName, columns: Sequence[str], delimiter: str = ",") -> None:
        super().__init__(to, (*columns, "line", "reason"), delimiter if delimiter in (",", ";", "\t", "|") else ",")
        self._width = len(columns)

    def write(self, bad: BadRow) -> None:
        """Write one row. Raises the errors of `put`."""
        self.put(beside(bad.cells, self._width, str(bad.line), bad.sentence))


def beside(cells: Sequence[str], width: int, *facts: str) -> list[str]:
    """Return a row's cells, with facts after the list's `width` columns; cells beyond that width come at the end."""
    return [*cells[:width], *[""] * (width - len(cells)), *facts, *cells[width:]]
