"""Moves of one job. The ledger itself knows only those of several at once."""

from collections.abc import Mapping
from typing import Any

from redis import Redis

from faxdispatch.ledger import Claim, Ledger


def admit_one(ledger: Ledger, job_id: str, *, connection: str, sender: str) -> Any:
    """See `Ledger.admit_many`."""
    [reply] = ledger.admit_many([(job_id, connection, sender)])
    return reply


def claim_one(
    ledger: Ledger,
    job_id: str,
    *,
    owner: str,
    lease: float,
    facts: Mapping[str, Any],
    cost: int = 0,
    rung: int = 0,
    on: Redis | None = None,
) -> Any:
    """See `Ledger.claim_many`."""
    [reply] = ledger.claim_many([Claim(job_id, owner, facts, cost, rung)], lease=lease, on=on)
    return reply
