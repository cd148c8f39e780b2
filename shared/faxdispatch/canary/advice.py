"""What to do about a canary that did not arrive, by the kind of its cause."""

from faxdispatch.reasons.failures import REASONS, UNKNOWN, Kind
from faxdispatch.reasons.words import is_known, plain

_BY_KIND: dict[Kind, str] = {
    Kind.BUSY: "run it again when the line is free",
    Kind.NO_ANSWER: "make sure that a fax machine or service answers at this number, then run it again",
    Kind.LINE: "run it again; if it keeps failing, try another number, then ask Telnyx with the fax id",
    Kind.ONCE: "make sure that a fax machine or service answers at this number; Telnyx's portal shows the call",
    Kind.CAPACITY: "check how many channels account, outbound voice profile and application have, and what uses them",
    Kind.SPEND: "raise the outbound voice profile's daily spend limit in Telnyx's portal, or wait for midnight UTC",
    Kind.ACCOUNT: "fix account, number or outbound voice profile in Telnyx's portal, then run it again",
    Kind.DESTINATION: "allow this destination in the outbound voice profile, or leave the trial account, in the portal",
    Kind.NUMBER: "check the number: it is not in service, or not a telephone number",
    Kind.DOCUMENT: "look at the fax in Telnyx's portal: the page is a plain PDF of one page",
    Kind.CONTRADICTION: "check whether the page was printed, and ask Telnyx with the fax id",
    Kind.SENDER: "run it again",
}

_BY_CAUSE: dict[str, str] = {
    "no_outbound_profile": "give the fax application an outbound voice profile, in Telnyx's portal or by "
    "faxdispatch apps update",
    "unverified_origination_number": "set FAX_FROM to a number of the account, or verify it in Telnyx's portal",
    "unverified_destination_not_allowed": "verify the number in Telnyx's portal, or upgrade the trial account",
    "destination_not_in_countries_whitelist": "add the country to the allowed destinations of the outbound voice "
    "profile in Telnyx's portal",
    "account_disabled": "ask Telnyx why the account is disabled: funds, verification or a block",
    "file_download_failed": "check that the media storage has the document: faxdispatch media list",
    "send_by": "faxdispatch status shows what held it; a canary that has not started within the hour is dropped",
    "number_quarantined": "if it is the right number: faxdispatch numbers lift",
    "destination_not_allowed": "allow it by FAX_COUNTRIES or FAX_SIP_ALLOWED of the workers, or use another number",
    "policy_hook": "make your policy hook accept faxes with the tag canary",
}


def cause_in_words(cause: str | None) -> str:
    """Say why it failed; `cause` is a reason of Telnyx's or one of ours."""
    if not cause:
        return "Nothing says why."
    return f"{plain(cause)} ({cause})" if is_known(cause) and not cause.isdigit() else plain(cause)


def what_to_do(cause: str | None) -> str:
    """Say what to do about it."""
    return _BY_CAUSE.get(cause or "") or _BY_KIND[REASONS.get(cause or "", UNKNOWN).kind]
