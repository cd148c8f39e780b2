"""The rows of a list that are not faxed, each with its reason, as a file in the list's own columns."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from faxdispatch.ledger import LeftOutRow
from faxdispatch.lists.badrows import create, safe_cell, safe_writer
from faxdispatch.lists.checking import BadRow, LeftOut

INVALID = "invalid"
ADDED = ("row", "line", "not faxed", "why")
"""Columns after those of the list."""


def left_out(found: BadRow | LeftOut) -> LeftOutRow:
    """Return a row that is not faxed as the campaign remembers it."""
    if isinstance(found, LeftOut):
        return LeftOutRow(found.row, found.line, found.why.value, found.reason, found.to, found.cells)
    reason = f"{found.column}: {found.reason}" if found.column else found.reason
    return LeftOutRow(found.row, found.line, INVALID, reason, None, found.cells)


class LeftOutFile:
    """Writes rows that are not faxed to a file that is made with the first of them. Use it in a `with`."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.path = path
        self.written = 0
        self._columns = tuple(columns)
        self._file: IO[str] | None = None
        self._writer: Any = None

    def write(self, row: LeftOutRow) -> None:
        """Write one.

        Raises:
            BadInput: the file is there already, or cannot be made.
        """
        if self._file is None:
            self._file = create(self.path)
            self._writer = safe_writer(self._file)
            self._writer.writerow([*map(safe_cell, self._columns), *ADDED])
        self._writer.writerow(line(row, len(self._columns)))
        self.written += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file:
            self._file.close()


def line(row: LeftOutRow, width: int) -> list[str]:
    """Return a row as cells: those of the list, then `ADDED`; cells beyond the list's last column come at the end."""
    filled = [*row.cells[:width], *[""] * (width - len(row.cells))]
    facts = [str(row.row), str(row.line), row.kind, row.reason]
    return [*map(safe_cell, filled), *map(safe_cell, facts), *map(safe_cell, row.cells[width:])]
