"""Decides whether the record of a fax may be deleted at Telnyx: not while a job or an inbound document needs it."""

from faxdispatch.errors import Conflict, NotKnown
from faxdispatch.ledger import DocumentPlace, Inbox, Ledger
from faxdispatch.operations.job_of_fax import job_of, marked
from faxdispatch.telnyx.models import Fax


def check_deletable(fax: Fax, ledger: Ledger | None, *, fetches: bool) -> None:
    """Refuse a fax that is still needed. `fetches` says that inbound documents are stored here.

    Raises:
        Conflict: it says what must happen first.
        Unavailable: Redis did not answer.
    """
    _check_job(fax, ledger)
    if ledger and fetches and fax.direction == "inbound":
        _check_document(fax, ledger)


def _check_job(fax: Fax, ledger: Ledger | None) -> None:
    mark = marked(fax)
    if mark and (ledger is None or not marked(fax, ledger)):
        raise Conflict(
            f"not deleted: it was sent for job {mark.job_id}, and only that job's ledger knows whether the job has "
            f"ended; set REDIS_URL to that ledger"
        )
    view = job_of(fax, ledger) if ledger else None
    if view and not view.finished:
        raise Conflict(
            f"not deleted: its job {view.job_id} is still {view.state}, and would lose the evidence that the fax was "
            f"sent; wait for its end, or end it: faxdispatch cancel {view.job_id}"
        )


def _check_document(fax: Fax, ledger: Ledger) -> None:
    try:
        place = Inbox(ledger.scripts).get(str(fax.id)).place
    except NotKnown:
        return
    if place in (DocumentPlace.COMING, DocumentPlace.WANTED):
        raise Conflict("not deleted: its document is not stored here yet and would be lost; wait for fax.stored")
    if place is DocumentPlace.GIVEN_UP:
        raise Conflict(
            f"not deleted: its document could not be stored here and would be lost; faxdispatch inbound show {fax.id} "
            f"says why, and faxdispatch inbound fetch {fax.id} tries again"
        )
