"""The progress of reading a list and its documents: a bar on a terminal, a line now and then elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from faxdispatch.cli.output import note
from faxdispatch.text.wording import counted

_EVERY = 5.0
"""Seconds between two lines if there is no bar."""


class OnProgress(Protocol):
    """Is called with the progress of the reading."""

    def __call__(self, done: int, total: int, rows: int, /) -> None:
        """Take bytes read, bytes in total, and rows checked."""

    def documents(self, count: int, /) -> None:
        """Take how many different documents of rows were examined."""


@contextmanager
def reading(name: str) -> Iterator[OnProgress]:
    """Yield a callable that takes the progress of reading a list of that name and shows it on standard error."""
    if not sys.stderr.isatty():
        yield _Lines(name)
        return
    parts = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*parts, console=Console(stderr=True), transient=True) as bar:
        yield _Bar(name, bar)


class _Bar:
    """Shows the progress as a bar."""

    def __init__(self, name: str, bar: Progress) -> None:
        self._name = name
        self._bar = bar
        self._task = bar.add_task(f"reading {name}", total=None)

    def __call__(self, done: int, total: int, rows: int) -> None:
        words = f"reading {self._name}: {counted(rows, 'row')}"
        self._bar.update(self._task, completed=done, total=total, description=words)

    def documents(self, count: int) -> None:
        self._bar.update(self._task, description=f"reading {self._name}: {counted(count, 'document')}")


class _Lines:
    """Shows the progress in lines, not more often than `_EVERY`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._told = time.monotonic()

    def __call__(self, done: int, total: int, rows: int) -> None:
        self._tell(f"{counted(rows, 'row')}, {100 * done // max(total, 1)} % of the file")

    def documents(self, count: int) -> None:
        self._tell(f"{counted(count, 'different document')} so far")

    def _tell(self, words: str) -> None:
        if time.monotonic() - self._told >= _EVERY:
            self._told = time.monotonic()
            note(f"{self._name}: {words}")
