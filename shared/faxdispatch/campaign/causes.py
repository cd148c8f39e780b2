"""Why a row was not delivered, or why a campaign is paused, in words for people who do not know Telnyx."""

from faxdispatch.ledger.campaign import CANCELLED
from faxdispatch.reasons.words import OWN, plain

PAUSES: dict[str, str] = {
    "error_burst": "too many of its last attempts failed (30 of 40)",
    "spend_cap": "the next fax would cost more than its cap leaves",
    "too_late": "nothing ran at its planned start, and more than FAX_TOO_LATE has passed since",
    "documents_gone": "Telnyx no longer stores documents of its rows; create it again with the same list, which "
    "stores them again",
    "no_connection": "it names no fax application, and neither does FAX_CONNECTION_ID",
    "no_sender": "it names no sender, and neither does FAX_FROM",
    "fault": "its rows could not be sent; the workers' log has the reason",
}
"""The reasons for which a campaign pauses by itself. If a person pauses it, the reason is in that person's words."""

_NOTHING_SENT = "Cancelled before it was sent."


def in_words(cause: str | None, code: str) -> str:
    """Say why a row with this code ended this way; `cause` is the one in its record. Empty if nothing was reported."""
    if code == CANCELLED and cause not in OWN:
        return f"Cancelled. The attempt before that: {plain(cause)}" if cause else _NOTHING_SENT
    return plain(cause) if cause else ""


def pause_in_words(reason: str | None) -> str:
    """Return the reason for a campaign's pause: in our words, or in those of the person who paused it."""
    return PAUSES.get(reason or "", reason or "somebody paused it")
