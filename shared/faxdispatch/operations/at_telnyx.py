"""Requests of a person to Telnyx about one fax: to cancel it, or to renew the link of its document."""

from collections.abc import Callable

from faxdispatch.errors import NotKnown, OutcomeUnknown, WrongState
from faxdispatch.ledger import Ledger
from faxdispatch.operations.job_of_fax import marked
from faxdispatch.states import PROVIDER_RANK, provider_rank
from faxdispatch.telnyx.client import TelnyxClient
from faxdispatch.telnyx.models import Fax


def cancel_fax(telnyx: TelnyxClient, fax: Fax) -> None:
    """Ask Telnyx to cancel a fax.

    Raises:
        WrongState: it is too late or too early, as the message says.
    """
    fax_id = str(fax.id)
    try:
        telnyx.cancel_fax(fax_id)
    except WrongState as error:
        why = _why_not(telnyx.get_fax(fax_id))
        raise WrongState(f"fax {fax_id}: not cancelled: {why}", status=error.status, code=error.code) from error


def _why_not(fax: Fax) -> str:
    status = fax.status or "in a status that Telnyx does not name"
    if fax.direction == "inbound":
        return f"it is an inbound fax, {status}; only outbound faxes can be cancelled"
    if 0 < provider_rank(fax.status or "") < PROVIDER_RANK["delivered"]:
        return f"Telnyx does not cancel a fax while it is {status}; try again in a moment"
    return f"too late, it is {status}"


def cancel_job_of(fax: Fax, ledger: Ledger, cancel: Callable[[str], str]) -> str | None:
    """Cancel the job too, if this fax is its last attempt and the ledger does not know that fax yet.

    In that case, the workers cannot ask Telnyx, since they do not know the fax. `cancel` takes the job's id and
    returns the outcome. Returns the job's id, or None if no job was cancelled.
    """
    mark = marked(fax, ledger)
    if mark is None:
        return None
    job_id, attempt, _ = mark
    try:
        view = ledger.job(job_id)
        if view.finished or view.attempt != attempt or view.fax_id is not None:
            return None
        return job_id if cancel(job_id) != "over" else None
    except NotKnown:
        return None


def renewed_link(telnyx: TelnyxClient, fax_id: str) -> str:
    """Return a new link to the document of an inbound fax.

    Raises:
        WrongState: it is not a received inbound fax.
        OutcomeUnknown: Telnyx gives no link.
    """
    try:
        telnyx.refresh_fax(fax_id)
    except WrongState as error:
        fax = telnyx.get_fax(fax_id)
        raise WrongState(
            f"fax {fax_id}: Telnyx renews only the links of received inbound faxes; this one is "
            f"{fax.direction or 'of no known direction'} and {fax.status or 'of no known status'}",
            status=error.status,
            code=error.code,
        ) from error
    # The answer to a refresh does not contain the link.
    link = telnyx.get_fax(fax_id).media_url
    if not link:
        raise OutcomeUnknown(f"fax {fax_id}: Telnyx accepted the request but gives no media_url; ask again in a moment")
    return link
