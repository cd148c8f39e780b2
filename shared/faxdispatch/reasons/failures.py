"""The meanings of Telnyx's failure reasons: a table from each reason to a kind, and to words for people.

The reasons are those of Telnyx's developer guide, help centre and Python SDK. The set is open, and Telnyx does not
publish which ones are permanent.
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Kinds of causes, by their remedy."""

    BUSY = "busy"
    NO_ANSWER = "no_answer"
    LINE = "line"
    ONCE = "once"
    """Another try seldom helps."""
    CAPACITY = "capacity"
    """We sent too fast: slow down; the recipient is not to blame."""
    SPEND = "spend"
    """The day's money is spent; a new day begins at midnight UTC."""
    ACCOUNT = "account"
    """A person must fix account, sender or profile; no fax will pass before that."""
    DESTINATION = "destination"
    """The number is good, but the account may not call it until a person has set that up at Telnyx."""
    DOCUMENT = "document"
    """The document must be fixed."""
    NUMBER = "number"
    """The number is wrong."""
    CONTRADICTION = "contradiction"
    """Telnyx reports a failure and also says that the fax was transmitted.

    If it is sent again, it may arrive twice, so a person must decide.
    """
    SENDER = "sender"
    """Somebody cancelled it."""


class Counter(StrEnum):
    """The counters of a job's failed attempts; each attempt counts in one of them."""

    DIAL = "dials"
    """It never connected."""
    CONNECT = "connects"
    """The call was answered."""
    HOLD = "holds"
    """It costs the fax no attempt."""


FINAL = frozenset({Kind.DESTINATION, Kind.DOCUMENT, Kind.NUMBER, Kind.CONTRADICTION, Kind.SENDER})
FREE = frozenset({Kind.CAPACITY, Kind.SPEND, Kind.ACCOUNT})
"""Kinds that cost the fax no attempt."""


@dataclass(frozen=True, slots=True)
class Cause:
    """The meaning of a reason.

    `words` explain it to people who do not know Telnyx. `connected` means that the call was answered, `climbs` that a
    change of the fax's settings may help.
    """

    kind: Kind
    words: str
    connected: bool = False
    climbs: bool = False

    @property
    def counter(self) -> Counter:
        """The counter for the failed attempt."""
        if self.kind in FREE:
            return Counter.HOLD
        return Counter.CONNECT if self.connected else Counter.DIAL


REASONS: dict[str, Cause] = {
    "user_busy": Cause(Kind.BUSY, "The line was busy."),
    "receiver_no_answer": Cause(Kind.NO_ANSWER, "Nobody answered."),
    "receiver_no_response": Cause(Kind.NO_ANSWER, "Nobody answered."),
    # SIP 408, or a fault of the carrier behind Telnyx.
    "receiver_recovery_on_timer_expire": Cause(Kind.LINE, "The recipient's telephone network did not react in time."),
    # "General call failure or a telephony routing error": despite its name, the call was not set up.
    "receiver_communication_error": Cause(Kind.LINE, "The call could not be set up: trouble in the telephone network."),
    "service_unavailable": Cause(Kind.LINE, "The telephone network was not available."),
    # This also happens when a person hangs up; the limit on connected calls protects that person.
    "receiver_call_dropped": Cause(
        Kind.LINE, "The recipient's side hung up in the middle of the transmission.", connected=True, climbs=True
    ),
    "fax_signaling_error": Cause(
        Kind.LINE, "The two fax machines did not understand each other.", connected=True, climbs=True
    ),
    "invalid_ecm_response_from_receiver": Cause(
        Kind.LINE, "The recipient's fax machine failed during the transmission.", connected=True, climbs=True
    ),
    # Something answered without fax tones. It may be a person's telephone, which must not ring again and again. Or T.38
    # packets do not come through, which plain audio fixes.
    "fax_initial_communication_timeout": Cause(
        Kind.ONCE, "Somebody or something answered that was no fax machine.", connected=True, climbs=True
    ),
    "destination_unreachable": Cause(Kind.ONCE, "The number could not be reached."),
    "receiver_decline": Cause(Kind.ONCE, "The recipient's side refused the call."),
    # The other side did not accept the offer, before the call was connected; another offer may be accepted.
    "receiver_incompatible_destination": Cause(
        Kind.ONCE, "The recipient's side takes no calls of this kind.", climbs=True
    ),
    # The example of the API reference; it has no call duration.
    "rejected": Cause(Kind.ONCE, "The call was rejected."),
    "file_download_failed": Cause(Kind.ONCE, "Telnyx could not fetch the document."),
    "media_processing_exception": Cause(Kind.ONCE, "Telnyx could not prepare the document for sending."),
    # By their descriptions, these belong to inbound faxes; for an outbound one they can only mean the same, seen from
    # our side.
    "sender_call_dropped": Cause(Kind.LINE, "The call broke off on the sending side.", connected=True, climbs=True),
    "carrier_lost": Cause(Kind.LINE, "The line broke off during the transmission.", connected=True, climbs=True),
    "sender_communication_error": Cause(Kind.LINE, "The call could not be set up: trouble on the sending side."),
    # "Telnyx to investigate this further".
    "success": Cause(
        Kind.CONTRADICTION,
        "Telnyx's reports contradict each other: it may have arrived. Ask the recipient before you send it again.",
        connected=True,
    ),
    "received": Cause(
        Kind.CONTRADICTION,
        "Telnyx's reports contradict each other: it may have arrived. Ask the recipient before you send it again.",
        connected=True,
    ),
    "user_channel_limit_exceeded": Cause(Kind.CAPACITY, "Too many faxes were under way at once in the account."),
    "outbound_profile_channel_limit_exceeded": Cause(
        Kind.CAPACITY, "Too many faxes were under way at once on the outbound profile."
    ),
    "connection_channel_limit_exceeded": Cause(
        Kind.CAPACITY, "Too many faxes were under way at once on the fax application."
    ),
    "outbound_profile_daily_spend_limit_exceeded": Cause(Kind.SPEND, "The daily spend limit at Telnyx was reached."),
    "account_disabled": Cause(Kind.ACCOUNT, "The Telnyx account is disabled."),
    "no_outbound_profile": Cause(Kind.ACCOUNT, "The fax application has no outbound profile at Telnyx."),
    "unverified_origination_number": Cause(Kind.ACCOUNT, "Telnyx has not verified the sender's number."),
    "destination_not_in_countries_whitelist": Cause(
        Kind.DESTINATION, "The account may not call this country; it can be allowed at Telnyx."
    ),
    "destination_not_in_service_plan": Cause(
        Kind.DESTINATION, "The account's plan does not cover this number; it can be changed at Telnyx."
    ),
    # Only trial accounts have it; they may call only verified numbers.
    "unverified_destination_not_allowed": Cause(Kind.DESTINATION, "A trial account may call only verified numbers."),
    "destination_invalid": Cause(Kind.NUMBER, "The number is wrong."),
    "receiver_invalid_number_format": Cause(Kind.NUMBER, "The number is wrong."),
    "receiver_unallocated_number": Cause(Kind.NUMBER, "The number is not in service."),
    "file_format_invalid": Cause(Kind.DOCUMENT, "The document is of a kind that cannot be faxed."),
    "file_size_limit_exceeded": Cause(Kind.DOCUMENT, "The document is too large."),
    "page_count_limit_exceeded": Cause(Kind.DOCUMENT, "The document has too many pages."),
    # It is not known whether the call was connected; no further call is made.
    "sender_canceled": Cause(Kind.SENDER, "Somebody cancelled it."),
}
"""Every known reason."""

UNKNOWN = Cause(Kind.ONCE, "It failed for a reason that is not known here.")
"""Any other reason: tried again, but not forever."""
