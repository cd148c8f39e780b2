"""Records a verified body in one atomic step.

Bodies that cannot be read are kept in quarantine, where an operator finds them.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from faxdispatch.events import INBOUND_TYPES, TELNYX_TYPES
from faxdispatch.ledger import Observation
from faxdispatch.telnyx.client_state import decode_client_state
from faxdispatch.telnyx.webhooks import TelnyxWebhook, Unreadable, parse_webhook
from webhook.recorder import Recorder

_END_OF_TYPE = {"fax.delivered": "delivered", "fax.failed": "failed", "fax.received": "received"}
"""The event types that report a fax's end, with the status of each."""
_ENDS = frozenset(_END_OF_TYPE.values())
_MOVING = frozenset(TELNYX_TYPES) - {"fax.email.delivered"}
"""Types whose status is believed: the known ones, except the one about an e-mail."""


class Outcome(StrEnum):
    """The result for a verified webhook. All results are answered 200, since a repetition would change none."""

    RECORDED = "recorded"
    DUPLICATE = "duplicate"
    """The same event was recorded before."""
    DIFFERS = "differs"
    """An event of that id was recorded before, with other content."""
    OVERTAKEN = "overtaken"
    """A later status was already known; the event is recorded, and moves nothing."""
    CONFLICT = "conflict"
    """It contradicts the record; the event is recorded, and moves nothing."""
    FOREIGN = "foreign"
    """Its connection, ledger or address is not ours; in quarantine."""
    UNREADABLE = "unreadable"
    """Telnyx signed it, but we cannot read it; in quarantine."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The result for a body.

    `event` is None if it was unreadable; `job_id` is the job it names, if any; `trace` is that job's trace.
    """

    outcome: Outcome
    event: TelnyxWebhook | None = None
    job_id: str | None = None
    trace: str | None = None


def take_in(recorder: Recorder, body: bytes) -> Receipt:
    """Record a verified body.

    Raises:
        Unavailable: Redis did not confirm; nothing is half recorded, and the same body may come again.
    """
    try:
        event = parse_webhook(body)
    except Unreadable as problem:
        digest = hashlib.sha256(body).hexdigest()
        reply = recorder.quarantine(body, digest=digest, reason=str(problem))
        return Receipt(Outcome.DUPLICATE if reply["outcome"] == "duplicate" else Outcome.UNREADABLE)
    seen = observe(event)
    reply = recorder.record(seen, body.decode())
    return Receipt(Outcome(reply["outcome"]), event, seen.job_id, reply.get("trace"))


def observe(event: TelnyxWebhook) -> Observation:
    """Return the event as an observation of the ledger.

    Only an event that is not marked as inbound may move a job, since inbound faxes fail under the same event type.
    """
    mark = decode_client_state(event.client_state)
    inbound = event.direction == "inbound" or (event.direction is None and event.event_type in INBOUND_TYPES)
    status = _status(event, inbound=inbound)
    return Observation(
        event_id=event.event_id,
        digest=event.digest,
        event_type=event.event_type,
        source="webhook",
        fax_id=event.fax_id,
        job_id=mark.job_id if mark else None,
        attempt=mark.attempt if mark else None,
        ledger=mark.ledger if mark else None,
        status=status,
        doubtful=status is None and event.event_type != "fax.email.delivered",
        outbound=not inbound,
        connection_id=event.connection_id,
        delivered_to=event.delivered_to,
        sender=event.from_,
        recipient=event.to,
        media_url=event.media_url or (event.original_media_url if inbound else None),
        partial=event.partial_content,
        failure_reason=event.failure_reason,
        page_count=event.page_count,
        duration=event.call_duration_secs,
        occurred_at=event.occurred_at,
        data=event.data,
    )


def _status(event: TelnyxWebhook, *, inbound: bool) -> str | None:
    """Return the status that the event is believed to report, or None if its type is unknown or contradicts it.

    One of Telnyx's guides reports the end of an inbound fax as `fax.delivered`, which is `fax.received` elsewhere.
    """
    status, end = event.status, _END_OF_TYPE.get(event.event_type)
    if inbound:
        status, end = ("received" if word == "delivered" else word for word in (status, end))
    if event.event_type not in _MOVING or ((status in _ENDS or end) and status != end):
        return None
    return status
