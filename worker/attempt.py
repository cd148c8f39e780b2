"""One attempt to send one fax: prepare → admit → pace → claim → submit → record.

What Telnyx says later comes by webhook; the scheduler then decides about failures. Each step either hands on a record
that knows one thing more, or ends the attempt by raising `Ended`.
"""

import logging
import time
from dataclasses import replace
from typing import Any
from uuid import uuid4

from redis import Redis

from faxdispatch.client_state import encode_client_state
from faxdispatch.errors import OutcomeUnknown, TelnyxError
from faxdispatch.states import HoldReason
from faxdispatch.telnyx import Fax, SendRequest
from worker.collaborators import Collaborators
from worker.costs import estimate
from worker.policy import changes
from worker.preparation import prepare
from worker.record import record
from worker.stages import Admitted, Claimed, Ended, Outcome, Prepared

log = logging.getLogger(__name__)

EARLY = 0.03
"""Seconds before its slot at which a fax is claimed: the claim takes a little, and the slot is the call's."""
LATE = 0.05
"""Seconds after its slot from which a call draws a new one: late calls would come too close to those after them."""

_OURS = {
    "job_id",
    "idempotency_key",
    "priority",
    "send_at",
    "send_by",
    "window",
    "max_attempts",
    "pages",
    "tags",
    "client_state",
}


def run_attempt(job_id: str, w: Collaborators) -> Outcome:
    """Try to send a job now.

    Raises:
        NotKnown: there is no such job.
        Unavailable: Redis did not answer; the job keeps its appointment with the scheduler.
    """
    try:
        prepared = prepare(job_id, w)
        w.reached("prepared")
        admitted = _admit(prepared, w)
        w.reached("admitted")
        admitted = _pace(admitted, w)
        w.reached("paced")
        claimed = _claim(admitted, w)
        w.reached("fenced")
    except Ended as ended:
        return ended.outcome
    answer = _submit(claimed, w)
    w.reached("answered")
    outcome = record(claimed, answer, w)
    w.reached("recorded")
    return outcome


def _admit(prepared: Prepared, w: Collaborators) -> Admitted:
    reply = w.ledger.admit(prepared.job.job_id, connection=prepared.connection, sender=prepared.sender)
    if reply["outcome"] == "held":
        raise Ended(Outcome.PARKED)
    if reply["outcome"] != "go":
        raise Ended(Outcome.DROPPED)
    # The channel may have been given on the connection that counted when the job got into line.
    prepared = replace(prepared, connection=reply["connection"], sender=reply["sender"])
    slot = time.monotonic() + reply["wait"] / 1_000_000
    return Admitted(prepared, slot, max(prepared.job.rung, reply["rung"]))


def _pace(admitted: Admitted, w: Collaborators) -> Admitted:
    """Wait until just before the slot. A worker that comes too late for it draws another."""
    _sleep_until(admitted.slot - EARLY)
    if time.monotonic() <= admitted.slot + LATE:
        return admitted
    wait, _ = w.limits.reserve(look_ahead=1.0, on=admitted.prepared.connection)
    admitted = replace(admitted, slot=time.monotonic() + (wait or 0.0))
    _sleep_until(admitted.slot - EARLY)
    return admitted


def _claim(admitted: Admitted, w: Collaborators) -> Claimed:
    # Read before the claim, so that the deadline errs on the early side.
    deadline = time.monotonic() + w.settings.fax_lease / 2
    prepared = admitted.prepared
    changed = changes(admitted.rung, w.settings)
    with Redis(connection_pool=w.ledger.redis.connection_pool, single_connection_client=True) as connection:
        reply = w.ledger.claim(
            admitted.job_id,
            owner=uuid4().hex,
            lease=w.settings.fax_lease,
            cost=estimate(prepared.request, w.settings),
            rung=admitted.rung,
            facts={"connection_id": prepared.connection, "worker": w.name, **({"changed": changed} if changed else {})},
            on=connection,
        )
        if reply["outcome"] == "held":
            raise Ended(Outcome.PARKED)
        if reply["outcome"] != "claimed":
            raise Ended(Outcome.DROPPED)
        w.reached("claimed")
        claimed = Claimed(admitted, reply["attempt"], deadline)
        if not w.fence.passed(connection):
            w.ledger.postpone(claimed.job_id, claimed.number, reason=HoldReason.NOT_DURABLE, delay=5, facts={})
            raise Ended(Outcome.PARKED)
    return claimed


def _submit(claimed: Claimed, w: Collaborators) -> Fax | TelnyxError:
    """Make the one call. Whatever goes wrong in it is an answer too."""
    try:
        with w.telnyx.borrow() as telnyx:
            request = _request(claimed, w)
            _sleep_until(claimed.admitted.slot)
            w.reached("leaving")
            return telnyx.send_fax(request, deadline=claimed.deadline)
    except TelnyxError as error:
        return error
    except Exception as error:
        log.exception("job %s attempt %d: unforeseen", claimed.job_id, claimed.number)
        return OutcomeUnknown(f"unforeseen {type(error).__name__}")


def _request(claimed: Claimed, w: Collaborators) -> SendRequest:
    asked: dict[str, Any] = claimed.prepared.request.encode()
    options = {name: value for name, value in asked.items() if name not in _OURS}
    options |= changes(claimed.admitted.rung, w.settings)
    options["from"] = claimed.prepared.sender
    options["connection_id"] = claimed.prepared.connection
    options["client_state"] = encode_client_state(claimed.job_id, claimed.number)
    if w.settings.fax_webhook_url:
        options.setdefault("webhook_url", w.settings.fax_webhook_url)
    return SendRequest.build(**options)


def _sleep_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))
