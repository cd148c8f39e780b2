"""The progress of reading or writing rows, on standard error: a bar on a terminal, a line now and then elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from faxdispatch.cli.output import note
from faxdispatch.text.wording import counted

_EVERY = 5.0
"""Seconds between two lines if there is no bar."""


class Progress:
    """Called with the progress; shows it."""

    def __init__(self, name: str, bar: Bar | None) -> None:
        self._name = name
        self._bar = bar
        self._task = bar.add_task(name, total=None) if bar else None
        self._shown_at = time.monotonic()

    def __call__(self, done: int, total: int, rows: int | None = None) -> None:
        """Show the amount done and the total, in bytes if `rows` are given, otherwise in rows."""
        words = f"{counted(done if rows is None else rows, 'row')}, {100 * done // max(total, 1)} %"
        self._show(words, done=done, total=total)

    def documents(self, count: int) -> None:
        """Show how many different documents of rows were examined."""
        self._show(f"{counted(count, 'different document')} so far")

    def _show(self, words: str, *, done: int | None = None, total: int | None = None) -> None:
        if self._bar and self._task is not None:
            self._bar.update(self._task, completed=done, total=total, description=f"{self._name}: {words}")
        elif time.monotonic() - self._shown_at >= _EVERY:
            self._shown_at = time.monotonic()
            note(f"{self._name}: {words}")


@contextmanager
def progress(name: str) -> Iterator[Progress]:
    """Yield the object that shows the progress of reading or writing a file of that name."""
    if not sys.stderr.isatty():
        yield Progress(name, None)
        return
    parts = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Bar(*parts, console=Console(stderr=True), transient=True) as bar:
        yield Progress(name, bar)
