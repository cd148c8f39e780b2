"""Why a connection is paused, in words."""

from faxdispatch.reasons.words import TELNYX

_PAUSES = {
    "operator": "a person paused it",
    "telnyx_unreachable": "Telnyx cannot be reached; one fax at a time tries",
    "telnyx_failing": "Telnyx answers with errors of its own (5xx); one fax at a time tries",
    "spend_cap": "the day's money is spent",
}


def pause_words(reason: str) -> str:
    """Say why a connection is paused."""
    if reason.isdigit():
        return f"Telnyx refuses the account (code {reason})"
    return _PAUSES.get(reason) or TELNYX.get(reason, reason).rstrip(".")
