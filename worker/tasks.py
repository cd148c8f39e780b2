"""The Celery tasks: decode, call, and let Celery acknowledge. They take what they work with from their app."""

import hashlib
import logging
import re
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from celery import shared_task
from celery.exceptions import Reject
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_exponential

from faxdispatch.errors import (
    AccountRefused,
    FaxError,
    IdempotencyConflict,
    InvalidJob,
    NotKnown,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    TelnyxError,
    Unavailable,
    WrongState,
)
from faxdispatch.inbound.store import StoreTrouble
from faxdispatch.jobs import ATTEMPT, CancelFax, FindInbound, Job, RefreshMedia, SendFax, SyncStatus
from worker import inbound
from worker.attempt import run_attempt, run_attempts
from worker.charges import read_charges
from worker.collaborators import Collaborators
from worker.errands import CHARGES, CHECKS, FETCH, FORGET, LOOK, REMOVE
from worker.reconcile import ask, reconcile

log = logging.getLogger(__name__)

AnyJob = TypeVar("AnyJob", bound=Job)

_PASSES = (NotSent, OutcomeUnknown, RateLimited, AccountRefused)
"""What a later try of a question may not meet."""

RETURN_AFTER = 2.0
"""Seconds that a message which cannot be recorded rests before it goes back to the broker."""


def _kept(work: Callable[..., None]) -> Callable[..., None]:
    """Give a producer's message back to the broker where Redis is away: Celery acknowledges what fails otherwise.

    Nobody else may know of it. Our own messages need no such care, since the scheduler brings them again.
    """

    @wraps(work)
    def task(self: Any, *args: Any, **payload: Any) -> None:
        try:
            work(self, *args, **payload)
        except Unavailable as error:
            log.warning("message %s goes back: %s", self.request.id, error)
            time.sleep(RETURN_AFTER)
            raise Reject(str(error), requeue=True) from error

    return task


@shared_task(bind=True, name=SendFax.TASK)
@_kept
def send_fax(self: Any, *args: Any, **payload: Any) -> None:
    """Record a fax, if it is not recorded already, and try to send it."""
    job = _decode(self, SendFax, args, payload)
    if job is None:
        return
    w = _with(self)
    try:
        job_id = _create(w, job.job_id or _identity(self.request.id), job)
    except IdempotencyConflict as conflict:
        _bury(self, args, payload, conflict)
        return
    run_attempt(job_id, w)


@shared_task(bind=True, name=ATTEMPT)
def attempt(self: Any, job_id: str) -> None:
    """Try to send a recorded job. Internal: the reminder of `FaxClient` and of the scheduler."""
    _known(job_id, run_attempt, _with(self))


@shared_task(bind=True, name="fax.rows.v1")
def attempts(self: Any, jobs: list[str]) -> None:
    """Try to send several recorded jobs, side by side. Internal: the scheduler's, when it is their turn."""
    run_attempts(jobs, _with(self))


@shared_task(bind=True, name="fax.reconcile.v1")
def reconcile_unknown(self: Any, job_id: str) -> None:
    """Look for evidence of an unknown attempt. Internal."""
    _known(job_id, reconcile, _with(self))


@shared_task(bind=True, name=CancelFax.TASK)
@_kept
def cancel_fax(self: Any, *args: Any, **payload: Any) -> None:
    """Cancel a fax. What came of it is told by an event."""
    job = _decode(self, CancelFax, args, payload)
    if job is None:
        return
    w = _with(self)
    job_id = job.job_id or w.ledger.job_of_fax(str(job.fax_id))
    try:
        if job_id:
            _cancel_job(job_id, w)
        else:
            _cancel_at_telnyx(str(job.fax_id), w)
            w.agenda.stray_gone(str(job.fax_id))
    except (NotKnown, TelnyxError) as error:
        if not _needs_no_letter(job_id, error):
            _bury(self, args, payload, error)


@shared_task(bind=True, name=SyncStatus.TASK)
@_kept
def sync_status(self: Any, *args: Any, **payload: Any) -> None:
    """Read a fax's status from Telnyx and record it."""
    job = _decode(self, SyncStatus, args, payload)
    if job is None:
        return
    w, fax_id = _with(self), job.fax_id
    try:
        if job.job_id:
            view = w.ledger.job(job.job_id)
            fax_id = view.fax_id
            reconcile(job.job_id, w)
        if fax_id:
            ask(fax_id, w)
    except (NotKnown, TelnyxError) as error:
        if not _needs_no_letter(job.job_id, error):
            _bury(self, args, payload, error)


@shared_task(bind=True, name=RefreshMedia.TASK)
@_kept
def refresh_media(self: Any, *args: Any, **payload: Any) -> None:
    """Renew an inbound fax's media link and publish the fax with the new one."""
    job = _decode(self, RefreshMedia, args, payload)
    if job is None:
        return
    w = _with(self)
    try:
        with w.telnyx.borrow() as telnyx:
            telnyx.refresh_fax(job.fax_id)
            fax = telnyx.get_fax(job.fax_id)
    except TelnyxError as error:
        _bury(self, args, payload, error)
        return
    facts = fax.model_dump(mode="json", by_alias=True, exclude_none=True)
    w.ledger.tell("fax.refreshed", subject=job.fax_id, fax_id=job.fax_id, facts=facts, source="worker")


@shared_task(bind=True, name=FindInbound.TASK)
@_kept
def find_inbound(self: Any, *args: Any, **payload: Any) -> None:
    """List Telnyx's inbound faxes. After a listing of our own that fails comes the next; one asked for is told of."""
    job = _decode(self, FindInbound, args, payload)
    if job is None:
        return
    try:
        inbound.find(_with(self), since=job.since)
    except TelnyxError as error:
        if job.since:
            _bury(self, args, payload, error)
        else:
            log.warning("the listing of inbound faxes failed: %s", error)


@shared_task(bind=True, name=FETCH)
def fetch_documents(self: Any) -> None:
    """Fetch and store documents of inbound faxes. Internal."""
    w = _with(self)
    if inbound.fetch(w):
        w.post(FETCH, CHECKS, {})


@shared_task(bind=True, name=LOOK)
def look_at_inbound(self: Any, fax_id: str) -> None:
    """Ask Telnyx about a fax that is on its way in. Internal."""
    inbound.look_at(fax_id, _with(self))


@shared_task(bind=True, name=REMOVE)
def remove_documents(self: Any) -> None:
    """Remove the documents that are kept no longer. Internal."""
    try:
        inbound.remove(_with(self))
    except StoreTrouble as error:
        log.warning("documents that are kept no longer could not be removed: %s", error)


@shared_task(bind=True, name=FORGET)
def forget_fax(self: Any, fax_id: str) -> None:
    """Delete a fax at Telnyx. Internal."""
    inbound.forget(fax_id, _with(self))


@shared_task(bind=True, name=CHARGES)
def settle_charges(self: Any) -> None:
    """Read what the faxes of past days cost. Internal."""
    read_charges(_with(self))


def _with(task: Any) -> Collaborators:
    collaborators: Collaborators = task.app.collaborators
    return collaborators


def _identity(message_id: object) -> str:
    """Make a message's id the job's: however often the message is delivered, it is one fax.

    An id that no job may have is told apart by its hash, so that two of them never become one.
    """
    given = str(message_id)
    safe = re.sub(r"[^A-Za-z0-9_-]", "-", given)[:80]
    return safe if safe == given and safe else f"{safe}-{hashlib.sha256(given.encode()).hexdigest()[:16]}"


@retry(
    retry=retry_if_exception_type(Unavailable),
    wait=wait_exponential(multiplier=0.1, max=5),
    stop=stop_after_delay(60),
    reraise=True,
)
def _create(w: Collaborators, job_id: str, job: SendFax) -> str:
    recorded: str = w.ledger.create(job_id, job, source="message")["job"]
    return recorded


def _decode(task: Any, kind: type[AnyJob], args: tuple[Any, ...], payload: dict[str, Any]) -> AnyJob | None:
    """Read a message; one that is no job becomes an event and a dead letter."""
    content: Any = payload
    if args:
        content = args[0] if len(args) == 1 and not payload else {"args": list(args), **payload}
    try:
        return kind.decode(content, region=_with(task).settings.fax_default_region)
    except InvalidJob as error:
        _bury(task, args, payload, error)
        return None


def _bury(task: Any, args: tuple[Any, ...], payload: dict[str, Any], error: FaxError) -> None:
    log.warning("message %s of %s: %s", task.request.id, task.name, error)
    facts: dict[str, Any] = {"task": task.name, "reason": type(error).__name__, "problem": str(error)}
    if isinstance(error, InvalidJob):
        facts["problems"] = error.problems
    _with(task).ledger.bury(
        task.request.id,
        letter={"task": task.name, "args": list(args), "kwargs": payload, **facts},
        facts=facts,
        source="worker",
    )


def _needs_no_letter(job_id: str | None, error: FaxError) -> bool:
    """Tell whether a question about a job may fail without a word.

    The scheduler asks again as long as the job is open, and of one that has ended meanwhile nothing needs to be asked.
    As dead letters, an hour without Telnyx would bury every fax in flight, again and again.
    """
    passes = job_id is not None and isinstance(error, _PASSES)
    if passes:
        log.info("job %s: %s", job_id, error)
    return passes


def _known(job_id: str, act: Any, w: Collaborators) -> None:
    try:
        act(job_id, w)
    except NotKnown:
        log.info("job %s is gone", job_id)


def _cancel_job(job_id: str, w: Collaborators) -> None:
    reply = w.ledger.cancel(job_id, source="worker")
    if reply["outcome"] == "gone":
        raise NotKnown(f"job {job_id}: not known here")
    if reply["outcome"] == "wished" and reply["state"] == "accepted":
        _cancel_at_telnyx(reply["fax_id"], w)


def _cancel_at_telnyx(fax_id: str, w: Collaborators) -> None:
    try:
        with w.telnyx.borrow() as telnyx:
            telnyx.cancel_fax(fax_id)
    except WrongState:
        # Too late: what has become of it is worth knowing now.
        ask(fax_id, w)
