"""The holds of faxes and what ends them, in words for people who use buttons instead of commands."""

from faxdispatch.reasons.holds import MEANINGS
from faxdispatch.states import WAIVABLE, HoldReason

_ENDS = {
    HoldReason.SEND_AT: "The time that was requested.",
    HoldReason.WINDOW: "The opening of its window.",
    HoldReason.TOO_LATE: "A person: release it, or cancel it.",
    HoldReason.NEVER_ACCEPTED: "A person: release it, or cancel it.",
    HoldReason.POLICY_HOOK: "The time that the hook named, when it is asked again.",
    HoldReason.CONNECTION_PAUSED: "The end of the pause; once its cause is fixed, a person may end it at once.",
    HoldReason.ACCOUNT_REFUSED: "The end of the pause; once its cause is fixed, a person may end it at once.",
    HoldReason.CAMPAIGN_PAUSED: "A person resumes the campaign, once the cause of the pause is fixed.",
    HoldReason.RETRY: "The time of the next attempt.",
    HoldReason.SPEND_CAP: "Midnight UTC, when the daily budget starts again.",
}


def meaning(reason: str | None) -> str | None:
    """Return the meaning of a hold, or None for an unknown reason."""
    return MEANINGS[HoldReason(reason)].text if reason in set(HoldReason) else None


def ending(reason: str | None) -> str | None:
    """Return the words for what ends a hold."""
    if reason not in set(HoldReason):
        return None
    known = HoldReason(reason)
    return _ENDS.get(known) or MEANINGS[known].ends


def waivable(reason: str | None) -> bool:
    """Return whether a person may release one fax from this hold."""
    return reason in {one.value for one in WAIVABLE}
