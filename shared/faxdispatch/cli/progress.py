"""How far the reading of a list is: a bar on a terminal, a line now and then elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from faxdispatch.cli.output import note
from faxdispatch.lists.checking import Progress as OnProgress
from faxdispatch.wording import counted

_EVERY = 5.0
"""Seconds between two lines where nobody watches a bar."""


@contextmanager
def reading(name: str) -> Iterator[OnProgress]:
    """Give what is to be told the progress of reading a list of that name; it speaks on standard error."""
    if not sys.stderr.isatty():
        yield _Lines(name)
        return
    parts = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*parts, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(f"reading {name}", total=None)
        yield lambda done, total, rows: bar.update(
            task, completed=done, total=total, description=f"reading {name}: {counted(rows, 'row')}"
        )


class _Lines:
    """Tells the progress in lines, not more often than `_EVERY`."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._told = time.monotonic()

    def __call__(self, done: int, total: int, rows: int) -> None:
        if time.monotonic() - self._told >= _EVERY:
            self._told = time.monotonic()
            note(f"{self._name}: {counted(rows, 'row')}, {100 * done // max(total, 1)} % of the file")
