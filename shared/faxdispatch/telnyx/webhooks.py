"""Telnyx's webhooks: one body, read into one model."""

import hashlib
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from faxdispatch.errors import FaxError
from faxdispatch.telnyx import strict_json
from faxdispatch.telnyx.lenient import Count, Flag, Moment, Text

WEBHOOK_PATH = "/webhooks/telnyx"
"""Path at which the web process receives webhooks."""

ALIASES = {"fax_failed": "fax.failed", "fax.sendingstarted": "fax.sending.started"}
"""Spellings found in users' documents, with the names in the Telnyx API reference that they stand for."""

Id = Annotated[str, Field(strict=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")]
"""An id that is safe in a Redis key and in a line of a log."""


class Unreadable(FaxError, ValueError):
    """A webhook's body is not an identifiable event; `str()` says why, without its content."""


class TelnyxWebhook(BaseModel):
    """One event as Telnyx reported it.

    Only the identity is required; every other field is None if it is missing or has an unexpected type. For which
    fields come with which event, see Telnyx API reference, "Callbacks", and Telnyx developer guide, "Receive a fax".
    """

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    event_id: Id
    """Telnyx's id of the event, the same on every delivery of it."""
    event_type: Id
    """Such as `fax.delivered`; an unknown type stays unchanged."""
    occurred_at: Moment = None
    fax_id: Id | None = None
    connection_id: Id | None = None
    client_state: Text = None
    """The unchanged `client_state`: base64 of the sender's text."""
    direction: Text = None
    """`outbound` or `inbound`."""
    status: Text = None
    failure_reason: Text = None
    """With `fax.failed`; an open set of words (Telnyx help centre, "Fax failure reasons")."""
    internal_failure_reason: Text = None
    """The same reason in the words of Telnyx's own switches (Telnyx's OpenAPI document of 2026-08-04)."""
    page_count: Count = None
    call_duration_secs: Count = None
    from_: Text = Field(default=None, alias="from")
    to: Text = None
    caller_id: Text = None
    partial_content: Flag = None
    """True if only a part of an inbound fax came through."""
    media_url: Text = None
    """Link to an inbound fax. It lives ten minutes (Telnyx developer guide, "Receive a fax")."""
    original_media_url: Text = None
    media_name: Text = None
    user_id: Text = None
    delivered_to: Text = None
    """The address that Telnyx called. The signature covers it only as a part of the body."""
    attempt: Count = None
    """The number of this delivery; it differs in a repetition, so the bodies of one event differ too."""
    data: dict[str, Any] = Field(default_factory=dict)
    """The unchanged payload."""
    digest: str
    """SHA-256 of the event without its delivery data: if two bodies of one event id differ here, they contradict
    each other."""

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        """Show what identifies the event; numbers and links stay out of logs."""
        return [(name, getattr(self, name)) for name in ("event_id", "event_type", "fax_id", "status")]


def parse_webhook(body: bytes) -> TelnyxWebhook:
    """Read a webhook's body; check its signature first.

    Both documented envelopes are accepted: `{"data": event, "meta": …}` (Telnyx API reference) and the event alone
    (Telnyx developer guide, "Fax webhooks").

    Raises:
        Unreadable: it is not JSON in UTF-8, or ambiguous JSON, or an event without usable ids.
    """
    try:
        document = strict_json.loads(body)
    except ValueError as error:
        # A JSON error's text is safe (it has only a position); a Unicode error's would quote the body.
        reason = "not UTF-8" if isinstance(error, UnicodeError) else str(error)
        raise Unreadable(f"the webhook's body is not usable JSON: {reason}") from None
    event, meta = _opened(document)
    payload = event.get("payload", {})
    if not isinstance(payload, dict):
        raise Unreadable("the event's payload is not an object")
    event_type = event.get("event_type")
    known_type = ALIASES.get(event_type, event_type) if isinstance(event_type, str) else event_type
    known = {name: payload[name] for name in _PASSED_ON if name in payload}
    try:
        return TelnyxWebhook.model_validate(
            {
                **known,
                "event_id": event.get("id"),
                "event_type": known_type,
                "occurred_at": event.get("occurred_at"),
                "delivered_to": meta.get("delivered_to"),
                "attempt": meta.get("attempt"),
                "data": payload,
                "digest": hashlib.sha256(strict_json.canonical(event)).hexdigest(),
            }
        )
    except ValidationError as error:
        problems = "; ".join(f"{e['loc'][0]}: {e['msg']}" for e in error.errors(include_url=False, include_input=False))
        raise Unreadable(f"the event cannot be identified: {problems}") from None


_SET_HERE = {"event_id", "event_type", "occurred_at", "delivered_to", "attempt", "data", "digest"}
_PASSED_ON = {field.alias or name for name, field in TelnyxWebhook.model_fields.items() if name not in _SET_HERE}
"""Names that are read from the payload."""


def _opened(document: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the event and the delivery data, from either envelope."""
    if not isinstance(document, dict):
        raise Unreadable("the webhook's body is not a JSON object")
    event = document["data"] if "data" in document else {k: v for k, v in document.items() if k != "meta"}
    if not isinstance(event, dict):
        raise Unreadable("the webhook's data is not an object")
    meta = document.get("meta")
    return event, meta if isinstance(meta, dict) else {}
