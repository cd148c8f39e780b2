"""Documents in a local folder: after a power cut, each one is complete or missing."""

import io
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

from faxdispatch.storage.naming import checked_name
from faxdispatch.storage.trouble import StoreTrouble

LEFTOVER_AGE = 86_400
"""Seconds after which an unfinished file counts as left behind by a crash."""

_PREFIX, _SUFFIX = ".faxdispatch-", ".part"


class Folder:
    """A store (see `store.Store`) in a local folder, which is created when first needed.

    `folder` is absolute. Files get the permissions that the process' umask allows.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._cleaned = False

    def put(self, name: str, source: Path) -> str:
        """Store a local file."""
        with self._trouble(f"{name} was not stored"), source.open("rb") as file:
            return self._write(checked_name(name), file)

    def put_text(self, name: str, text: str) -> str:
        """Store a text as UTF-8."""
        with self._trouble(f"{name} was not stored"):
            return self._write(checked_name(name), io.BytesIO(text.encode()))

    def get(self, name: str) -> bytes:
        """Return the content of the file with that name."""
        with self._trouble(f"{name} was not read"):
            return (self._folder / checked_name(name)).read_bytes()

    def delete(self, name: str) -> None:
        """Delete the file with that name."""
        with self._trouble(f"{name} was not deleted"):
            (self._folder / checked_name(name)).unlink(missing_ok=True)

    def check(self) -> None:
        """Store a small file and delete it; remove what crashes left."""
        self._cleaned = False
        name = f"faxdispatch-probe-{token_hex(8)}.txt"
        self.put_text(name, "A test whether documents can be stored here. It can be deleted.\n")
        self.delete(name)

    def _write(self, name: str, source: BinaryIO) -> str:
        _make(self._folder)
        self._clean()
        unfinished = self._folder / f"{_PREFIX}{token_hex(8)}{_SUFFIX}"
        path = self._folder / name
        try:
            with unfinished.open("xb") as file:
                shutil.copyfileobj(source, file)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
        _sync(self._folder)
        return str(path)

    def _clean(self) -> None:
        if self._cleaned:
            return
        for path in self._folder.glob(f"{_PREFIX}*{_SUFFIX}"):
            # Another process may just have finished it.
            with suppress(FileNotFoundError):
                if path.lstat().st_mtime < time.time() - LEFTOVER_AGE:
                    path.unlink()
        self._cleaned = True

    @contextmanager
    def _trouble(self, what: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreTrouble(f"{self._folder}: {what}: {error.strerror or type(error).__name__}") from error


def _make(folder: Path) -> None:
    """Create a folder with its parents, so that none of them is gone after a power cut."""
    if folder.is_dir():
        return
    _make(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync(folder.parent)


def _sync(folder: Path) -> None:
    """Let the disk save the names in a folder."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
