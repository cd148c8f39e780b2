"""Records Telnyx's answers to sends, with their consequences for the jobs."""

import logging
from collections.abc import Sequence

from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_exponential

from faxdispatch.errors import (
    AccountRefused,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    Refused,
    TelnyxError,
    Unavailable,
    Unreachable,
)
from faxdispatch.jobs import CancelFax
from faxdispatch.ledger import CallOutcome, Scope
from faxdispatch.ledger.rules import PROBE_PAUSES
from faxdispatch.states import HoldReason, State
from faxdispatch.telnyx import Fax
from faxdispatch.telnyx.translate import blames_account
from worker.context import Collaborators
from worker.policy import ACCOUNT_PAUSE, CAPACITY_PAUSES, step
from worker.sending.stages import Claimed, Outcome

log = logging.getLogger(__name__)

_NO_CHANNEL: dict[str, Scope] = {"90041": "account", "90042": "connection", "90043": "connection"}
"""Codes of a 403 that says that all channels of the account, the profile or the connection are in use (Telnyx API
error codes), and whose estimate they lower. This ends by itself, so it is not a reason to pause everything."""


# Telnyx has answered and Redis cannot be reached: keep the answer for as long as a claim lasts. If it cannot be
# recorded at all, the claim's lease runs out and the listing brings the same evidence back.
@retry(
    retry=retry_if_exception_type(Unavailable),
    wait=wait_exponential(multiplier=0.1, max=2),
    stop=stop_after_delay(30),
    reraise=True,
)
def record(answers: Sequence[tuple[Claimed, Fax | TelnyxError]], w: Collaborators) -> dict[str, Outcome]:
    """Record the answers to claimed attempts. Return the result of each job's attempt.

    Raises:
        Unavailable: Redis did not answer for half a minute.
    """
    taken = [(claimed, answer) for claimed, answer in answers if isinstance(answer, Fax)]
    others = [(claimed, answer) for claimed, answer in answers if isinstance(answer, TelnyxError)]
    outcomes = _accepted(taken, w) if taken else {}
    return outcomes | {claimed.job_id: _not_accepted(claimed, answer, w) for claimed, answer in others}


def _not_accepted(claimed: Claimed, answer: TelnyxError, w: Collaborators) -> Outcome:
    log.info("job %s attempt %d: %s", claimed.job_id, claimed.number, answer, extra={"job": claimed.job_id})
    if isinstance(answer, Refused):
        return _refused(claimed, answer, w)
    if isinstance(answer, OutcomeUnknown):
        w.ledger.doubt(
            claimed.job_id,
            claimed.number,
            cause=str(answer.status or "no_answer"),
            look_after=w.settings.reconcile_every,
            facts=answer.as_data(),
            failing=answer.status is not None and answer.status >= 500,
        )
        return Outcome.UNKNOWN
    return _not_created(claimed, answer, w)


def _accepted(taken: Sequence[tuple[Claimed, Fax]], w: Collaborators) -> dict[str, Outcome]:
    seen = [(claimed.job_id, claimed.number, str(fax.id)) for claimed, fax in taken]
    for (job_id, number, fax_id), reply in zip(seen, w.ledger.accept_many(seen, source="worker"), strict=True):
        log.info("job %s attempt %d: accepted as fax %s", job_id, number, fax_id, extra={"job": job_id, "fax": fax_id})
        if reply.get("cancel"):
            w.post(CancelFax.TASK, CancelFax.QUEUE, {"job_id": job_id})
    return {job_id: Outcome.ACCEPTED for job_id, _, _ in seen}


def _refused(claimed: Claimed, answer: Refused | AccountRefused, w: Collaborators) -> Outcome:
    w.ledger.end(
        claimed.job_id,
        event="job.rejected",
        cause=answer.code or str(answer.status),
        # If the answer took longer than the lease, the attempt is unknown by now; the answer is evidence nevertheless.
        states=[State.SUBMITTING, State.UNKNOWN],
        attempt=claimed.number,
        facts=answer.as_data(),
    )
    return Outcome.REFUSED


def _not_created(claimed: Claimed, error: TelnyxError, w: Collaborators) -> Outcome:
    """Put the job back: Telnyx created nothing, so nothing counts against the recipient."""
    holds = claimed.prepared.job.holds
    if isinstance(error, RateLimited):
        # The rate limiter, and so every worker, knows this already.
        return _put_back(claimed, error, HoldReason.RATE_LIMITED, error.retry_after or 1.0, w)
    if isinstance(error, NotSent):
        call: CallOutcome | None = "unreachable" if isinstance(error, Unreachable) else None
        return _put_back(claimed, error, HoldReason.NOT_SENT, step(PROBE_PAUSES, holds), w, call=call)
    assert isinstance(error, AccountRefused), f"{type(error).__name__} has no rule"  # noqa: S101
    if scope := _NO_CHANNEL.get(error.code or ""):
        delay = step(CAPACITY_PAUSES, holds)
        return _put_back(claimed, error, HoldReason.NO_CHANNEL_AT_TELNYX, delay, w, capacity=scope, call="answered")
    return _account_refused(claimed, error, w)


def _account_refused(claimed: Claimed, error: AccountRefused, w: Collaborators) -> Outcome:
    """Pause the connection.

    A refusal that names neither key nor money may concern one fax only: it does if Telnyx accepted others since it
    refused this one before.
    """
    reply = w.ledger.postpone(
        claimed.job_id,
        claimed.number,
        reason=HoldReason.ACCOUNT_REFUSED,
        delay=ACCOUNT_PAUSE,
        facts=error.as_data(),
        pause=error.code or str(error.status),
        call="answered",
        may_be_alone=not blames_account(error),
    )
    return _refused(claimed, error, w) if reply["outcome"] == "alone" else Outcome.PARKED


def _put_back(
    claimed: Claimed,
    error: TelnyxError,
    reason: HoldReason,
    delay: float,
    w: Collaborators,
    *,
    capacity: Scope | None = None,
    call: CallOutcome | None = None,
) -> Outcome:
    w.ledger.postpone(
        claimed.job_id, claimed.number, reason=reason, delay=delay, facts=error.as_data(), capacity=capacity, call=call
    )
    return Outcome.PARKED
