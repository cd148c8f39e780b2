"""Why a fax was not delivered, in words for people who do not know Telnyx."""

from typing import Any

from faxdispatch.reasons.failures import REASONS

TELNYX: dict[str, str] = {reason: cause.words for reason, cause in REASONS.items()}
"""Every known failure reason of Telnyx."""

REFUSALS: dict[str, str] = {
    "400": "Telnyx did not understand the request.",
    "404": "Telnyx does not know something that the request names.",
    "413": "The document is too large for Telnyx.",
    "415": "The document is of a kind that Telnyx does not fax.",
    "422": "Telnyx could not carry out the request as it was written.",
    "10001": "A number of the request is not active at Telnyx.",
    "10002": "A number of the request is none that Telnyx knows.",
    "10003": "The link to the document is none that Telnyx can use.",
    "10004": "Telnyx misses something in the request.",
    "10005": "Telnyx does not know something that the request names.",
    "10006": "An id in the request is none that Telnyx knows.",
    "10011": "The request has more in it than Telnyx takes.",
    "10013": "The request lacks something that it must name at Telnyx.",
    "10014": "The document is of a kind that Telnyx does not fax.",
    "10015": "Telnyx did not understand the request.",
    "10016": "A number of the request is not written as +, country and number.",
    "10017": "The document, or something else that the request names, is not at Telnyx (any more). Stored documents "
    "have an end: faxdispatch media list tells it.",
    "10026": "A value in the request is of the wrong kind for Telnyx.",
    "10027": "Telnyx could not carry out the request as it was written.",
    "10032": "A word in the request is none that Telnyx knows.",
    "10033": "A value in the request is outside of what Telnyx takes.",
    "85004": "The fax application, FAX_CONNECTION_ID, is none that Telnyx knows.",
    "90017": "The client state of the request is not in the form that Telnyx takes.",
}
"""Telnyx's error codes, and HTTP statuses without one, that refuse one request for good (Telnyx API error codes)."""

OWN: dict[str, str] = {
    "unknown": "It failed, and Telnyx did not say why.",
    "send_by": "No try could begin before the latest time that was asked for.",
    "letter_not_made": "Its cover could not be put before its document.",
    "destination_not_allowed": "The settings do not allow faxes to this number.",
    "number_quarantined": "The number was wrong for earlier faxes and is not called at present.",
    "policy_hook": "Your own rule, the policy hook, refused it.",
    "never_accepted": "Telnyx never took it, and a person gave it up.",
    "no_document": "The link of its document could not be fetched, and a person gave it up.",
    "operator": "A person looked it up and said that it has failed.",
    "campaign": "The campaign was cancelled before it was sent.",
    "suppressed": "The number is on the list of those who want no faxes.",
    "superseded": "The ledger was restored, and the list had been tried again by then.",
    "job_id_taken": "A fax that is not of this campaign has this row's id already, so it was not sent.",
    "no_answer": "Telnyx did not answer, so it is not known whether it was taken.",
    "lease_expired": "A worker stopped in the middle, so it is not known whether Telnyx took it.",
}
"""Every cause of our own."""

_UNKNOWN_CODE = "No more is known of that code here."


def is_known(cause: str) -> bool:
    """Return whether there are words for a cause."""
    return cause.isdigit() or cause in TELNYX or cause in OWN


def short(cause: str) -> str:
    """Return a cause for one line among several: a word unchanged, a code of Telnyx's with its meaning."""
    if not cause.isdigit():
        return cause
    return f"{cause}: {_first_sentence(REFUSALS.get(cause, _UNKNOWN_CODE))}"


def with_words(data: dict[str, Any]) -> dict[str, Any]:
    """Return JSON that contains a `cause`, with `cause_in_words` after it."""
    told = {}
    for name, value in data.items():
        told[name] = value
        if name == "cause":
            told["cause_in_words"] = plain(value) if value else None
    return told


def plain(cause: str) -> str:
    """Say why a fax failed, from Telnyx's reason, its error code, or our own word.

    If it is a code, the code follows the words.
    """
    known = TELNYX.get(cause) or OWN.get(cause)
    if known:
        return known
    if cause.isdigit():
        return f"Telnyx refused the request (code {cause}): {REFUSALS.get(cause, _UNKNOWN_CODE)}"
    return f"It failed for a reason that is not known here: {cause}"


def _first_sentence(words: str) -> str:
    return words.partition(". ")[0].removesuffix(".")
