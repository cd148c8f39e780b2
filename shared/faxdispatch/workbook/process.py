"""The process that reads a workbook: `process.py FILE`, with the number of an open file.

It first says which sheets there are. Each line on standard input, `SHEET MOST`, asks for the rows of one sheet, by its
place: the first `MOST` non-empty ones, or all of them if that is 0.
"""

import gc
import itertools
import json
import os
import sys
from collections.abc import Iterator
from typing import IO

from faxdispatch.documents.contents import DAMAGED
from faxdispatch.subprocesses.bounded import bound
from faxdispatch.workbook.book import Book
from faxdispatch.workbook.bounds import MEMORY, ROWS, SECONDS, Damaged, TooLarge
from faxdispatch.workbook.sheet import Row, Sheet
from faxdispatch.workbook.wire import Kind, packed, send

_BATCH = 500
_DAMAGED = (*DAMAGED, Damaged, ValueError, KeyError)
"""Errors from reading a damaged workbook."""


def main() -> None:
    """Read it."""
    bound(memory=MEMORY, seconds=SECONDS)
    # Nothing here refers to itself, and looking for such references among a million texts takes time.
    gc.disable()
    with os.fdopen(int(sys.argv[1]), "rb") as file:
        try:
            answer(file, sys.stdin.buffer, sys.stdout.buffer)
        except TooLarge as problem:
            send(sys.stdout.buffer, Kind.REFUSED, str(problem))
        except MemoryError:
            send(sys.stdout.buffer, Kind.REFUSED, f"it takes more than {MEMORY / 1e6:,.0f} MB of memory to read")
        except _DAMAGED as problem:
            send(sys.stdout.buffer, Kind.DAMAGED, str(problem))


def answer(file: IO[bytes], asked: IO[bytes], told: IO[bytes]) -> None:
    """Answer questions about a workbook until there are no more.

    Raises:
        TooLarge: it exceeds a limit.
    """
    book = Book(file)
    send(
        told, Kind.SHEETS, json.dumps([book.strikes_by_rule, [[title.name, title.is_visible] for title in book.sheets]])
    )
    for line in asked:
        place, most = map(int, line.split())
        with book.open(place) as sheet:
            _tell_rows(sheet, most, told)


def _tell_rows(sheet: Sheet, most: int, told: IO[bytes]) -> None:
    batches = _filled(sheet, most)
    first = next(batches, [])
    # They are known by now.
    send(told, Kind.HIDDEN, json.dumps(sorted(sheet.hidden_columns)))
    for batch in itertools.chain([first], batches):
        if batch:
            send(told, Kind.ROWS, packed(batch))
    send(told, Kind.END)


def _filled(sheet: Sheet, most: int) -> Iterator[list[Row]]:
    """Yield the non-empty rows, many at a time: the first `most`, or all if that is 0."""
    ahead, left = list[Row](), most or ROWS
    for rows in sheet.rows():
        ahead += [row for row in rows if "".join(row.cells).strip()]
        if len(ahead) >= left:
            break
        if len(ahead) >= _BATCH:
            yield ahead
            left -= len(ahead)
            ahead = []
    yield ahead[:left]


if __name__ == "__main__":
    main()
