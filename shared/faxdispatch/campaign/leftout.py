"""The rows of a list that are not faxed, each with its reason, as a file in the list's own columns."""

from collections.abc import Sequence
from pathlib import Path

from faxdispatch.ledger import LeftOutRow
from faxdispatch.lists.badrows import FreeName, RowsFile, beside
from faxdispatch.lists.rows import BadRow, LeftOut

INVALID = "invalid"
ADDED = ("row", "line", "not faxed", "why")
"""The columns after those of the list."""


def left_out(found: BadRow | LeftOut) -> LeftOutRow:
    """Return a row that is not faxed in the form that the campaign stores."""
    if isinstance(found, LeftOut):
        return LeftOutRow(found.row, found.line, found.why.value, found.reason, found.to, found.cells)
    return LeftOutRow(found.row, found.line, INVALID, found.sentence, None, found.cells)


class LeftOutFile(RowsFile):
    """Writes rows that are not faxed."""

    def __init__(self, to: Path | FreeName, columns: Sequence[str]) -> None:
        super().__init__(to, (*columns, *ADDED))
        self._width = len(columns)

    def write(self, row: LeftOutRow) -> None:
        """Write one row. Raises the errors of `put`."""
        self.put(line(row, self._width))


def line(row: LeftOutRow, width: int) -> list[str]:
    """Return a row as cells: those of the list, then `ADDED`; cells beyond the list's last column come at the end."""
    return beside(row.cells, width, str(row.row), str(row.line), row.kind, row.reason)
