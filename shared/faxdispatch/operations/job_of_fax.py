"""Finds the job to which a fax at Telnyx belongs."""

from faxdispatch.errors import NotKnown
from faxdispatch.ledger import JobView, Ledger, Scripts
from faxdispatch.settings import Settings
from faxdispatch.telnyx.client_state import Mark, decode_client_state
from faxdispatch.telnyx.models import Fax


def ledger_of(settings: Settings) -> Ledger | None:
    """Return the ledger, or None if no Redis is set. Nothing connects before it is used."""
    return Ledger(Scripts.from_settings(settings)) if settings.redis_url is not None else None


def marked(fax: Fax, ledger: Ledger | None = None) -> Mark | None:
    """Return the job and the attempt that a fax names, by the mark that each fax of a ledger carries.

    With `ledger`, only a mark of that one counts.

    Raises:
        Unavailable: Redis did not answer.
    """
    mark = decode_client_state(fax.client_state)
    if mark and ledger and not ledger.identity.owns(mark.ledger):
        return None
    return mark


def job_of(fax: Fax, ledger: Ledger) -> JobView | None:
    """Return the job that a fax belongs to, as its last or an earlier attempt, or None if the ledger knows none.

    The mark counts too: if the answer to an attempt was lost, the ledger does not know the fax yet.

    Raises:
        Unavailable: Redis did not answer.
    """
    mark = marked(fax, ledger)
    job_id = ledger.job_of_fax(str(fax.id)) or (mark.job_id if mark else None)
    if job_id is None:
        return None
    try:
        return ledger.job(job_id)
    except NotKnown:
        return None
