"""Giving up the rows of a campaign that Telnyx never accepted, so that the campaign can finish."""

from faxdispatch.ledger import Campaign, Campaigns, Ledger, Scripts, job_of_row
from faxdispatch.states import HoldReason, State

_PAGE = 200
_WAITING = (State.QUEUED, State.HELD)


def give_up(campaign: Campaign, scripts: Scripts, *, why: str | None, operator: str | None) -> int:
    """End as failed the rows that wait after attempts which Telnyx never accepted. Return how many.

    Faxes in flight, and faxes that are being looked for, are left alone. `why` and `operator` are recorded with each
    row.
    """
    ledger, rows, given_up = Ledger(scripts), Campaigns(scripts).open_rows(campaign.id), 0
    for at in range(0, len(rows), _PAGE):
        for job in ledger.jobs([job_of_row(campaign.id, row, campaign.generation) for row in rows[at : at + _PAGE]]):
            if job is None or not job.untaken or job.state not in _WAITING:
                continue
            facts = {"untaken": job.untaken, "why": why, "operator": operator}
            reply = ledger.end(
                job.job_id,
                event="job.exhausted",
                cause=HoldReason.NEVER_ACCEPTED,
                states=_WAITING,
                facts={name: value for name, value in facts.items() if value is not None},
                source="operator",
            )
            given_up += reply["outcome"] == "failed"
    return given_up
