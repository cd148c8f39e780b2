"""Giving up the rows of a campaign that cannot be sent at present, so that the campaign can finish."""

from faxdispatch.ledger import Campaign, Campaigns, JobView, Ledger, Scripts, job_of_row
from faxdispatch.states import HoldReason, State

_PAGE = 200
_WAITING = (State.QUEUED, State.HELD)


def give_up(campaign: Campaign, scripts: Scripts, *, why: str | None, operator: str | None) -> int:
    """End as failed the rows that Telnyx never accepted, that wait for their document, or that missed their time.

    Returns how many.

    Faxes in flight, and faxes whose outcome is being searched for, continue. `why` and `operator` are recorded with
    each row.
    """
    ledger, rows, given_up = Ledger(scripts), Campaigns(scripts).open_rows(campaign.id), 0
    for at in range(0, len(rows), _PAGE):
        for job in ledger.jobs([job_of_row(campaign.id, row, campaign.generation) for row in rows[at : at + _PAGE]]):
            cause = _cause(job) if job and job.state in _WAITING else None
            if job is None or cause is None:
                continue
            facts = {"untaken": job.untaken or None, "why": why, "operator": operator}
            reply = ledger.end(
                job.job_id,
                event="job.exhausted",
                cause=cause,
                states=_WAITING,
                facts={name: value for name, value in facts.items() if value is not None},
                source="operator",
            )
            given_up += reply["outcome"] == "failed"
    return given_up


def _cause(job: JobView) -> HoldReason | None:
    """Return why a row is given up, or None if it is not.

    The reason of its hold may be a later one, such as a pause.
    """
    if job.untaken:
        return HoldReason.NEVER_ACCEPTED
    if job.unfetched:
        return HoldReason.NO_DOCUMENT
    # A row that a person has released is sent, although it is still held for a moment.
    missed = job.hold_reason == HoldReason.TOO_LATE and HoldReason.TOO_LATE not in job.waived
    return HoldReason.TOO_LATE if missed else None
