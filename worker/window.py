"""From when on a listing must be looked through for an unknown attempt, and what one that shows nothing proves. Pure.

Telnyx dates a fax by its own clock, the ledger dates a claim by Redis'. So the claim notes Telnyx's as well, where an
answer has told it by then, and every listing is judged by the date that came with it.
"""

from datetime import datetime, timedelta

from faxdispatch.ledger import JobView

UNTOLD = timedelta(days=1)
"""Allowance where the claim could not note Telnyx's clock."""


def begins(job: JobView, *, ahead: timedelta | None, allowance: timedelta) -> datetime:
    """Return the moment, by Telnyx's clock, from which the listing is asked for.

    `ahead` is how far Telnyx's clock is ahead of Redis' now, or None if it has not told. `allowance` is for what the
    clocks may have changed since the claim.
    """
    shifted = (job.submitted_at or job.created_at) + (ahead or timedelta())
    if job.submitted_at_telnyx is None:
        return shifted - max(allowance, UNTOLD)
    # Where a clock was set meanwhile the two differ, and the earlier one misses nothing.
    return min(shifted, job.submitted_at_telnyx) - allowance


def looked_after(job: JobView, *, told: datetime | None, here: datetime, ours: datetime) -> timedelta | None:
    """Return how long after the claim a complete listing looked, or None if it is no evidence.

    `told` is the moment of the listing by its own `Date`, or None without one; `here` by Redis' clock, `ours` by this
    machine's. A listing is no evidence where nothing tells that its window began before the claim.
    """
    since_claim = here - (job.submitted_at or job.created_at)
    if job.submitted_at_telnyx is None:
        # The window is wide; a clock that is off by as much as that would be needed to miss the fax.
        reference = ours if told is None else told
        return since_claim if abs(reference - here) < UNTOLD / 2 else None
    if told is None or told < job.submitted_at_telnyx:
        return None
    return min(since_claim, told - job.submitted_at_telnyx)
