"""Finds whether certain words may be in a sheet. This is much faster than reading its rows."""

from collections.abc import Collection, Sequence
from typing import IO

from faxdispatch.lists.workbook.bounds import ROWS, TooLarge

_CHUNK = 1024 * 1024
_TEXTS = 10_000
"""How many texts are looked through at a time."""
_ROW = b"<row "
_ESCAPED = "&#"
"""The text after it may be anything."""


def may_be_in_rows(stream: IO[bytes], words: Collection[str], first: int) -> bool:
    """Return whether the XML of a sheet may have one of the words, in any case, in the row `first` or below it.

    Raises:
        TooLarge: the sheet has more rows than a sheet can have.
    """
    wanted = [word.encode() for word in (*words, _ESCAPED)]
    begin = b'<row r="%d"' % first
    # This much of a piece is searched again together with the next one.
    again = max(map(len, (*wanted, begin))) - 1
    has_begun = found = False
    rows, rest = 0, b""
    while chunk := stream.read(_CHUNK):
        piece = rest + chunk
        rest = piece[-again:]
        rows += piece.count(_ROW) - rest.count(_ROW)
        if rows > ROWS:
            raise TooLarge(f"it has more than {ROWS:,} rows")
        if not has_begun:
            at = piece.find(begin)
            has_begun = at >= 0
            piece = piece[at:] if has_begun else b""
        if not found and piece:
            lowered = piece.lower()
            found = any(word in lowered for word in wanted)
    # If the row is not found, the sheet is written in another way.
    return found or not has_begun


def texts_with(texts: Sequence[str], words: Collection[str]) -> list[str]:
    """Return the texts that have one of the words, in any case."""
    found = list[str]()
    for first in range(0, len(texts), _TEXTS):
        some = texts[first : first + _TEXTS]
        together = "\n".join(some).lower()
        if any(word in together for word in words):
            found += (text for text in some if any(word in text.lower() for word in words))
    return found
