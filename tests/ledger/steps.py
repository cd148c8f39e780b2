"""Single steps of a job that only tests take by themselves."""

import json
from collections.abc import Mapping
from typing import Any

from redis import Redis

from faxdispatch.ledger import Claim, Ledger, Scripts

START = 1_790_000_000_000
"""Where the clocks begin that tests hold."""


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
    ladder_step: int = 0,
    on: Redis | None = None,
) -> Any:
    """See `Ledger.claim_many`."""
    [reply] = ledger.claim_many([Claim(job_id, owner, facts, cost, ladder_step)], lease=lease, on=on)
    return reply


def put_into_campaign(redis: Redis, job_id: str, campaign: str) -> None:
    """Make a single fax count as one of a campaign: in its turns and in its money."""
    redis.hset(f"fax:job:{job_id}", mapping={"campaign": campaign, "group": campaign})


def pause(scripts: Scripts, connection: str, reason: str, *, delay: float) -> None:
    """Pause a connection for `delay` seconds, as a refusal of Telnyx's does."""
    scripts.run("pause", connection=connection, delay=round(delay * 1000), reason=reason, source="worker")


def of_tomorrow(redis: Any, job_id: str) -> None:
    """Let a job be one that a later version recorded, with a field that this version does not know."""
    request = json.loads(redis.hget(f"fax:job:{job_id}", "request"))
    redis.hset(f"fax:job:{job_id}", "request", json.dumps(request | {"of_tomorrow": 1}))
