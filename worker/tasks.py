"""The Celery tasks: decode, call, and let Celery acknowledge. They get everything they need from their app.

The gate has read the arguments of each from a message: the payload in JSON types, and facts for its first event.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import wraps
from typing import Any, TypeVar

from celery import shared_task
from celery.exceptions import Reject

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
from faxdispatch.jobs import JOBS, CancelFax, FindInbound, Job, RefreshMedia, SendFax, SyncStatus
from faxdispatch.ledger import Question
from faxdispatch.storage.store import StoreTrouble
from worker import inbound
from worker.charges import read_charges
from worker.context import Collaborators
from worker.intake import Fax, take_in
from worker.media import keep_media
from worker.messaging.gate import TOGETHER, Asked
from worker.messaging.message import Message
from worker.messaging.reminders import (
    Ask,
    Attempt,
    Attempts,
    Charges,
    Fetch,
    Forget,
    KeepMedia,
    Look,
    Reconcile,
    Remove,
)
from worker.reconcile import ask, reconcile
from worker.sending.attempt import run_attempt, run_attempts

log = logging.getLogger(__name__)

AnyJob = TypeVar("AnyJob", bound=Job)

_PASSES = (NotSent, OutcomeUnknown, RateLimited, AccountRefused)
"""Errors of a question that may not occur at a later try."""

RETURN_AFTER = 2.0
"""Seconds before a message that cannot be recorded goes back to the broker."""


_DOES: dict[str, Callable[[Message], None]] = {}
"""The function that carries out a message of a task."""


def _does(kind: type[AnyJob]) -> Callable[[Callable[[AnyJob, Message], None]], Any]:
    """Make the Celery task of one kind of message: it is decoded, carried out, and reported if it cannot be.

    Producers' messages exist nowhere else before they are recorded. They go back to the broker if Redis cannot be
    reached or does not confirm that the result is as safe as a claim. Any other error makes them dead letters, since
    Celery acknowledges messages that fail. The scheduler replaces lost messages of the workers themselves.
    """

    def make(work: Callable[[AnyJob, Message], None]) -> Any:
        @shared_task(bind=True, name=kind.TASK)
        @wraps(work)
        def task(self: Any, payload: Any, facts: Mapping[str, Any], trace: str | None = None) -> None:
            message = Message(self.request.id, kind.TASK, payload, facts, self.app.collaborators, trace)
            with _kept(message.w, f"message {message.id}") if kind in JOBS else nullcontext():
                _do(work, kind, message)

        _DOES[kind.TASK] = lambda message: _do(work, kind, message)
        return task

    return make


@contextmanager
def _kept(w: Collaborators, what: str) -> Iterator[None]:
    """Make sure that the results of producers' messages are as safe as a claim before these are acknowledged.

    Raises:
        Reject: they are not, or Redis cannot be reached: the messages go back to the broker.
    """
    try:
        before = w.barrier.mark()
        yield
        _confirm(w, before)
    except Unavailable as error:
        log.warning("%s goes back into its queue: %s", what, error)
        time.sleep(RETURN_AFTER)
        raise Reject(str(error), requeue=True) from error


def _confirm(w: Collaborators, mark: str) -> None:
    if not w.barrier.durable_since(mark):
        raise Unavailable("its result is not yet safe from a crash of Redis")


def _do(work: Callable[[AnyJob, Message], None], kind: type[AnyJob], message: Message) -> None:
    try:
        work(kind.decode(message.payload, region=message.w.settings.fax_default_region), message)
        _report_ignored(message)
    except (InvalidJob, IdempotencyConflict) as error:
        message.dead_letter(error)
    except Unavailable:
        raise
    except Exception as error:
        if kind not in JOBS:
            raise
        log.exception("message %s of %s: unexpected error", message.id, kind.TASK)
        message.dead_letter(error)


def _report_ignored(message: Message) -> None:
    """Report callbacks that were not made. For a fax, its first event reports them."""
    if "ignored" in message.facts and message.task != SendFax.TASK:
        facts = {"task": message.task, "ignored": message.facts["ignored"]}
        message.w.ledger.publish("message.stripped", subject=message.id, facts=facts, source="worker")


@_does(SendFax)
def send_fax(job: SendFax, message: Message) -> None:
    """Record a fax, if it is not recorded already, and try to send it."""
    take_in([(message, job)], message.w)


@shared_task(bind=True, name=TOGETHER)
def take_together(self: Any, asked: Sequence[Asked]) -> None:
    """Carry out messages that came together: faxes at once, all others one by one.

    They are acknowledged together, so one that cannot be carried out must not delay the others.
    """
    w: Collaborators = self.app.collaborators
    messages = [Message(one.id, one.task, one.payload, one.facts, w, one.trace) for one in asked]
    faxes: list[Fax] = []
    with _kept(w, f"the other faxes of message {messages[0].id}"):
        for message in messages:
            if message.task == SendFax.TASK:
                _do(lambda job, message: faxes.append((message, job)), SendFax, message)
        _take_in(faxes, w)
        for message in messages:
            if message.task != SendFax.TASK:
                _alone(message)


def _take_in(faxes: Sequence[Fax], w: Collaborators) -> None:
    try:
        if faxes:
            take_in(faxes, w)
    except Unavailable:
        raise
    except Exception:
        log.exception("%d faxes, including that of message %s: unexpected error", len(faxes), faxes[0][0].id)
        for message, _ in faxes:
            _alone(message)


def _alone(message: Message) -> None:
    """Carry out one of several messages. If a message that is not a producer's fails, the scheduler sends another."""
    try:
        _DOES[message.task](message)
    except Unavailable:
        raise
    except Exception:
        log.exception("message %s of %s: unexpected error", message.id, message.task)


@_does(Attempt)
def attempt(job: Attempt, message: Message) -> None:
    """Try to send a recorded job."""
    _known(job.job_id, run_attempt, message.w)


@_does(Attempts)
def attempts(job: Attempts, message: Message) -> None:
    """Try to send several recorded jobs in parallel."""
    run_attempts(job.jobs, message.w)


@_does(Reconcile)
def reconcile_unknown(job: Reconcile, message: Message) -> None:
    """Look for evidence of an unknown attempt."""
    _known(job.job_id, reconcile, message.w)


@_does(CancelFax)
def cancel_fax(job: CancelFax, message: Message) -> None:
    """Cancel a fax. An event reports the result."""
    w = message.w
    job_id = job.job_id or w.ledger.job_of_fax(str(job.fax_id))
    try:
        if job_id:
            _cancel_job(job_id, w)
        else:
            _cancel_at_telnyx(str(job.fax_id), w)
            w.agenda.surplus_gone(str(job.fax_id))
    except (NotKnown, TelnyxError) as error:
        if not _needs_no_dead_letter(job_id, error):
            message.dead_letter(error)


def _put(job: SyncStatus | RefreshMedia | FindInbound, message: Message) -> None:
    message.w.questions.put(Question(message.task, job.encode(), message.id))


@_does(SyncStatus)
def sync_status(job: SyncStatus, message: Message) -> None:
    """Read a fax's status from Telnyx and record it, once it is this producer's turn."""
    _put(job, message)


@_does(RefreshMedia)
def refresh_media(job: RefreshMedia, message: Message) -> None:
    """Renew an inbound fax's media link, once it is this producer's turn."""
    _put(job, message)


@_does(FindInbound)
def find_inbound(job: FindInbound, message: Message) -> None:
    """List Telnyx's inbound faxes, once it is this producer's turn."""
    _put(job, message)


@_does(Ask)
def ask_telnyx(job: Ask, message: Message) -> None:
    """Ask a question. A question that Telnyx's limits or ours delay stays on the waiting list, and is asked again."""
    about = Message(job.message_id or message.id, job.task, job.payload, {}, message.w)
    try:
        _QUESTIONS[job.task](job.payload, about)
    except RateLimited as error:
        log.info("message %s of %s waits: %s", about.id, about.task, error)
        return
    except Unavailable:
        raise
    except Exception as error:
        if not job.question:
            raise
        log.exception("message %s of %s: unexpected error", about.id, about.task)
        about.dead_letter(error)
    if job.question:
        message.w.questions.done(job.question)


def _sync(payload: dict[str, Any], message: Message) -> None:
    """Read a fax's status from Telnyx and record it."""
    job, w = SyncStatus.decode(payload), message.w
    fax_id = job.fax_id
    try:
        if job.job_id:
            view = w.ledger.job(job.job_id)
            fax_id = view.fax_id
            reconcile(job.job_id, w)
        if fax_id:
            ask(fax_id, w)
    except RateLimited:
        raise
    except (NotKnown, TelnyxError) as error:
        if not _needs_no_dead_letter(job.job_id, error):
            message.dead_letter(error)


def _refresh(payload: dict[str, Any], message: Message) -> None:
    """Renew an inbound fax's media link and publish the fax with the new one."""
    fax_id = RefreshMedia.decode(payload).fax_id
    try:
        with message.w.telnyx.borrow() as telnyx:
            telnyx.refresh_fax(fax_id)
            fax = telnyx.get_fax(fax_id)
    except RateLimited:
        raise
    except TelnyxError as error:
        message.dead_letter(error)
        return
    facts = fax.model_dump(mode="json", by_alias=True, exclude_none=True)
    message.w.ledger.publish("fax.refreshed", subject=fax_id, fax_id=fax_id, facts=facts, source="worker")


def _find(payload: dict[str, Any], message: Message) -> None:
    """List Telnyx's inbound faxes.

    A failed listing of the workers is not reported, since another one follows; a producer's is.
    """
    job = FindInbound.decode(payload)
    try:
        inbound.find(message.w, since=job.since)
    except RateLimited:
        raise
    except TelnyxError as error:
        if job.since:
            message.dead_letter(error)
        else:
            log.warning("the listing of inbound faxes failed: %s", error)


_QUESTIONS: Mapping[str, Callable[[dict[str, Any], Message], None]] = {
    SyncStatus.TASK: _sync,
    RefreshMedia.TASK: _refresh,
    FindInbound.TASK: _find,
}


@_does(Fetch)
def fetch_documents(_job: Fetch, message: Message) -> None:
    """Fetch and store documents of inbound faxes."""
    if inbound.fetch(message.w):
        message.w.post(Fetch.TASK, Fetch.QUEUE, {})


@_does(Look)
def look_at_inbound(job: Look, message: Message) -> None:
    """Ask Telnyx about a fax that is on its way in."""
    inbound.look_at(job.fax_id, message.w)


@_does(Remove)
def remove_documents(_job: Remove, message: Message) -> None:
    """Remove the documents whose retention is over."""
    try:
        inbound.remove(message.w)
    except StoreTrouble as error:
        log.warning("expired documents could not be removed: %s", error)


@_does(Forget)
def forget_fax(job: Forget, message: Message) -> None:
    """Delete a fax at Telnyx."""
    inbound.forget(job.fax_id, message.w)


@_does(Charges)
def settle_charges(_job: Charges, message: Message) -> None:
    """Read what the faxes of past days cost."""
    read_charges(message.w)


@_does(KeepMedia)
def keep_documents(_job: KeepMedia, message: Message) -> None:
    """Extend the time for which Telnyx keeps documents of campaigns."""
    if keep_media(message.w):
        message.w.post(KeepMedia.TASK, KeepMedia.QUEUE, {})


def _needs_no_dead_letter(job_id: str | None, error: FaxError) -> bool:
    """Return whether a failed question about a job needs no report.

    The scheduler asks again as long as the job is open, and a job that has ended meanwhile needs no question. Otherwise
    an hour without Telnyx would make dead letters of the questions about every fax in flight, repeatedly.
    """
    passes = job_id is not None and isinstance(error, _PASSES)
    if passes:
        log.info("job %s: %s", job_id, error, extra={"job": job_id})
    return passes


def _known(job_id: str, act: Any, w: Collaborators) -> None:
    try:
        act(job_id, w)
    except NotKnown:
        log.info("job %s is gone", job_id, extra={"job": job_id})


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
        # It is too late to cancel, so its status is read.
        ask(fax_id, w)
