"""Channels for notices of incidents: mail and chat by apprise, and webhooks that we sign ourselves.

The signature is that of Standard Webhooks (https://www.standardwebhooks.com), which libraries in most languages can
check.
"""

import base64
import binascii
import hmac
import json
import logging
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from faxdispatch.errors import Misconfigured
from faxdispatch.observability.notices.incidents import Incident

PATIENCE = 20.0
"""Seconds that one channel may take for a notice."""
_SIGNED = ("signed+https", "signed+http")
_APART = re.compile(r"[\s,]+(?=[a-z][a-z0-9+.-]*://)", re.IGNORECASE)
"""Separates two addresses; a comma within an address, as between receivers of a mail, is a part of it."""
_ADDRESSES = (
    "an address of apprise's such as mailto://user:password@example.com, or signed+https://SECRET@example.com/path "
    "with a secret of 24 to 64 bytes in base64"
)


class Channel(Protocol):
    """One address to which notices are sent."""

    @property
    def name(self) -> str:
        """Its kind, which reveals no secret."""

    def send(self, incident: Incident) -> bool:
        """Send it. Return False if it did not arrive."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A webhook with a signature over its id, its time and its body."""

    url: str
    secret: bytes
    name: str

    def send(self, incident: Incident) -> bool:
        """Post it."""
        stamp, name = f"{time.time():.0f}", uuid4().hex
        body = json.dumps(
            {
                "incident": incident.key,
                "grave": incident.grave,
                "title": incident.title,
                "text": incident.text,
                "command": incident.command,
            }
        ).encode()
        signature = hmac.digest(self.secret, f"{name}.{stamp}.".encode() + body, "sha256")
        headers = {
            "content-type": "application/json",
            "webhook-id": name,
            "webhook-timestamp": stamp,
            "webhook-signature": f"v1,{base64.b64encode(signature).decode()}",
        }
        import httpx  # noqa: PLC0415 - only notices need it

        try:
            return httpx.post(self.url, content=body, headers=headers, timeout=PATIENCE / 4).is_success
        except httpx.HTTPError:
            return False


@dataclass(frozen=True, slots=True)
class ByApprise:
    """Any service that apprise knows."""

    notify: Callable[[Incident], bool]
    name: str

    def send(self, incident: Incident) -> bool:
        """Send it through apprise."""
        return self.notify(incident)


def channels(addresses: str) -> list[Channel]:
    """Return the channels of `FAX_NOTICES`.

    Raises:
        Misconfigured: an address is not valid, or apprise is not installed. The message contains no part of an address.
    """
    return [_channel(address, place) for place, address in enumerate(_APART.split(addresses.strip(" ,")), start=1)]


def send(incident: Incident, where: Iterable[Channel]) -> tuple[list[str], list[str]]:
    """Send an incident to all channels. Return the kinds of those that accepted it, and of those that did not."""
    took: list[str] = []
    missed: list[str] = []
    for channel in where:
        (took if channel.send(incident) else missed).append(channel.name)
    return took, missed


def _channel(address: str, place: int) -> Channel:
    channel = _signed(address) if address.lower().startswith(_SIGNED) else _by_apprise(address)
    if channel is None:
        raise Misconfigured(f"FAX_NOTICES: entry {place} cannot be used; write {_ADDRESSES}")
    return channel


def _signed(address: str) -> Signed | None:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, f":{parts.port}" if parts.port else ""
        secret = base64.b64decode(unquote(parts.username or "").removeprefix("whsec_"), validate=True)
    except (ValueError, binascii.Error):
        return None
    if not host or not 24 <= len(secret) <= 64:
        return None
    host = f"[{host}]" if ":" in host else host
    query = f"?{parts.query}" if parts.query else ""
    scheme = parts.scheme.lower().removeprefix("signed+")
    return Signed(f"{scheme}://{host}{port}{parts.path or '/'}{query}", secret, name=f"signed+{scheme}")


def _by_apprise(address: str) -> ByApprise | None:
    try:
        from apprise import Apprise, NotifyType  # noqa: PLC0415 - it is large, and few use it
    except ImportError:
        raise Misconfigured("FAX_NOTICES: mail and chat need faxdispatch with its extra [notices]") from None
    # Apprise's own log lines contain addresses; we report what did not arrive.
    logging.getLogger("apprise").setLevel(logging.CRITICAL)
    service = Apprise()
    if not service.add(address) or len(service) != 1:
        return None

    def send(incident: Incident) -> bool:
        kind = NotifyType(incident.grave)
        return bool(service.notify(incident.body, title=incident.title, notify_type=kind, timeout=PATIENCE))

    return ByApprise(send, name=address.partition("://")[0].lower())
