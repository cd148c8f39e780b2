"""How a campaign is identified: its id, and a hash that shows that list and options are the same."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from faxdispatch.errors import BadInput
from faxdispatch.lists.words import folded

LONGEST = 40
"""Maximum length of an id. With row and generation it forms the id of a job, for which Telnyx limits the length."""

_FORM = re.compile(rf"[A-Za-z0-9_-]{{1,{LONGEST}}}")


def check_id(text: str) -> str:
    """Check an id, and return it.

    Raises:
        BadInput: it says what is wrong with the id.
    """
    if not _FORM.fullmatch(text):
        raise BadInput(f"id: {text!r} is not a valid id; use 1 to {LONGEST} letters, digits, - and _")
    return text


def id_from(name: str) -> str:
    """Make an id from a campaign's name: `Recall, May 2026.csv` becomes `recall-may-2026`.

    Raises:
        BadInput: the name has no letters or digits of the Latin alphabet.
    """
    words = re.sub(r"[^a-z0-9_]+", "-", folded(name).removesuffix(".csv")).strip("-")[:LONGEST].strip("-")
    if not words:
        raise BadInput(f"name: no id can be made from {name!r}; give one with --id")
    return words


def file_hash(path: Path) -> str:
    """Return the hash of a file's content.

    Raises:
        BadInput: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BadInput(f"{path}: cannot be read: {error.strerror or error}") from None


def fingerprint(content: str, reading: Mapping[str, Any], options: Mapping[str, Any]) -> str:
    """Return the hash of a campaign: the hash of its list, how the list is read, and the options for every row."""
    asked = {name: value for name, value in options.items() if name != "document_name"}
    described = json.dumps([content, dict(reading), asked], sort_keys=True, default=str)
    return hashlib.sha256(described.encode()).hexdigest()
