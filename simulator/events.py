"""The payloads of webhooks about a fax, field by field as documented."""

from typing import Any

from simulator.config import USER_ID
from simulator.store import Fax

Payload = dict[str, Any]


def outbound(fax: Fax) -> Payload:
    """Return the payload of an event of a fax that is being sent."""
    payload = _common(fax)
    if fax.client_state is not None:
        payload["client_state"] = fax.client_state
    if fax.media_name is not None:
        payload["media_name"] = fax.media_name
    else:
        payload["original_media_url"] = fax.media_url
    if fax.status == "failed":
        payload |= _failure(fax)
    # A delivered fax had a call; a failed one says so only if pages went through before it broke.
    if fax.status in {"delivered", "failed"} and fax.call_duration_secs:
        payload |= {"call_duration_secs": fax.call_duration_secs, "page_count": fax.pages}
    return payload


def inbound(fax: Fax) -> Payload:
    """Return the payload of an event of a fax that is coming in."""
    payload = _common(fax) | {"caller_id": fax.from_}
    if fax.status == "failed":
        payload |= _failure(fax)
    if fax.status in {"media.processing", "received"}:
        payload["page_count"] = fax.pages
    if fax.status == "received":
        payload |= {
            "call_duration_secs": fax.call_duration_secs,
            "media_url": fax.media_url,
            "partial_content": fax.incoming is not None and fax.incoming.partial,
        }
    return payload


def _common(fax: Fax) -> Payload:
    return {
        "connection_id": fax.connection_id,
        "direction": fax.direction,
        "fax_id": fax.id,
        "from": fax.from_,
        "status": fax.status,
        "to": fax.to,
        "user_id": USER_ID,
    }


def _failure(fax: Fax) -> Payload:
    return {"failure_reason": fax.failure_reason, "internal_failure_reason": fax.internal_failure_reason}
