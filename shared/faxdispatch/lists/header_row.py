"""Finding the header of a list among its first rows."""

import itertools
import re
from collections.abc import Sequence

from faxdispatch.lists.block import Record, trimmed
from faxdispatch.lists.headers import compared, fax_rank, is_number_name
from faxdispatch.lists.kinds import is_kind_name, pairs
from faxdispatch.lists.refusals import says
from faxdispatch.lists.words import FAX_WORDS, NO_NUMBER, PHONE_WORDS, PLAIN_WORDS, folded

HEADER_WITHIN = 15
"""The header must be among this many lines from the first that is not blank."""

_SURE = 50
"""The rank from which a cell is the name of a column of fax numbers."""

_NUMBERISH = re.compile(r"[\s=\"'(+]*\d[\d\s().+\-/\u2010-\u2015\xa0\"]*")
_WORD = re.compile(r"[^\W\d_]+")
_LABEL = re.compile(r"[^\W\d_]+[.:#]*|\(\s*\)")
_BESIDE_NUMBER = FAX_WORDS | PHONE_WORDS | PLAIN_WORDS
_DATE = re.compile(r"(?:19|20)\d\d[-./]?\d\d[-./]?\d\d|\d{1,2}[-./]\d{1,2}[-./](?:19|20)\d\d")


def find_header(rows: Sequence[Record], width: int, column: str | int | None) -> int | None:
    """Return the place of the header among the rows, or None if there is none.

    `width` is the number of cells of most rows, `column` the name of one that the header has.
    """
    above = _above_numbers(rows, width)
    if isinstance(column, str):
        wanted = compared(column)
        for place, row in enumerate(rows[:HEADER_WITHIN]):
            if wanted in map(compared, row.cells) and not column.isdigit():
                return place
    ranks = [_fax_rank(place, above) - _title_malus(row, width) for place, row in enumerate(above)]
    if ranks and max(ranks) > 0:
        # The first good row counts: a recipient further down may have the name of a column.
        return next((place for place, rank in enumerate(ranks) if rank >= _SURE), ranks.index(max(ranks)))
    for place, row in enumerate(above):
        named = any(map(is_number_name, row.cells)) or pairs(row.cells, [one.cells for one in rows[place + 1 :]])
        if named and not _title_malus(row, width):
            return place
    last = above[-1] if above else None
    if last and len(above) < len(rows) and _may_be_header(last.cells) and not _title_malus(last, width):
        return len(above) - 1
    return None


def _above_numbers(rows: Sequence[Record], width: int) -> Sequence[Record]:
    """Return the first rows up to the first recipient; a letterhead with numbers of its own is above the header."""
    first = rows[:HEADER_WITHIN]
    above = list(itertools.takewhile(is_text, first))
    labels = set()
    for place, row in enumerate(first):
        label = _label(row)
        if not is_text(row):
            if not _is_labelled(row):
                break
            labels.add(label)
        elif max(map(fax_rank, row.cells)) >= _SURE and not _title_malus(row, width) and label not in labels:
            return first[: place + 1]
    return above


def _fax_rank(place: int, above: Sequence[Record]) -> int:
    """Return how certain it is that a row names a column of fax numbers. Kinds in a column Phone Type do not count."""
    if not is_text(above[place]):
        return 0
    kinds = {at for row in above[:place] for at, cell in enumerate(row.cells) if is_kind_name(cell)}
    return max(fax_rank(cell) if at not in kinds else 0 for at, cell in enumerate(above[place].cells))


def _title_malus(row: Record, width: int) -> int:
    """Return the deduction for a row most of whose cells are empty, as those of a title are."""
    return 60 if 2 * sum(1 for cell in row.cells if cell.strip()) < width else 0


def is_text(row: Record) -> bool:
    """Return whether no cell of a row is data, such as a telephone number."""
    return not any(map(_is_numberish, row.cells))


def _is_numberish(cell: str) -> bool:
    """Return whether a cell is data: as many digits as a telephone number has, and not a date."""
    text = cell.strip()
    if not 7 <= sum(map(str.isdigit, text)) <= 16 or _DATE.fullmatch(text):
        return False
    if all(folded(word) in _BESIDE_NUMBER for word in _WORD.findall(text)):
        text = _LABEL.sub(" ", text)
    return bool(_NUMBERISH.fullmatch(text))


def _is_labelled(row: Record) -> bool:
    """Return whether a row names the number that it has, as `Fax: (312) 555-0199` in a letterhead does."""
    label = _label(row)
    words = _WORD.findall(label)
    return label.endswith(":") or (bool(words) and set(words) <= FAX_WORDS | PHONE_WORDS)


def _label(row: Record) -> str:
    return folded(next((cell for cell in row.cells if cell.strip()), ""))


def _may_be_header(cells: Sequence[str]) -> bool:
    words = [folded(cell) for cell in trimmed(cells)]
    return (
        bool(words)
        and all(words)
        and len(set(words)) == len(words)
        and not any((word in NO_NUMBER and not says(word)) or any(map(str.isdigit, word)) for word in words)
    )
