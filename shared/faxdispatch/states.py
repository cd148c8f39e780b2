"""The legal moves of a job, as a table. The Lua scripts of the ledger make them; tests hold the two together."""

from enum import StrEnum


class State(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    """Recorded, waiting for a worker."""
    HELD = "held"
    """Parked: the row says why and, where it is known, until when."""
    SUBMITTING = "submitting"
    """Claimed for attempt n: one worker may be calling Telnyx right now."""
    UNKNOWN = "unknown"
    """Attempt n may or may not have been accepted; only evidence moves it on."""
    ACCEPTED = "accepted"
    """Telnyx has attempt n and gave it an id."""
    DECIDING = "deciding"
    """Telnyx said that attempt n failed; the failure policy has not spoken yet."""
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
"""From each state, the states that one move can lead to.

`queued` or `held` to `accepted` or `delivered` is the late sign of life: an attempt that had been settled as
never accepted (or refused) turns out to be alive before the next attempt was claimed. `accepted` to `failed` or
`cancelled` is an operator's word about a fax that Telnyx no longer knows.
"""


class Verdict(StrEnum):
    """What an operator may say of an attempt when nothing else can tell."""

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

Telnyx publishes no transition table; the order is that of its status enumeration. A status only ever replaces one
of lower rank, so webhooks may come in any order.
"""


def provider_rank(status: str) -> int:
    """Give the rank of a Telnyx status; 0 for one that is not known.

    Telnyx's webhook guide writes `sending.started` where its reference says `sending`; both count the same.
    """
    return PROVIDER_RANK.get("sending" if status.startswith("sending") else status, 0)
