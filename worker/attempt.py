"""One attempt to send one fax: prepare → admit → pace → claim → submit → record.

What Telnyx says later comes by webhook; the scheduler then decides about failures. Each step either hands on a record
that knows one thing more, or ends the attempt by raising `Ended`.
"""

import logging
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import uuid4

from redis import Redis
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_exponential

from faxdispatch.client_state import encode_client_state
from faxdispatch.errors import (
    AccountRefused,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    Refused,
    TelnyxError,
    Unavailable,
)
from faxdispatch.jobs import CancelFax, SendFax
from faxdispatch.ledger import JobView
from faxdispatch.states import State
from faxdispatch.telnyx import Fax, SendRequest
from worker.collaborators import Collaborators
from worker.opening import opens
from worker.policy import step

log = logging.getLogger(__name__)

RATE_PATIENCE = 1.0
"""Seconds that a send waits for the shared rate; a longer wait is spent in the line, not in a worker's thread."""

_OURS = {
    "job_id",
    "idempotency_key",
    "priority",
    "send_at",
    "send_by",
    "window",
    "max_attempts",
    "tags",
    "client_state",
}


_NO_CHANNEL = {"90041", "90042", "90043"}
"""Codes of a 403 that says that all channels of the account, the profile or the connection are taken (Telnyx API error
codes). It passes by itself: no reason to pause everything."""


class Outcome(StrEnum):
    """What one attempt came to, as far as the worker can see."""

    ACCEPTED = "accepted"
    PARKED = "parked"
    REFUSED = "refused"
    EXPIRED = "expired"
    UNKNOWN = "unknown"
    DROPPED = "dropped"
    """Not this message's business: another has the job, or it has ended."""


class Ended(Exception):
    """The attempt ends before the call."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        super().__init__(outcome.value)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A job that may be tried now, with everything that Telnyx needs."""

    job: JobView
    connection: str
    sender: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """Attempt `number` is ours alone until `deadline` (monotonic seconds)."""

    prepared: Prepared
    number: int
    deadline: float

    @property
    def job_id(self) -> str:
        """Id of the job."""
        return self.prepared.job.job_id


def run_attempt(job_id: str, w: Collaborators) -> Outcome:
    """Try to send a job now.

    Raises:
        NotKnown: there is no such job.
        Unavailable: Redis did not answer; the job keeps its appointment with the scheduler.
    """
    try:
        prepared = _prepare(job_id, w)
        w.reached("prepared")
        _admit(prepared, w)
        w.reached("admitted")
        _pace(prepared, w)
        w.reached("paced")
        claimed = _claim(prepared, w)
        w.reached("fenced")
    except Ended as ended:
        return ended.outcome
    answer = _submit(claimed, w)
    w.reached("answered")
    outcome = _record(claimed, answer, w)
    w.reached("recorded")
    return outcome


def _prepare(job_id: str, w: Collaborators) -> Prepared:
    job = w.ledger.job(job_id)
    if job.state not in {State.QUEUED, State.HELD}:
        raise Ended(Outcome.DROPPED)
    now = w.now()
    if job.request.expired(now):
        w.ledger.end(job_id, event="job.exhausted", cause="send_by", states=[State.QUEUED, State.HELD])
        raise Ended(Outcome.EXPIRED)
    closed = opens(job.request, now)
    if closed:
        w.ledger.hold(job_id, reason=closed[1], due=closed[0].timestamp())
        raise Ended(Outcome.PARKED)
    connection = job.request.connection_id or w.settings.fax_connection_id
    sender = job.request.from_ or w.settings.sender
    if not connection or not sender:
        # Mended by setting FAX_CONNECTION_ID or FAX_FROM; until then nothing is lost.
        reason = "no_sender" if connection else "no_connection"
        w.ledger.hold(job_id, reason=reason, due=now.timestamp() + step(w.settings.fax_retry_account, 0))
        raise Ended(Outcome.PARKED)
    return Prepared(job, connection, sender)


def _admit(prepared: Prepared, w: Collaborators) -> None:
    reply = w.ledger.admit(prepared.job.job_id, connection=prepared.connection, sender=prepared.sender)
    if reply["outcome"] == "held":
        raise Ended(Outcome.PARKED)
    if reply["outcome"] != "go":
        raise Ended(Outcome.DROPPED)


def _pace(prepared: Prepared, w: Collaborators) -> None:
    wait = w.limits.reserve(patience=RATE_PATIENCE)
    if wait is None:
        w.ledger.hold(prepared.job.job_id, reason="rate", due=w.now().timestamp() + RATE_PATIENCE)
        raise Ended(Outcome.PARKED)
    time.sleep(wait)


def _claim(prepared: Prepared, w: Collaborators) -> Claimed:
    # Read before the claim, so that the deadline errs on the early side.
    deadline = time.monotonic() + w.settings.fax_lease / 2
    with Redis(connection_pool=w.ledger.redis.connection_pool, single_connection_client=True) as connection:
        reply = w.ledger.claim(
            prepared.job.job_id,
            owner=uuid4().hex,
            lease=w.settings.fax_lease,
            facts={"connection_id": prepared.connection, "worker": w.name},
            on=connection,
        )
        if reply["outcome"] != "claimed":
            raise Ended(Outcome.DROPPED)
        w.reached("claimed")
        claimed = Claimed(prepared, reply["attempt"], deadline)
        if not w.fence.passed(connection):
            w.ledger.postpone(claimed.job_id, claimed.number, reason="not_durable", delay=5, facts={})
            raise Ended(Outcome.PARKED)
    return claimed


def _submit(claimed: Claimed, w: Collaborators) -> Fax | TelnyxError:
    """Make the one call. Whatever goes wrong in it is an answer too."""
    try:
        with w.telnyx.borrow() as telnyx:
            request = _request(claimed, w)
            w.reached("leaving")
            return telnyx.send_fax(request, deadline=claimed.deadline)
    except TelnyxError as error:
        return error
    except Exception as error:
        log.exception("job %s attempt %d: unforeseen", claimed.job_id, claimed.number)
        return OutcomeUnknown(f"unforeseen {type(error).__name__}")


def _request(claimed: Claimed, w: Collaborators) -> SendRequest:
    job: SendFax = claimed.prepared.job.request
    options = {name: value for name, value in job.encode().items() if name not in _OURS}
    options["from"] = claimed.prepared.sender
    options["connection_id"] = claimed.prepared.connection
    options["client_state"] = encode_client_state(claimed.job_id, claimed.number)
    if w.settings.fax_webhook_url:
        options.setdefault("webhook_url", w.settings.fax_webhook_url)
    return SendRequest.build(**options)


# Telnyx has spoken and Redis is away: keep what is known for as long as a claim lasts. If it cannot be recorded at
# all, the claim's lease runs out and the listing brings the same evidence back.
@retry(
    retry=retry_if_exception_type(Unavailable),
    wait=wait_exponential(multiplier=0.1, max=2),
    stop=stop_after_delay(30),
    reraise=True,
)
def _record(claimed: Claimed, answer: Fax | TelnyxError, w: Collaborators) -> Outcome:
    if isinstance(answer, Fax):
        return _accepted(claimed, answer, w)
    log.info("job %s attempt %d: %s", claimed.job_id, claimed.number, answer)
    if isinstance(answer, Refused):
        w.ledger.end(
            claimed.job_id,
            event="job.rejected",
            cause=answer.code or str(answer.status),
            # Unknown, where the answer took longer than the lease: it is evidence all the same.
            states=[State.SUBMITTING, State.UNKNOWN],
            attempt=claimed.number,
            facts=answer.as_data(),
        )
        return Outcome.REFUSED
    if isinstance(answer, OutcomeUnknown):
        w.ledger.doubt(
            claimed.job_id,
            claimed.number,
            cause=str(answer.status or "no_answer"),
            look_after=w.settings.fax_reconcile_every,
            facts=answer.as_data(),
        )
        return Outcome.UNKNOWN
    return _postponed(claimed, answer, w)


def _accepted(claimed: Claimed, fax: Fax, w: Collaborators) -> Outcome:
    reply = w.ledger.accept(claimed.job_id, claimed.number, str(fax.id), source="worker")
    if reply.get("cancel"):
        w.post(CancelFax.TASK, CancelFax.QUEUE, {"job_id": claimed.job_id})
    return Outcome.ACCEPTED


def _postponed(claimed: Claimed, error: TelnyxError, w: Collaborators) -> Outcome:
    """Put the job back: Telnyx created nothing, so the recipient is charged nothing."""
    reason, delay = _why_not(error, claimed, w)
    facts: dict[str, Any] = error.as_data()
    w.ledger.postpone(claimed.job_id, claimed.number, reason=reason, delay=delay, facts=facts)
    return Outcome.PARKED


def _why_not(error: TelnyxError, claimed: Claimed, w: Collaborators) -> tuple[str, float]:
    settings, holds = w.settings, claimed.prepared.job.holds
    if isinstance(error, RateLimited):
        delay = error.retry_after or 1.0
        w.limits.back_off(delay)
        return "rate_limited", delay
    if isinstance(error, AccountRefused) and error.code in _NO_CHANNEL:
        return "no_channel_at_telnyx", step(settings.fax_retry_capacity, holds)
    if isinstance(error, AccountRefused):
        delay = step(settings.fax_retry_account, 0)
        w.limits.pause(claimed.prepared.connection, reason=error.code or str(error.status), delay=delay)
        return "account_refused", delay
    if isinstance(error, NotSent):
        return "not_sent", step(settings.fax_retry_connect, holds)
    raise AssertionError(f"{type(error).__name__} has no rule")
