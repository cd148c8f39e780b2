"""The allowed moves of a job, as a table. The Lua scripts of the ledger make them; tests compare the two."""

from enum import StrEnum


class State(StrEnum):
    """The state of a job."""

    QUEUED = "queued"
    """Recorded, waiting for a worker."""
    HELD = "held"
    """Parked: the row says why and, if known, until when."""
    SUBMITTING = "submitting"
    """Claimed for attempt n: one worker may be calling Telnyx right now."""
    UNKNOWN = "unknown"
    """Attempt n may or may not have been accepted; only evidence ends this state."""
    ACCEPTED = "accepted"
    """Telnyx has attempt n and gave it an id."""
    DECIDING = "deciding"
    """Telnyx reported that attempt n failed; the failure policy has not decided yet."""
    DELIVERED = "delivered"
    """Terminal: Telnyx confirmed delivery."""
    FAILED = "failed"
    """Terminal: given up, refused or expired."""
    CANCELLED = "cancelled"
    """Terminal: cancelled before it was delivered."""


TERMINAL = frozenset({State.DELIVERED, State.FAILED, State.CANCELLED})
OPEN = frozenset(State) - TERMINAL

MOVES: dict[State, frozenset[State]] = {
    State.QUEUED: frozenset(
        {State.HELD, State.SUBMITTING, State.ACCEPTED, State.DELIVERED, State.FAILED, State.CANCELLED}
    ),
    State.HELD: frozenset({State.SUBMITTING, State.ACCEPTED, State.DELIVERED, State.FAILED, State.CANCELLED}),
    State.SUBMITTING: frozenset({State.ACCEPTED, State.UNKNOWN, State.HELD, State.FAILED, State.CANCELLED}),
    State.UNKNOWN: frozenset({State.ACCEPTED, State.HELD, State.FAILED, State.CANCELLED}),
    State.ACCEPTED: frozenset({State.DELIVERED, State.DECIDING, State.FAILED, State.CANCELLED}),
    State.DECIDING: frozenset({State.HELD, State.DELIVERED, State.FAILED, State.CANCELLED}),
    State.DELIVERED: frozenset(),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
}
"""The states that one move can lead to from each state.

`queued` or `held` to `accepted` or `delivered` happens if an attempt that had been settled as never accepted (or
refused) turns out to exist at Telnyx before the next attempt was claimed. `accepted` to `failed` or `cancelled` is an
operator's decision about a fax that Telnyx no longer knows.
"""


class HoldReason(StrEnum):
    """Why a job is held."""

    SEND_AT = "send_at"
    """It must not be sent before a given time."""
    WINDOW = "window"
    """Its window of days and hours is closed."""
    TOO_LATE = "too_late"
    """Its time passed long ago while nothing ran; a person releases or cancels it."""
    NO_CONNECTION = "no_connection"
    """It names no fax application, and neither does FAX_CONNECTION_ID."""
    NO_SENDER = "no_sender"
    """It names no sender, and neither does FAX_FROM."""
    POLICY_HOOK = "policy_hook"
    """The policy hook holds it."""
    POLICY_HOOK_FAILED = "policy_hook_failed"
    """The policy hook could not be asked."""
    CONNECTION_PAUSED = "connection_paused"
    """Nothing is sent on its connection."""
    DESTINATION_BUSY = "destination_busy"
    """Another fax to its number is under way."""
    NO_CHANNEL = "no_channel"
    """It waits for a free channel."""
    RATE = "rate"
    """It waits because the rate has no room for its call at present."""
    RATE_LIMITED = "rate_limited"
    """Telnyx wants no calls at present."""
    SPEND_CAP = "spend_cap"
    """It would cost more than the day or the campaign may."""
    CAMPAIGN_PAUSED = "campaign_paused"
    """Its campaign is paused."""
    CAMPAIGN_ORDER = "campaign_order"
    """Its retry waits until the whole list of its campaign has been tried once."""
    RETRY = "retry"
    """The next attempt is planned."""
    NO_CHANNEL_AT_TELNYX = "no_channel_at_telnyx"
    """Telnyx had no channel free."""
    ACCOUNT_REFUSED = "account_refused"
    """Telnyx refused the account or the connection. The event says so; the job then waits as `connection_paused`."""
    NO_DOCUMENT = "no_document"
    """The document of its link could not be fetched; the link is asked again."""
    NOT_SENT = "not_sent"
    """Telnyx could not be reached; nothing was sent."""
    ACCOUNT_UNKNOWN = "account_unknown"
    """It is not yet known whether the API key belongs to the account that the ledger sends with."""
    NEVER_ACCEPTED = "never_accepted"
    """Telnyx provably never accepted several of its attempts; a person must decide."""
    LEDGER_BEHIND = "ledger_behind"
    """The ledger went back in time, and nothing is sent until it is recovered."""
    NOT_DURABLE = "not_durable"
    """Redis could not make the claim safe from a crash."""


WAIVABLE = frozenset(
    {
        HoldReason.SEND_AT,
        HoldReason.WINDOW,
        HoldReason.TOO_LATE,
        HoldReason.POLICY_HOOK,
        HoldReason.RETRY,
        HoldReason.NEVER_ACCEPTED,
    }
)
"""Holds that a person may waive for one job. All others apply to several jobs, or are faults to be fixed."""

IN_LINE = frozenset(
    {
        HoldReason.CONNECTION_PAUSED,
        HoldReason.DESTINATION_BUSY,
        HoldReason.NO_CHANNEL,
        HoldReason.RATE,
        HoldReason.RATE_LIMITED,
    }
)
"""Holds that end when something becomes free, not at a time."""


class CampaignState(StrEnum):
    """The state of a campaign."""

    DRAFT = "draft"
    """Its list is being read in."""
    CHECKED = "checked"
    """Its list is complete; it waits for its start."""
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    """Every row has ended."""
    CANCELLED = "cancelled"
    """Rows that had not been sent will never be sent."""


CAMPAIGN_MOVES: dict[CampaignState, frozenset[CampaignState]] = {
    CampaignState.DRAFT: frozenset({CampaignState.CHECKED, CampaignState.CANCELLED}),
    CampaignState.CHECKED: frozenset({CampaignState.RUNNING, CampaignState.PAUSED, CampaignState.CANCELLED}),
    CampaignState.RUNNING: frozenset({CampaignState.PAUSED, CampaignState.FINISHED, CampaignState.CANCELLED}),
    CampaignState.PAUSED: frozenset({CampaignState.RUNNING, CampaignState.CANCELLED}),
    CampaignState.FINISHED: frozenset({CampaignState.CHECKED}),
    CampaignState.CANCELLED: frozenset(),
}
"""The states that one move can lead to from each state.

`finished` to `checked` is a new generation of chosen rows; `checked` to `paused` is a start that came too late.
"""


class Verdict(StrEnum):
    """What an operator may decide about an attempt whose outcome cannot be found out."""

    ACCEPTED = "accepted"
    """Telnyx has it, as the fax whose id is given."""
    NOT_SENT = "not_sent"
    """Telnyx never had it: the fax may be sent again."""
    FAILED = "failed"
    """It is over without delivery: the job ends."""


PROVIDER_RANK: dict[str, int] = {
    "queued": 1,
    "media.processed": 2,
    "originated": 3,
    "sending": 4,
    "delivered": 9,
    "failed": 9,
}
"""Telnyx's outbound statuses in the order in which a fax goes through them.

Telnyx publishes no transition table; the order is that of its status enumeration. A status replaces only one of lower
rank, so webhooks may arrive in any order.
"""


def provider_rank(status: str) -> int:
    """Return the rank of a Telnyx status; 0 for an unknown one.

    Telnyx's webhook guide writes `sending.started` where its reference says `sending`; both count the same.
    """
    return PROVIDER_RANK.get("sending" if status.startswith("sending") else status, 0)
