"""Turns the name of a stored document into a file name.

Others may have chosen the name, so it must not lead to another folder.
"""

import re
from pathlib import Path

from faxdispatch.errors import BadInput, Conflict

_MOST_BYTES = 200
"""File systems allow 255; the rest is for the extension of an incomplete download."""
_NOT_KEPT = re.compile(r"[^\w.\- ]")
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)", re.IGNORECASE)
"""Names that Windows takes for devices, whatever their extension."""


def local_name(media_name: str) -> str:
    """Return a single file name: no folder, not hidden, no command option, not too long, never empty."""
    name = _NOT_KEPT.sub("_", media_name)
    name = re.sub(r"^[.\- ]+", "_", name)
    name = re.sub(r"[. ]+$", "_", name)
    if _RESERVED.match(name):
        name = f"_{name}"
    return _shortened(name) or "document"


def target(name: str, file: str | None, *, force: bool) -> Path:
    """Return the file for a stored document: `file`, or one in that folder, or in the present one.

    Raises:
        BadInput: it is not an ordinary file.
        Conflict: it exists, and is not to be overwritten.
    """
    to = Path(file) if file is not None else Path(local_name(name))
    if to.is_dir():
        to /= local_name(name)
    if not to.exists() and not to.is_symlink():
        return to
    if not to.is_file():
        raise BadInput(f"{to}: exists and is not an ordinary file")
    if not force:
        raise Conflict(f"{to}: exists; --force overwrites it")
    return to


def _shortened(name: str) -> str:
    """Shorten a name that is too long before its extension, which says what kind of file it is."""
    if len(name.encode()) <= _MOST_BYTES:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending.encode()) > 10:
        stem, ending = name, ""
    tail = f"{dot}{ending}" if ending else ""
    return stem.encode()[: _MOST_BYTES - len(tail.encode())].decode(errors="ignore") + tail
