"""The reasons why a connection is paused, in words."""

from faxdispatch.reasons.words import TELNYX

_PAUSES = {
    "operator": "a person paused it",
    "telnyx_unreachable": "Telnyx cannot be reached; one fax at a time tests it",
    "telnyx_failing": "Telnyx answers with server errors (5xx); one fax at a time tests it",
    "spend_cap": "the daily budget is spent",
}


def pause_words(reason: str) -> str:
    """Say why a connection is paused."""
    if reason.isdigit():
        return f"Telnyx refuses the account (code {reason})"
    return _PAUSES.get(reason) or TELNYX.get(reason, reason).rstrip(".")
