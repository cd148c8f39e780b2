"""Doubles for those who build on faxdispatch: Telnyx's events, and requests signed as Telnyx signs them."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from faxdispatch.events import TYPE_OF_STATUS

_STATUS_OF_TYPE = {kind: status for status, kind in TYPE_OF_STATUS.items()} | {
    "fax.receiving.started": "receiving",
    "fax.media.processing.started": "media.processing",
    "fax.received": "received",
}
_INBOUND_ONLY = {"fax.receiving.started", "fax.media.processing.started", "fax.received", "fax.email.delivered"}


def telnyx_event(
    event_type: str = "fax.delivered",
    *,
    event_id: str | None = None,
    occurred_at: str | None = None,
    direction: str | None = None,
    delivery: int = 1,
    flat: bool = False,
    **payload: Any,
) -> dict[str, Any]:
    """Give an event as Telnyx would send it.

    `payload` adds fields or replaces them; one that is None is left out, as Telnyx leaves out what it does not know.
    `delivery` is the number of this delivery; `flat` gives the bare event that some of Telnyx's pages show.
    """
    usual = {
        "connection_id": "234423",
        "direction": direction or ("inbound" if event_type in _INBOUND_ONLY else "outbound"),
        "fax_id": str(uuid4()),
        "from": "+17733372107",
        "status": _STATUS_OF_TYPE.get(event_type),
        "to": "+15107882622",
        "user_id": "19a75cea-02c6-4b9a-84fa-c9bc8341feb8",
    }
    event = {
        "event_type": event_type,
        "id": event_id or str(uuid4()),
        "occurred_at": occurred_at or datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "payload": {name: value for name, value in (usual | payload).items() if value is not None},
    }
    if flat:
        return event
    meta = {"attempt": delivery, "delivered_to": "https://www.example.com/webhooks"}
    return {"data": event | {"record_type": "event"}, "meta": meta}


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """One webhook request: its raw body and its headers."""

    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs webhook requests as Telnyx does, with a key of its own. Needs the extra `app`.

    `seed` is the 32 bytes that the key is made of; the same seed gives the same key.
    """

    seed: bytes = field(default=bytes(range(32)), repr=False)

    @property
    def public_key(self) -> str:
        """The public half, as it goes into `TELNYX_PUBLIC_KEY`."""
        text: str = _signing().public_key(self.seed)
        return text

    def request(self, content: Mapping[str, Any] | bytes, *, timestamp: str | int | None = None) -> SignedRequest:
        """Give the request that brings an event, or any bytes, signed now or at `timestamp` (seconds since 1970)."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        stamp = str(int(time.time()) if timestamp is None else timestamp)
        return SignedRequest(
            body,
            {
                "Content-Type": "application/json",
                "User-Agent": "telnyx-webhooks",
                "telnyx-timestamp": stamp,
                "telnyx-signature-ed25519": _signing().sign(self.seed, stamp, body),
            },
        )


def _signing() -> Any:
    # Here, so that producers without the extra can use the rest of this module.
    from faxdispatch.telnyx import signature  # noqa: PLC0415

    return signature
