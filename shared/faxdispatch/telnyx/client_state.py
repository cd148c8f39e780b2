"""The `client_state` that is sent to Telnyx and returned in every webhook, answer and listing: ledger, job and attempt.

Telnyx requires Base64 (API reference, "Send a fax").
"""

import base64
import binascii
import re
from typing import NamedTuple

LEDGER_ID = re.compile(r"[0-9a-z]{4,32}")
"""An id of a ledger."""
_FORM = re.compile(r"(?:fd2:([0-9a-z]{4,32})|fd1):([A-Za-z0-9_-]{1,100}):([1-9][0-9]{0,5})")


class Mark(NamedTuple):
    """Which attempt of which job a fax is, and which ledger the job belongs to."""

    job_id: str
    attempt: int
    ledger: str | None
    """Id of the ledger that sent it, or None if the mark does not say."""


def encode_client_state(job_id: str, attempt: int, ledger: str | None = None) -> str:
    """Return the client_state of an attempt; without `ledger`, every ledger counts the fax as its own."""
    lead = f"fd2:{ledger}" if ledger else "fd1"
    return base64.b64encode(f"{lead}:{job_id}:{attempt}".encode()).decode()


def decode_client_state(text: str | None) -> Mark | None:
    """Read a mark, or None if the text is not one of ours."""
    try:
        found = _FORM.fullmatch(base64.b64decode(text or "", validate=True).decode())
    except (binascii.Error, ValueError):
        return None
    return Mark(found[2], int(found[3]), found[1]) if found else None
