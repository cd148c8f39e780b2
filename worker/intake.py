"""Records and tries faxes that producers send as messages. A message that arrives several times is one fax."""

import hashlib
import logging
import re
from collections.abc import Sequence

from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_exponential

from faxdispatch.errors import IdempotencyConflict, Unavailable
from faxdispatch.jobs import SendFax
from faxdispatch.ledger import New
from faxdispatch.observability import tracing
from worker.context import Collaborators
from worker.messaging.message import Message
from worker.sending.attempt import run_attempts

log = logging.getLogger(__name__)

Fax = tuple[Message, SendFax]
"""A message, and the fax that it requests."""


def take_in(faxes: Sequence[Fax], w: Collaborators) -> None:
    """Record these faxes with one call, unless they are recorded already, and try to send them in parallel.

    A message whose key or id belongs to another fax becomes a dead letter.

    Raises:
        Unavailable: Redis did not answer; recorded jobs keep their appointments with the scheduler.
    """
    jobs = _record(faxes, w)
    try:
        if jobs:
            run_attempts(jobs, w)
    except Unavailable:
        raise
    except Exception:
        # They are recorded, so the scheduler brings them again.
        log.exception("%d jobs, beginning with %s: unexpected error", len(jobs), jobs[0])


@retry(
    retry=retry_if_exception_type(Unavailable),
    wait=wait_exponential(multiplier=0.1, max=5),
    stop=stop_after_delay(60),
    reraise=True,
)
def _record(faxes: Sequence[Fax], w: Collaborators) -> list[str]:
    spans = [tracing.begin("fax intake", "CONSUMER", parent=message.trace) for message, _ in faxes]
    new = [
        New(job.job_id or identity(message.id), job, facts=message.facts, trace=span.trace or message.trace)
        for (message, job), span in zip(faxes, spans, strict=True)
    ]
    replies = w.ledger.create_many(new, source="message")
    recorded: dict[str, None] = {}
    for (message, job), one, reply, span in zip(faxes, new, replies, spans, strict=True):
        span.set({"fax.job": reply["job"], "fax.outcome": reply["outcome"]})
        span.end()
        if reply["outcome"] == "conflict":
            message.dead_letter(IdempotencyConflict(job.idempotency_key or one.job_id, reply["job"]))
        else:
            recorded[reply["job"]] = None
    return list(recorded)


def identity(message_id: str) -> str:
    """Make a message's id the job's, so that a message that is delivered several times is one fax.

    An invalid id is replaced by its hash, so that two of them never become one.
    """
    safe = re.sub(r"[^A-Za-z0-9_-]", "-", message_id)[:80]
    return safe if safe == message_id else f"{safe}-{hashlib.sha256(message_id.encode()).hexdigest()[:16]}"
