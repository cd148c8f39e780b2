"""Checks the conditions of a single job: its time, its number, its sender, the policy hook."""

from datetime import datetime

from faxdispatch.hooks import Change, Hold, Reject
from faxdispatch.jobs import SendFax
from faxdispatch.ledger import JobView
from faxdispatch.ledger.rules import PROBE_PAUSES
from faxdispatch.states import HoldReason, State
from worker.context import Collaborators
from worker.hook import HookFailed, apply
from worker.policy import ACCOUNT_PAUSE
from worker.sending.stages import Ended, Outcome, Prepared
from worker.sending.timing import missed, opens

_WAITING = (State.QUEUED, State.HELD)


def prepare(job: JobView, w: Collaborators) -> Prepared:
    """Check a job that may be tried now. Its history is read if a policy hook needs it.

    Raises:
        Ended: it may not be sent; it is parked or has ended.
        NotKnown: it is gone by now.
        Unavailable: Redis did not answer.
    """
    if job.state not in _WAITING:
        raise Ended(Outcome.DROPPED)
    now = w.now()
    _check_deadline(job, now, w)
    if job.untaken >= w.settings.max_never_accepted:
        raise _parked(job, HoldReason.NEVER_ACCEPTED, w)
    _check_number(job, w)
    _check_opening(job, now, w)
    request = _ask_hook(job, now, w)
    connection = request.connection_id or w.settings.connection_id
    sender = request.from_ or w.settings.sender
    # A person fixes this by setting FAX_CONNECTION_ID or FAX_FROM; until then nothing is lost.
    if not connection:
        raise _parked(job, HoldReason.NO_CONNECTION, w, after=ACCOUNT_PAUSE)
    if not sender:
        raise _parked(job, HoldReason.NO_SENDER, w, after=ACCOUNT_PAUSE)
    return Prepared(job, request, connection, sender)


def _check_number(job: JobView, w: Collaborators) -> None:
    try:
        w.settings.number_policy.check(job.request.to)
    except ValueError as error:
        raise _rejected(job, "destination_not_allowed", {"problem": str(error)}, w) from None


def check_time(job: JobView, now: datetime, w: Collaborators) -> None:
    """Check that a job may be sent now by its own time.

    Raises:
        Ended: it may not, or not yet.
        Unavailable: Redis did not answer.
    """
    _check_deadline(job, now, w)
    _check_opening(job, now, w)


def _check_deadline(job: JobView, now: datetime, w: Collaborators) -> None:
    if job.request.expired(now):
        w.ledger.end(job.job_id, event="job.exhausted", cause="send_by", states=_WAITING)
        raise Ended(Outcome.EXPIRED)


def _check_opening(job: JobView, now: datetime, w: Collaborators) -> None:
    if _too_late(job, now, w):
        raise _parked(job, HoldReason.TOO_LATE, w)
    # Waiving one of them does not waive the other.
    waived = job.waived & {HoldReason.SEND_AT, HoldReason.WINDOW}
    request = job.request.model_copy(update=dict.fromkeys(waived)) if waived else job.request
    if closed := opens(request, now, calendar=w.calendar, sender=w.settings.sender):
        raise _parked(job, HoldReason(closed[1]), w, due=closed[0])


def _too_late(job: JobView, now: datetime, w: Collaborators) -> bool:
    if HoldReason.TOO_LATE in job.waived or job.attempt:
        return False
    if job.hold_reason == HoldReason.TOO_LATE:
        return True
    planned, reason = job.due_at, job.hold_reason
    if job.state is State.QUEUED and job.request.send_at:
        # The job has not been checked before. A time that had already passed when it was recorded means at once.
        asked = max(job.request.send_at, job.created_at)
        opening = opens(job.request, asked, calendar=w.calendar, sender=w.settings.sender)
        planned, reason = opening[0] if opening else asked, HoldReason.SEND_AT
    return missed(planned, reason, now, w.settings.fax_too_late)


def _ask_hook(job: JobView, now: datetime, w: Collaborators) -> SendFax:
    """Return the request with the policy hook's changes.

    Without its answer nothing is sent, since its purpose is to stop faxes.
    """
    if w.hook is None:
        return job.request
    try:
        history = w.ledger.job(job.job_id, history=True).history
        answer = w.hook.ask(job.request, history, now)
        if isinstance(answer, Change):
            return apply(answer, job.request, region=w.settings.fax_default_region)
    except HookFailed as error:
        raise _parked(job, HoldReason.POLICY_HOOK_FAILED, w, after=PROBE_PAUSES[-1], detail=str(error)) from None
    if isinstance(answer, Hold) and HoldReason.POLICY_HOOK not in job.waived:
        raise _parked(job, HoldReason.POLICY_HOOK, w, due=answer.due(now), detail=answer.reason)
    if isinstance(answer, Reject):
        raise _rejected(job, "policy_hook", {"detail": answer.reason}, w)
    return job.request


def _parked(
    job: JobView,
    reason: HoldReason,
    w: Collaborators,
    *,
    due: datetime | None = None,
    after: float | None = None,
    detail: str | None = None,
) -> Ended:
    """Hold a job until `due`, for `after` seconds, or until a person decides. Return the end of its attempt."""
    moment = due.timestamp() if due else None
    if after is not None:
        moment = w.now().timestamp() + after
    w.ledger.hold(job.job_id, reason=reason, due=moment, detail=detail)
    return Ended(Outcome.PARKED)


def _rejected(job: JobView, cause: str, facts: dict[str, str], w: Collaborators) -> Ended:
    w.ledger.end(job.job_id, event="job.rejected", cause=cause, states=_WAITING, facts=facts)
    return Ended(Outcome.REFUSED)
