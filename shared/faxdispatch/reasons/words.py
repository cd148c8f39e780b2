"""The causes of failures in words for people who do not know Telnyx."""

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
    "10001": "A number in the request is not active at Telnyx.",
    "10002": "Telnyx does not know a number in the request.",
    "10003": "Telnyx cannot use the link to the document.",
    "10004": "Something is missing in the request.",
    "10005": "Telnyx does not know something that the request names.",
    "10006": "Telnyx does not know an id in the request.",
    "10011": "The request is larger than Telnyx allows.",
    "10013": "The request lacks something that Telnyx requires.",
    "10014": "The document is of a kind that Telnyx does not fax.",
    "10015": "Telnyx did not understand the request.",
    "10016": "A number in the request is not written as +, country code and number.",
    "10017": "The document, or something else that the request names, is not at Telnyx or was deleted there. Stored "
    "documents expire: faxdispatch media list says when.",
    "10026": "A value in the request has the wrong type.",
    "10027": "Telnyx could not carry out the request as it was written.",
    "10032": "Telnyx does not know a word in the request.",
    "10033": "A value in the request is outside the range that Telnyx allows.",
    "85004": "Telnyx does not know the fax application FAX_CONNECTION_ID.",
    "90017": "The client state of the request does not have the form that Telnyx requires.",
}
"""Telnyx's error codes, and HTTP statuses without one, that refuse one request permanently (Telnyx API error codes)."""

OWN: dict[str, str] = {
    "unknown": "It failed, and Telnyx did not say why.",
    "send_by": "No attempt could begin before the latest time that was requested.",
    "letter_not_made": "Its cover page could not be joined with its document.",
    "destination_not_allowed": "The settings do not allow faxes to this number.",
    "number_quarantined": "The number was wrong for earlier faxes and is not called at present.",
    "policy_hook": "Your own rule, the policy hook, refused it.",
    "never_accepted": "Telnyx never accepted it, and a person gave it up.",
    "no_document": "The link of its document could not be fetched, and a person gave it up.",
    "too_late": "Nothing ran at its time, and a person gave it up.",
    "operator": "A person checked it and said that it failed.",
    "campaign": "The campaign was cancelled before it was sent.",
    "suppressed": "The number is on the suppression list.",
    "superseded": "The ledger was restored, and a later generation of the campaign had already begun.",
    "job_id_taken": "A fax outside this campaign already has this row's id, so the row was not sent.",
    "no_answer": "Telnyx did not answer, so it is not known whether it accepted the fax.",
    "lease_expired": "A worker stopped during the call, so it is not known whether Telnyx accepted it.",
}
"""Every cause of our own."""

_UNKNOWN_CODE = "Nothing more is known here about that code."


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
    worded = {}
    for name, value in data.items():
        worded[name] = value
        if name == "cause":
            worded["cause_in_words"] = plain(value) if value else None
    return worded


def plain(cause: str) -> str:
    """Return why a fax failed, for Telnyx's reason, its error code, or our own word.

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
