"""ZIP archives from outside: the errors of damaged ones, and a check of the table of contents before it is read."""

import os
import struct
import zipfile
import zlib
from typing import IO

DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, struct.error, RuntimeError)
"""The errors of zipfile for an archive that cannot be read.

RuntimeError means a password, and its subclass NotImplementedError a compression method that zipfile does not know.
"""

MOST_BYTES = 20_000_000
"""Maximum bytes of the table of contents; the 65,535 files of an ordinary archive take about half of that."""

_END = struct.Struct("<4s4H2LH")
"""The record at the end of an archive, with length and place of the table (APPNOTE.TXT, 4.3.16)."""
_LARGE_END = struct.Struct("<4sQ2H2L4Q")
"""The record of large archives, which replaces it (4.3.14)."""
_LOCATOR = 20
"""Bytes of the record between the two (4.3.15)."""
_LONGEST_COMMENT = 0xFFFF
_FILE = b"PK\x01\x02"


class TooManyFiles(Exception):
    """An archive has more files than we read."""


def see_contents(file: IO[bytes], most_files: int) -> None:
    """Check that an archive has no more files than that, before its table of contents is read.

    Raises:
        TooManyFiles: it has more, or its table is longer than `MOST_BYTES`.
        zipfile.BadZipFile: it has no table of contents.
    """
    size = file.seek(0, os.SEEK_END)
    start = max(0, size - _END.size - _LONGEST_COMMENT - _LOCATOR - _LARGE_END.size)
    file.seek(start)
    tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    if not 0 <= end <= len(tail) - _END.size:
        raise zipfile.BadZipFile("it has no table of contents")
    *_, length, _, _ = _END.unpack_from(tail, end)
    large = end - _LOCATOR - _LARGE_END.size
    if large >= 0 and tail.startswith(b"PK\x06\x06", large) and tail.startswith(b"PK\x06\x07", end - _LOCATOR):
        *_, length, _ = _LARGE_END.unpack_from(tail, large)
        end = large
    if length > MOST_BYTES:
        raise TooManyFiles
    file.seek(max(0, start + end - length))
    if file.read(length).count(_FILE) > most_files:
        raise TooManyFiles
    file.seek(0)
