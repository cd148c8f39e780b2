"""What Telnyx's failure reasons mean: a table from each reason to a kind.

The reasons are those of Telnyx's developer guide, help centre and Python SDK; the set is open, and Telnyx publishes no
split into permanent and passing ones.
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Kinds of causes, by what helps."""

    BUSY = "busy"
    NO_ANSWER = "no_answer"
    LINE = "line"
    ONCE = "once"
    """Another try seldom helps."""
    CAPACITY = "capacity"
    """We were too fast: slow down; the recipient is not to blame."""
    SPEND = "spend"
    """The day's money is spent; it counts anew at midnight UTC."""
    ACCOUNT = "account"
    """Account, sender or profile must be mended by a person; no fax will pass before."""
    DESTINATION = "destination"
    """The number is good, but the account may not call it before a person has set that up at Telnyx."""
    DOCUMENT = "document"
    """The document must be mended."""
    NUMBER = "number"
    """The number is wrong."""
    CONTRADICTION = "contradiction"
    """Telnyx calls it failed and says that it went well: sent again, it may arrive twice. A person must look."""
    SENDER = "sender"
    """Somebody cancelled it."""


class Counter(StrEnum):
    """The counters of a job's failed attempts; each attempt goes to one."""

    DIAL = "dials"
    """It never connected."""
    CONNECT = "connects"
    """Somebody or something answered."""
    HOLD = "holds"
    """It costs the fax no attempt."""


FINAL = frozenset({Kind.DESTINATION, Kind.DOCUMENT, Kind.NUMBER, Kind.CONTRADICTION, Kind.SENDER})
FREE = frozenset({Kind.CAPACITY, Kind.SPEND, Kind.ACCOUNT})
"""Kinds that cost the fax no attempt."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What a reason means. `connected`: the call was answered. `climbs`: a change of how it is sent may help."""

    kind: Kind
    connected: bool = False
    climbs: bool = False

    @property
    def counter(self) -> Counter:
        """The counter that the failed attempt goes to."""
        if self.kind in FREE:
            return Counter.HOLD
        return Counter.CONNECT if self.connected else Counter.DIAL


REASONS: dict[str, Cause] = {
    "user_busy": Cause(Kind.BUSY),
    "receiver_no_answer": Cause(Kind.NO_ANSWER),
    "receiver_no_response": Cause(Kind.NO_ANSWER),
    # SIP 408, or trouble at the carrier behind Telnyx.
    "receiver_recovery_on_timer_expire": Cause(Kind.LINE),
    # "General call failure or a telephony routing error": the call was not set up, whatever the name says.
    "receiver_communication_error": Cause(Kind.LINE),
    "service_unavailable": Cause(Kind.LINE),
    # Also the sign of a person who hung up; the bound of connected calls protects that person.
    "receiver_call_dropped": Cause(Kind.LINE, connected=True, climbs=True),
    "fax_signaling_error": Cause(Kind.LINE, connected=True, climbs=True),
    "invalid_ecm_response_from_receiver": Cause(Kind.LINE, connected=True, climbs=True),
    # Answered without fax tones. It may be a person's telephone, which must not ring again and again; or T.38 packets
    # that do not come through, which plain audio mends.
    "fax_initial_communication_timeout": Cause(Kind.ONCE, connected=True, climbs=True),
    "destination_unreachable": Cause(Kind.ONCE),
    "receiver_decline": Cause(Kind.ONCE),
    # The offer did not suit the other side, before the call was up; another offer may.
    "receiver_incompatible_destination": Cause(Kind.ONCE, climbs=True),
    # The example of the API reference; it tells of no call duration.
    "rejected": Cause(Kind.ONCE),
    "file_download_failed": Cause(Kind.ONCE),
    "media_processing_exception": Cause(Kind.ONCE),
    # Of inbound faxes by their description; of an outbound one they can only mean the same, seen from our side.
    "sender_call_dropped": Cause(Kind.LINE, connected=True, climbs=True),
    "carrier_lost": Cause(Kind.LINE, connected=True, climbs=True),
    "sender_communication_error": Cause(Kind.LINE),
    # "Telnyx to investigate this further".
    "success": Cause(Kind.CONTRADICTION, connected=True),
    "received": Cause(Kind.CONTRADICTION, connected=True),
    "user_channel_limit_exceeded": Cause(Kind.CAPACITY),
    "outbound_profile_channel_limit_exceeded": Cause(Kind.CAPACITY),
    "connection_channel_limit_exceeded": Cause(Kind.CAPACITY),
    "outbound_profile_daily_spend_limit_exceeded": Cause(Kind.SPEND),
    "account_disabled": Cause(Kind.ACCOUNT),
    "no_outbound_profile": Cause(Kind.ACCOUNT),
    "unverified_origination_number": Cause(Kind.ACCOUNT),
    "destination_not_in_countries_whitelist": Cause(Kind.DESTINATION),
    "destination_not_in_service_plan": Cause(Kind.DESTINATION),
    # Of trial accounts, which may call verified numbers only.
    "unverified_destination_not_allowed": Cause(Kind.DESTINATION),
    "destination_invalid": Cause(Kind.NUMBER),
    "receiver_invalid_number_format": Cause(Kind.NUMBER),
    "receiver_unallocated_number": Cause(Kind.NUMBER),
    "file_format_invalid": Cause(Kind.DOCUMENT),
    "file_size_limit_exceeded": Cause(Kind.DOCUMENT),
    "page_count_limit_exceeded": Cause(Kind.DOCUMENT),
    # Nothing tells whether the call was up; no further one is made.
    "sender_canceled": Cause(Kind.SENDER),
}
"""Every reason that is known."""

UNKNOWN = Cause(Kind.ONCE)
"""Any other reason: tried again, but not for ever."""
