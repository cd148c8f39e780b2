"""The process that reads a workbook: `process.py FILE`, with the number of an open file.

It first says which sheets there are. Each line on standard input asks about one sheet, by its place, in JSON:

- `["rows", PLACE, MOST]` asks for its first `MOST` non-empty rows, or for all of them if that is 0
- `["find", PLACE, FIRST, WORDS]` asks which texts with one of the words may be in its row `FIRST` or below it
- `["comments", PLACE]` asks for the comments on its cells
- `["rows_with", PLACE, WORDS, COLUMNS, ROWS]` asks for its rows that show one of the words, in any case, have something
  in one of the columns, or have one of these numbers; all its rows are kept in a file, so that they are not read again
  if they are asked for next
"""

import gc
import itertools
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, suppress
from typing import IO

from faxdispatch.documents.contents import DAMAGED
from faxdispatch.lists.words import places_of
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
    with closing(_Kept()) as kept:
        for line in asked:
            question, place, *more = json.loads(line)
            if question == "find":
                send(out, Kind.FOUND, json.dumps(book.texts_with(place, *more)))
            elif question == "comments":
                send(out, Kind.COMMENTS, json.dumps(book.comments(place)))
            elif question == "rows" and more == [0] and kept.has(place):
                kept.send(out)
            else:
                with book.open(place) as sheet:
                    rows = _filled(sheet, *more) if question == "rows" else kept.rows_with(sheet, place, *more)
                    _send_rows(sheet, rows, out)


class _Kept:
    """All rows of one sheet, as they are sent, in a file without a name."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._place = -1
        self._hidden = frozenset[int]()

    def has(self, place: int) -> bool:
        """Return whether it has the rows of the sheet at a place."""
        return self._file is not None and self._place == place

    def send(self, out: IO[bytes]) -> None:
        """Send the rows."""
        assert self._file is not None  # noqa: S101 - it has them
        send(out, Kind.HIDDEN, json.dumps(sorted(self._hidden)))
        self._file.seek(0)
        shutil.copyfileobj(self._file, out)
        send(out, Kind.END)

    def rows_with(
        self, sheet: Sheet, place: int, words: Sequence[str], columns: Sequence[int], numbers: Collection[int]
    ) -> Iterator[list[Row]]:
        """Keep the rows of a sheet; yield those with one of the words or numbers, or with something in a column."""
        self.close()
        self._file, self._place = _new_file(), place
        for batch in _filled(sheet, 0):
            if batch:
                self._keep(batch)
            chosen = {
                at
                for at, row in enumerate(batch)
                if row.number in numbers or any(column < len(row.cells) and row.cells[column] for column in columns)
            }
            chosen.update(places_of(words, ["\n".join(row.cells) for row in batch]))
            yield [batch[at] for at in sorted(chosen)]
        self._hidden = sheet.hidden_columns

    def close(self) -> None:
        """Delete the file."""
        file, self._file = self._file, None
        with suppress(OSError):
            if file:
                file.close()

    def _keep(self, batch: Sequence[Row]) -> None:
        if self._file is None:
            return
        try:
            send(self._file, Kind.ROWS, packed(batch))
        except OSError:
            # The disk is full: they are read again.
            self.close()


def _new_file() -> IO[bytes] | None:
    try:
        return tempfile.TemporaryFile()
    except OSError:
        # There may be no folder that can be written to.
        return None


def _send_rows(sheet: Sheet, batches: Iterator[list[Row]], out: IO[bytes]) -> None:
    first = next(batches, [])
    # The hidden columns are known once the first rows are read.
    send(out, Kind.HIDDEN, json.dumps(sorted(sheet.hidden_columns)))
    for batch in itertools.chain([first], batches):
        if batch:
            send(out, Kind.ROWS, packed(batch))
    send(out, Kind.END)


def _filled(sheet: Sheet, most: int) -> Iterator[list[Row]]:
    """Yield the first non-empty rows, many at a time; all of them if `most` is 0."""
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
