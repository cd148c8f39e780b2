"""The process that reads a workbook: `process.py FILE`, with the number of an open file.

It first says which sheets there are. Each line on standard input asks about one sheet, by its place, in JSON:

- `["rows", PLACE, MOST, WORDS]` asks for its first `MOST` non-empty rows, or for all of them if that is 0; if there are
  words, only for rows that show one of them, in any case
- `["find", PLACE, FIRST, WORDS, BUT]` asks whether one of the words may be in its row `FIRST` or below it, apart from
  texts that are one of `BUT`
"""

import gc
import itertools
import json
import os
import sys
from collections.abc import Iterator, Sequence
from typing import IO

from faxdispatch.documents.contents import DAMAGED
from faxdispatch.lists.workbook.book import Book
from faxdispatch.lists.workbook.bounds import MEMORY, ROWS, SECONDS, Damaged, TooLarge
from faxdispatch.lists.workbook.sheet import Row, Sheet
from faxdispatch.lists.workbook.wire import Kind, packed, send
from faxdispatch.subprocesses.bounded import bound

_BATCH = 500
_DAMAGED = (*DAMAGED, Damaged, ValueError, KeyError)
"""Errors from reading a damaged workbook."""


def main() -> None:
    """Read it."""
    bound(memory=MEMORY, seconds=SECONDS)
    # No reference cycles are made here, and searching a million texts for them takes time.
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


def answer(file: IO[bytes], asked: IO[bytes], out: IO[bytes]) -> None:
    """Answer questions about a workbook until no more come.

    Raises:
        TooLarge: it exceeds a limit.
    """
    book = Book(file)
    send(
        out,
        Kind.SHEETS,
        json.dumps([book.strikes_by_rule, [[title.name, title.is_visible] for title in book.sheets]]),
    )
    for line in asked:
        question, place, *more = json.loads(line)
        if question == "find":
            send(out, Kind.FOUND, json.dumps(book.texts_with(place, *more)))
        else:
            with book.open(place) as sheet:
                _send_rows(sheet, out, *more)


def _send_rows(sheet: Sheet, out: IO[bytes], most: int, words: Sequence[str]) -> None:
    batches = _filled(sheet, most, words)
    first = next(batches, [])
    # The hidden columns are known once the first rows are read.
    send(out, Kind.HIDDEN, json.dumps(sorted(sheet.hidden_columns)))
    for batch in itertools.chain([first], batches):
        if batch:
            send(out, Kind.ROWS, packed(batch))
    send(out, Kind.END)


def _filled(sheet: Sheet, most: int, words: Sequence[str]) -> Iterator[list[Row]]:
    """Yield the non-empty rows that show one of the words, if there are any words, at most this many at a time."""
    ahead, left = list[Row](), most or ROWS
    for rows in sheet.rows():
        ahead += [row for row in rows if "".join(row.cells).strip() and (not words or _shows_one(row.cells, words))]
        if len(ahead) >= left:
            break
        if len(ahead) >= _BATCH:
            yield ahead
            left -= len(ahead)
            ahead = []
    yield ahead[:left]


def _shows_one(cells: Sequence[str], words: Sequence[str]) -> bool:
    shown = "\n".join(cells).lower()
    return any(word in shown for word in words)


if __name__ == "__main__":
    main()
