"""Checks that Telnyx signed a request, and recently. Pure functions."""

import base64
import binascii
import re

from faxdispatch.telnyx.signature import PublicKeys

TOLERANCE = 300
"""Seconds by which a webhook's time may differ from ours, in both directions (as in Telnyx's own libraries)."""

_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)
_SIGNATURE_TEXT = 88
"""Length of the base64 of a signature's 64 bytes."""


class Forged(Exception):
    """Nothing shows that Telnyx sent this. No reason is given, since only a forger would learn from it."""


class Stale(Exception):
    """Telnyx signed this, but too long ago or in the future: a clock is wrong, or an old request is replayed."""


def verify(
    keys: PublicKeys,
    *,
    timestamp: str | None,
    signature: str | None,
    body: bytes,
    now: float,
) -> None:
    """Check one request; `timestamp` and `signature` are the texts of its headers, or None if they are missing.

    A header given twice arrives joined by a comma, which neither form allows. The signature is checked even if the time
    is wrong, so that a wrong clock can be distinguished from an attack.

    Raises:
        Forged: a header is missing or not in its one canonical form, or no key fits.
        Stale: signed by Telnyx, but not within `TOLERANCE` of `now`.
    """
    if timestamp is None or not _TIMESTAMP.fullmatch(timestamp):
        raise Forged
    if not keys.verify(timestamp, body, _signature(signature)):
        raise Forged
    if abs(now - int(timestamp)) > TOLERANCE:
        raise Stale


def _signature(text: str | None) -> bytes:
    """Decode the header; base64 has several spellings of one value, and only the canonical one is Telnyx's."""
    if text is None or len(text) != _SIGNATURE_TEXT:
        raise Forged
    try:
        signature = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Forged from None
    if base64.b64encode(signature).decode() != text:
        raise Forged
    return signature
