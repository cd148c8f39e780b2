"""Reads the documents that a list names from a folder or from a ZIP archive.

A name comes from a list, and a list may come from anybody, so a name can never lead to another place. Nothing is
unpacked to a file.
"""

import os
import re
import stat
import unicodedata
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from faxdispatch.documents.contents import DAMAGED, TooManyFiles, see_contents
from faxdispatch.documents.upload_part import MAX_UPLOAD
from faxdispatch.errors import BadInput

MOST_FILES = 65_535
"""Maximum number of files of an archive."""
MOST_UNPACKED = 10_000_000_000
"""Total size in bytes of all files of an archive, unpacked."""

_FULL_PATH = re.compile(r"/|[A-Za-z]:")
_NO_DOCUMENTS = ("__MACOSX/", ".DS_Store", "Thumbs.db")


class MediaDir(Protocol):
    """A place with documents. Threads may share it."""

    words: str
    """Its name in messages."""

    def find(self, name: str) -> str | None:
        r"""Return the key under which `read` finds the file that a cell names, or None if there is none.

        Capital letters, the ways of writing an accent, and `\` for `/` make no difference, unless this fits several
        files.

        Raises:
            ValueError: the name is not possible, or fits several files; `str()` says why.
        """

    def read(self, place: str) -> bytes:
        """Return a file's content; if it is larger than Telnyx stores, only enough to show that.

        Raises:
            ValueError: it cannot be read; `str()` says why.
        """


@contextmanager
def open_media_dir(path: Path | str) -> Iterator[MediaDir]:
    """Provide the documents of a folder or of a ZIP archive until the block ends.

    Raises:
        BadInput: it is neither, is damaged, or is larger than we read.
    """
    path = Path(path)
    if path.is_dir():
        yield Folder(path)
        return
    try:
        file = path.open("rb")
    except OSError as error:
        raise BadInput(f"media-dir: {path} cannot be read: {error.strerror or error}") from None
    with file, _opened(path, file) as archive:
        yield Archive(path.name, archive)


class Folder:
    """The files in a folder and its subfolders."""

    def __init__(self, path: Path) -> None:
        self.words = f"the folder {path.name or path.resolve().name}"
        self._base = path.resolve()
        self._names: dict[Path, dict[str, list[str]]] = {}

    def find(self, name: str) -> str | None:
        """See `MediaDir`."""
        found = self._base
        try:
            for part in _parts(name, self.words):
                if not (found / part).exists():
                    alike = self._listed(found).get(_folded(part), [])
                    if not alike:
                        return None
                    part = _only(alike)  # noqa: PLW2901 - as it is written there
                found /= part
            place = found.resolve(strict=True)
            if not place.is_relative_to(self._base):
                raise ValueError(f"leads out of {self.words} by a link")
            # Reading a pipe would block, and a folder is not a document.
            return str(place) if stat.S_ISREG(place.stat().st_mode) else None
        except PermissionError as error:
            raise ValueError(f"cannot be read: {error.strerror}") from None
        except OSError:
            # The name is impossible for a file, or the file is gone.
            return None

    def read(self, place: str) -> bytes:
        """See `MediaDir`."""
        try:
            with open(place, "rb") as file:  # noqa: PTH123 - a place is text
                return file.read(MAX_UPLOAD + 1)
        except OSError as error:
            raise ValueError(f"cannot be read: {error.strerror or error}") from None

    def _listed(self, folder: Path) -> dict[str, list[str]]:
        if folder not in self._names:
            try:
                self._names[folder] = _by_folded(entry.name for entry in os.scandir(folder))
            except OSError:
                self._names[folder] = {}
        return self._names[folder]


class Archive:
    """The files of a ZIP archive. If all are in one folder, its name may be left out."""

    def __init__(self, name: str, archive: zipfile.ZipFile) -> None:
        self.words = f"the archive {name}"
        self._archive = archive
        # Of several files with one name, the last is the one that unpacking would leave.
        self._files = {
            _real_name(info).replace("\\", "/"): info
            for info in archive.infolist()
            if not info.is_dir() and not info.filename.startswith(_NO_DOCUMENTS)
        }
        self._names = _by_folded(self._files)
        tops = {name.partition("/")[0] if "/" in name else "" for name in self._files}
        self._top = f"{tops.pop()}/" if len(tops) == 1 and "" not in tops else ""

    def find(self, name: str) -> str | None:
        """See `MediaDir`."""
        wanted = "/".join(_parts(name, self.words))
        for written in (wanted, self._top + wanted):
            if written in self._files:
                return written
        for written in (wanted, self._top + wanted):
            if alike := self._names.get(_folded(written)):
                return _only(alike)
        return None

    def read(self, place: str) -> bytes:
        """See `MediaDir`."""
        info = self._files[place]
        if info.flag_bits & 1:
            raise ValueError("has a password in the archive; pack it without one")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError("is compressed by an unusual method; use the usual one of ZIP programs (Deflate)")
        try:
            with self._archive.open(info) as file:
                return file.read(MAX_UPLOAD + 1)
        except DAMAGED as error:
            raise ValueError(f"is damaged in the archive ({error}); pack it again") from None


@contextmanager
def _opened(path: Path, file: IO[bytes]) -> Iterator[zipfile.ZipFile]:
    try:
        see_contents(file, MOST_FILES)
        archive = zipfile.ZipFile(file)
    except TooManyFiles:
        raise BadInput(
            f"media-dir: {path} has more files than are read of an archive; unpack it and name the folder"
        ) from None
    except DAMAGED as error:
        raise BadInput(f"media-dir: {path} is neither a folder nor a whole ZIP archive ({error})") from None
    with archive:
        unpacked = sum(info.file_size for info in archive.infolist())
        if unpacked > MOST_UNPACKED:
            raise BadInput(
                f"media-dir: {path} unpacks to {unpacked / 1e9:.1f} GB, more than the {MOST_UNPACKED / 1e9:g} GB that "
                "are read of an archive; unpack it and name the folder"
            )
        yield archive


def _parts(name: str, where: str) -> list[str]:
    text = unicodedata.normalize("NFC", name.strip().replace("\\", "/"))
    if _FULL_PATH.match(text):
        raise ValueError(f"is a full path; write the file's name inside {where}")
    parts = [part for part in text.split("/") if part not in ("", ".")]
    if any(part.startswith(".") for part in parts) or "\0" in text:
        raise ValueError(f"is not the name of a document inside {where}")
    return parts


def _real_name(info: zipfile.ZipInfo) -> str:
    """Return a file's name. Some programs write UTF-8 without saying so, and Python then reads it as code page 437."""
    name = info.filename
    if not info.flag_bits & 0x800 and not name.isascii():
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            return unicodedata.normalize("NFC", name)
    return unicodedata.normalize("NFC", name)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _by_folded(names: Iterable[str]) -> dict[str, list[str]]:
    found = defaultdict[str, list[str]](list)
    for name in names:
        found[_folded(name)].append(name)
    return dict(found)


def _only(alike: list[str]) -> str:
    if len(alike) > 1:
        raise ValueError(f"may be {' or '.join(sorted(alike)[:5])}; write it as one of them")
    return alike[0]
