"""Sends a fax again, by the request of a new job that is linked to the ended one."""

from typing import Any

from faxdispatch.errors import Conflict
from faxdispatch.jobs import SendFax
from faxdispatch.ledger import JobView
from faxdispatch.states import State

_OF_THE_FIRST = ("job_id", "idempotency_key", "send_at", "send_by")
"""Options that applied only to the first sending."""


def again(job: JobView, to: str | None, *, region: str | None = None) -> SendFax:
    """Return the request for sending a job again, to another number if one is given.

    The new job names the old one, and its idempotency key is made from both, so doing it twice makes one fax.

    Raises:
        InvalidJob: it is not a number, or a later version recorded the job with fields that this one does not know.
        Conflict: the job is open (for instance unknown), or is a row of a campaign.
    """
    if job.row is not None:
        raise of_a_campaign(job.job_id, job.campaign_id or "", job.row)
    if not job.finished:
        settle = "; faxdispatch resolve decides an outcome that cannot be found" if job.state is State.UNKNOWN else ""
        raise Conflict(f"job {job.job_id}: is {job.state}, so it may still arrive, and is not sent again{settle}")
    asked: dict[str, Any] = {
        name: value for name, value in job.known().request.encode().items() if name not in _OF_THE_FIRST
    } | {"resend_of": job.job_id}
    # The number was valid when it was recorded; only a new one is judged again.
    number = job.request.to if to is None else SendFax.decode({**asked, "to": to}, region=region).to
    key = f"resend:{job.job_id}:{number}"[:255]
    return SendFax.decode({**asked, "to": number, "idempotency_key": key}, recorded=True)


def of_a_campaign(job_id: str, campaign_id: str, row: int) -> Conflict:
    """Return the error for a row of a campaign, which says what to do instead."""
    return Conflict(
        f"job {job_id}: is row {row} of campaign {campaign_id}; "
        f"faxdispatch campaign retry {campaign_id} --row {row} tries it again, with --to NUMBER at another number"
    )
