"""The time from which a listing must be requested for an unknown attempt, and what a listing without it proves. Pure.

Telnyx dates a fax by its own clock, the ledger dates a claim by Redis'. The claim therefore also records Telnyx's time,
if an answer has shown it, and each listing is judged by its own date.
"""

from datetime import datetime, timedelta

from faxdispatch.ledger import JobView

CLOCK_MARGIN = timedelta(days=1)
"""Allowance if the claim could not record Telnyx's clock."""


def begins(job: JobView, *, ahead: timedelta | None, allowance: timedelta) -> datetime:
    """Return the time, by Telnyx's clock, from which the listing is requested.

    `ahead` is how far Telnyx's clock is ahead of Redis' now, or None if it is not known. `allowance` covers changes of
    the clocks since the claim.
    """
    shifted = (job.submitted_at or job.created_at) + (ahead or timedelta())
    if job.submitted_at_telnyx is None:
        return shifted - max(allowance, CLOCK_MARGIN)
    # If a clock was set meanwhile, the two differ, and the earlier one misses nothing.
    return min(shifted, job.submitted_at_telnyx) - allowance


def looked_after(
    job: JobView, *, listed_at: datetime | None, here: datetime, machine_now: datetime
) -> timedelta | None:
    """Return how long after the claim a complete listing was requested, or None if it is not evidence.

    `listed_at` is the time of the listing by its own `Date`, or None without one; `here` is its time by Redis' clock,
    and `machine_now` by this machine's. A listing is not evidence if nothing shows that its window began before the
    claim.
    """
    since_claim = here - (job.submitted_at or job.created_at)
    if job.submitted_at_telnyx is None:
        # The window is wide, so only a clock with as large an error could make it miss the fax.
        reference = machine_now if listed_at is None else listed_at
        return since_claim if abs(reference - here) < CLOCK_MARGIN / 2 else None
    if listed_at is None or listed_at < job.submitted_at_telnyx:
        return None
    return min(since_claim, listed_at - job.submitted_at_telnyx)
