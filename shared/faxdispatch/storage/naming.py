"""The names under which documents of faxes are stored."""

import hashlib
import re

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_SUFFIX = re.compile(r"(?:\.[a-z0-9]{1,10}){1,2}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_KEPT = 40
"""How many characters of an unusual id are kept, so that people recognise it."""


def stored_name(fax_id: str, suffix: str) -> str:
    """Return the name for a fax's file: `<fax id>.pdf` for the suffix `.pdf`, always the same for the same fax.

    If an id has characters other than letters, digits, `_` and `-`, or more than 64, only the harmless ones are kept,
    followed by a dot and the hash of the whole id. A plain id has no dot, so two faxes never have the same name.
    """
    if not _SUFFIX.fullmatch(suffix):
        raise ValueError(f"not a suffix: {suffix!r}")
    if _PLAIN.fullmatch(fax_id):
        return f"{fax_id}{suffix}"
    kept = re.sub(r"[^A-Za-z0-9_-]+", "_", fax_id)[:_KEPT].strip("_-") or "fax"
    # JSON can contain halves of surrogate pairs, which UTF-8 cannot.
    digest = hashlib.sha256(fax_id.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{kept}.{digest}{suffix}"


def checked_name(name: str) -> str:
    """Return a name if it is one of ours: no folders, not hidden, nothing that a shell or a bucket reads differently.

    Raises:
        ValueError: it is not.
    """
    if not _NAME.fullmatch(name) or ".." in name:
        raise ValueError(f"not the name of a stored file: {name[:_KEPT]!r}")
    return name
