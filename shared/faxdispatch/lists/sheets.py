"""A workbook as a list of recipients: choosing its sheet, and that sheet's rows."""

from collections.abc import Iterable, Iterator, Sequence

from faxdispatch.errors import BadInput
from faxdispatch.lists.block import Block
from faxdispatch.lists.headers import fax_rank
from faxdispatch.lists.words import folded
from faxdispatch.lists.workbook.reading import Sheet, Workbook
from faxdispatch.lists.workbook.wire import Rows

_HEAD = 15


def chosen(name: str, book: Workbook, wanted: str | None = None) -> Sheet:
    """Return the sheet of that title; by default the only filled one, or the only one with a column of fax numbers.

    Raises:
        BadInput: there is none, or several are possible.
    """
    if wanted is not None:
        found = [sheet for sheet in book.sheets if folded(sheet.title) == folded(wanted)]
        if not found:
            raise BadInput(f"sheet: {name} has no {wanted!r}; its sheets: {_titles(book.sheets)}")
        return found[0]
    visible = [sheet for sheet in book.sheets if sheet.is_visible]
    heads = [
        (sheet, head) for sheet in visible if (head := [row for rows in sheet.head(_HEAD)[1] for row in rows.cells])
    ]
    if not heads:
        raise BadInput(f"{name}: a workbook in which all sheets are empty")
    of_faxes = [sheet for sheet, head in heads if len(heads) == 1 or _names_faxes(head)]
    if len(of_faxes) != 1:
        raise BadInput(
            f"{name}: a workbook with {len(heads)} sheets: {_titles([sheet for sheet, _ in heads])}; "
            f"{'several have' if of_faxes else 'none has'} a column of fax numbers: name one with --sheet"
        )
    return of_faxes[0]


def blocks(batches: Iterable[Rows]) -> Iterator[Block]:
    """Return rows of a sheet in the form of a list's rows."""
    return (Block(rows.numbers, rows.cells, hidden=rows.hidden, flaws=rows.flaws) for rows in batches)


def _names_faxes(head: Iterable[Sequence[str]]) -> bool:
    """Return whether one of the first rows names a column of fax numbers."""
    return any(fax_rank(cell) for cells in head for cell in cells)


def _titles(sheets: Sequence[Sheet]) -> str:
    return ", ".join(sheet.title for sheet in sheets[:10]) + (" …" if len(sheets) > 10 else "")
