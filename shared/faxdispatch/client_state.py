"""The `client_state` that goes to Telnyx and comes back in every webhook, answer and listing: job and attempt.

Telnyx wants Base64 (API reference, "Send a fax").
"""

import base64
import binascii
import re

_FORM = re.compile(r"fd1:([A-Za-z0-9_-]{1,100}):([1-9][0-9]{0,5})")


def encode_client_state(job_id: str, attempt: int) -> str:
    """Give the client_state of an attempt."""
    return base64.b64encode(f"fd1:{job_id}:{attempt}".encode()).decode()


def decode_client_state(text: str | None) -> tuple[str, int] | None:
    """Give job id and attempt; None where the text is not one of ours, whatever it is."""
    try:
        found = _FORM.fullmatch(base64.b64decode(text or "", validate=True).decode())
    except (binascii.Error, ValueError):
        return None
    return (found[1], int(found[2])) if found else None
