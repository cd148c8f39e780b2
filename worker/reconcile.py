"""Finds evidence of unknown sends by their client_state in Telnyx's listing, and asks about single faxes.

Only a complete listing counts, and only enough complete listings within the settle time prove that an attempt was never
accepted.
"""

import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from faxdispatch.errors import TelnyxError
from faxdispatch.ledger import JobView
from faxdispatch.observability import tracing
from faxdispatch.operations.observing import observation_of
from faxdispatch.states import State
from faxdispatch.telnyx import Fax
from faxdispatch.telnyx.client_state import decode_client_state
from worker.context import Collaborators
from worker.window import begins, looked_after

log = logging.getLogger(__name__)


def reconcile(job_id: str, w: Collaborators) -> None:
    """Search for an unknown attempt of a job and record the result.

    A listing that fails is not evidence of absence: the job stays unknown, and Telnyx is asked again. The entries that
    it showed before it failed are evidence nevertheless.

    Raises:
        NotKnown: there is no such job.
        Unavailable: Redis did not answer.
    """
    job = w.ledger.job(job_id)
    if job.state is not State.UNKNOWN:
        return
    with tracing.within("fax reconcile", parent=job.trace, facts={"fax.job": job_id, "fax.attempt": job.attempt}):
        _look_for(job, w)


def _look_for(job: JobView, w: Collaborators) -> None:
    found, begun = False, time.monotonic()
    try:
        for fax in _listing(job, w):
            if _is(fax, job, w):
                found = True
                w.ledger.accept(job.job_id, job.attempt, str(fax.id), source="listing")
                record(fax, "listing", w)
    except TelnyxError as error:
        log.info("job %s attempt %d: listing failed: %s", job.job_id, job.attempt, error, extra={"job": job.job_id})
        return
    if not found:
        _not_found(job, begun, w)


def ask(fax_id: str, w: Collaborators) -> Fax:
    """Read a fax from Telnyx and record its status.

    Raises:
        TelnyxError: the call failed.
        Unavailable: Redis did not answer.
    """
    with w.telnyx.borrow() as telnyx:
        fax = telnyx.get_fax(fax_id)
    record(fax, "poll", w)
    return fax


def record(fax: Fax, source: str, w: Collaborators) -> None:
    """Record the status of a fax that Telnyx returned; a status that has no event only moves the job."""
    w.observations.record(observation_of(fax, source))


def _is(fax: Fax, job: JobView, w: Collaborators) -> bool:
    mark = decode_client_state(fax.client_state)
    if mark is None or (mark.job_id, mark.attempt) != (job.job_id, job.attempt):
        return False
    return w.ledger.identity.owns(mark.ledger)


def _listing(job: JobView, w: Collaborators) -> Iterator[Fax]:
    since = begins(job, ahead=w.telnyx_ahead(), allowance=timedelta(seconds=w.settings.settle_skew))
    with w.telnyx.borrow() as telnyx:
        yield from telnyx.list_faxes(
            created_at_gte=since, direction="outbound", to=job.request.to, from_=job.sender, page_size=250
        )


def _not_found(job: JobView, begun: float, w: Collaborators) -> None:
    """Record that a complete listing does not show the attempt, if it is sure that the listing covers its time.

    `begun` is when the listing was begun, by the monotonic clock.
    """
    telnyx_now = w.telnyx_clock.now(heard_since=begun)
    now, age = w.now(), timedelta(seconds=time.monotonic() - begun)
    after = looked_after(
        job, listed_at=telnyx_now - age if telnyx_now else None, here=now - age, machine_now=datetime.now(UTC) - age
    )
    if after is None:
        log.warning(
            "job %s attempt %d: not listed, but the listing may not reach back to the claim; faxdispatch doctor shows "
            "which clock is wrong",
            job.job_id,
            job.attempt,
            extra={"job": job.job_id},
        )
        return
    reply = w.ledger.not_listed(
        job.job_id,
        job.attempt,
        look=uuid4().hex,
        settle=w.settings.fax_settle,
        enough=w.settings.settle_listings,
        age=age.total_seconds(),
        after_claim=after.total_seconds(),
        account=w.account.known(),
    )
    log.info("job %s attempt %d: not listed, %s", job.job_id, job.attempt, reply["outcome"], extra={"job": job.job_id})
