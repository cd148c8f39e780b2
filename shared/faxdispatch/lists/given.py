"""The list that a command is given: a file, or standard input."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def at_hand(file: Path) -> Iterator[Path]:
    """Yield the file of a list until the block ends; `-`, standard input, is first put into a file.

    A list is read more than once, and so is one that came through a pipe.
    """
    if str(file) != "-":
        yield file
        return
    with tempfile.TemporaryDirectory(prefix="faxdispatch-") as folder:
        path = Path(folder) / called(file)
        with path.open("wb") as spool:
            shutil.copyfileobj(sys.stdin.buffer, spool)
        yield path


def called(file: Path) -> Path:
    """Return the path by which messages name a list; files about the list are written beside it."""
    return Path("stdin") if str(file) == "-" else file
