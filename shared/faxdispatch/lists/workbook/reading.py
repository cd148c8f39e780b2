"""The rows of a workbook, read on request by a process with limits."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO

from faxdispatch.errors import BadInput
from faxdispatch.lists.workbook.bounds import MEMORY, SECONDS
from faxdispatch.lists.workbook.wire import Kind, Rows, receive, unpacked
from faxdispatch.subprocesses.bounded import start

_PROGRAM = Path(__file__).with_name("process.py")
_AHEAD = 1024 * 1024
"""How many bytes of rows the process may read ahead."""
_DIED = f"it takes more than {MEMORY // 1_000_000:,} MB of memory or {SECONDS // 60} minutes to read"


class Workbook:
    """An open workbook; `close` it. `name` is the file's.

    Raises:
        BadInput: it is too large, or not a workbook.
    """

    def __init__(self, name: str, file: IO[bytes]) -> None:
        self._name = name
        with ExitStack() as stack:
            self._child = stack.enter_context(start(_PROGRAM, file=file, buffer=_AHEAD))
            stack.callback(self._child.kill)
            self.strikes_by_rule, titles = json.loads(self._hear()[1])
            """Whether a conditional format may strike cells through, which is not evaluated here."""
            self._stack = stack.pop_all()
        self.sheets = [Sheet(self, place, *title) for place, title in enumerate(titles)]

    def close(self) -> None:
        """End the process that reads it."""
        self._stack.close()

    def read(self, place: int, most: int) -> tuple[frozenset[int], Iterator[Rows]]:
        """Return the columns that a sheet does not show, and its rows, many at a time. Read the rows to their end.

        These are the first `most` rows, or all if that is 0.

        Raises:
            BadInput: the workbook is damaged or too large; the rows may raise it, too.
        """
        return self._answer("rows", place, most)

    def comments(self, place: int) -> list[tuple[int, str, str]]:
        """Return the comments on the cells of a sheet; see `Book.comments`.

        Raises:
            BadInput: the workbook is damaged or too large.
        """
        self._ask("comments", place)
        return [(row, cell, text) for row, cell, text in json.loads(self._hear()[1])]

    def rows_with(
        self, place: int, words: Sequence[str], columns: Sequence[int], numbers: Sequence[int]
    ) -> Iterator[Rows]:
        """Return the rows of a sheet with one of the words or numbers, or with something in a column, from 0.

        The process reads all rows for this, and keeps them for the next call of `read`.

        Raises:
            BadInput: the workbook is damaged or too large; the rows may raise it, too.
        """
        return self._answer("rows_with", place, words, columns, numbers)[1]

    def texts_with(self, place: int, first: int, words: Sequence[str]) -> list[str] | None:
        """Return the texts with one of the words, from the row `first` on; see `Book.texts_with`.

        Raises:
            BadInput: the workbook is damaged or too large.
        """
        self._ask("find", place, first, words)
        found: list[str] | None = json.loads(self._hear()[1])
        return found

    def _answer(self, *question: object) -> tuple[frozenset[int], Iterator[Rows]]:
        self._ask(*question)
        return frozenset(json.loads(self._hear()[1])), self._rows()

    def _ask(self, *question: object) -> None:
        if self._child.stdin:
            with suppress(BrokenPipeError):  # the reason why it ended is read later
                os.write(self._child.stdin.fileno(), f"{json.dumps(question)}\n".encode())

    def _rows(self) -> Iterator[Rows]:
        while (answer := self._hear())[0] is Kind.ROWS:
            yield unpacked(answer[1])

    def _hear(self) -> tuple[Kind, str]:
        answer = receive(self._child.stdout) if self._child.stdout else None
        kind, text = answer or (Kind.REFUSED, _DIED)
        if kind is Kind.DAMAGED:
            raise BadInput(
                f"{self._name}: damaged, or not what its name says ({text}); get it again from where it came from"
            )
        if kind is Kind.REFUSED:
            raise BadInput(f"{self._name}: the workbook is too large: {text}; save the list as CSV")
        return kind, text


class Sheet:
    """One sheet of a workbook. `is_visible` says whether the workbook shows it."""

    def __init__(self, book: Workbook, place: int, title: str, is_visible: bool) -> None:
        self._book = book
        self._place = place
        self.title = title
        self.is_visible = is_visible

    def head(self, most: int) -> tuple[frozenset[int], list[Rows]]:
        """Return the columns, from 0, that it does not show, and its first non-empty rows.

        Raises:
            BadInput: the workbook is damaged or too large.
        """
        hidden, rows = self._book.read(self._place, most)
        return hidden, list(rows)

    def rows(self) -> Iterator[Rows]:
        """Yield its non-empty rows, many at a time; they are read once the first one is requested.

        Raises:
            BadInput: the workbook is damaged or too large.
        """
        yield from self._book.read(self._place, 0)[1]

    def comments(self) -> list[tuple[int, str, str]]:
        """Return the comments on its cells: the row, from 1, the cell's name, and the text.

        Raises:
            BadInput: the workbook is damaged or too large.
        """
        return self._book.comments(self._place)

    def rows_with(
        self,
        words: Sequence[str],
        columns: Sequence[int],
        numbers: Sequence[int],
        first: int,
        counts: Callable[[str], bool],
    ) -> Iterator[Rows]:
        """Yield the rows with one of the words or numbers, or with something in one of the columns, from 0.

        Without columns and numbers, it yields rows only if a text that counts may be among them from row `first` on. To
        find that out costs much less than to read all rows.

        Raises:
            BadInput: the workbook is damaged or too large.
        """
        found = None if columns or numbers else self._book.texts_with(self._place, first, words)
        if found is None or any(map(counts, found)):
            yield from self._book.rows_with(self._place, words, columns, numbers)
