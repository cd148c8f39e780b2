"""Telnyx's reports about faxes, from webhooks and answers. Each is recorded once, with the change that it makes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from redis import Redis

from faxdispatch.ledger.identity import Identity
from faxdispatch.ledger.scripts import Scripts
from faxdispatch.states import provider_rank

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Observation:
    """One report about one fax.

    `event_id` makes it unique, and `digest` says whether a second one with the same id has the same content.
    `event_type` is None for a status that has no event. `status` is Telnyx's, and moves a job only if the fax is
    outbound; a report about an inbound fax is kept with that fax.
    """

    event_id: str
    digest: str
    event_type: str | None
    source: str
    fax_id: str | None = None
    job_id: str | None = None
    attempt: int | None = None
    status: str | None = None
    outbound: bool = True
    connection_id: str | None = None
    sender: str | None = None
    recipient: str | None = None
    media_url: str | None = None
    """Link to an inbound fax's document."""
    partial: bool | None = None
    """Only a part of an inbound fax came through."""
    failure_reason: str | None = None
    page_count: int | None = None
    duration: int | None = None
    occurred_at: datetime | None = None
    delivered_to: str | None = None
    """The webhook address at which it arrived."""
    doubtful: bool = False
    """It changes no state, but is a reason to ask Telnyx early."""
    ledger: str | None = None
    """The ledger that job and attempt belong to, by the mark that the fax carries."""
    data: Mapping[str, Any] | None = None


class Observations:
    """Records observations.

    `known_connections` are the connections of this installation; if it is empty, all connections are.

    `addresses` are those at which our webhooks arrive; empty means any address. If an event was sent to
    another address, only faxes that are known here already are ours.

    An event id is remembered for a week; Telnyx publishes no schedule of its webhook retries.
    """

    def __init__(
        self,
        scripts: Scripts,
        *,
        known_connections: frozenset[str] = frozenset(),
        addresses: frozenset[str] = frozenset(),
    ) -> None:
        self._scripts = scripts
        self._identity = Identity(scripts)
        self._known = known_connections
        self._addresses = {_normal(address) for address in addresses}

    def record(self, seen: Observation) -> dict[str, Any]:
        """Record one observation, as `record_many` does."""
        [reply] = self.record_many([(seen, "")])
        return reply

    def record_many(self, seen: Sequence[tuple[Observation, str]], *, on: Redis | None = None) -> list[dict[str, Any]]:
        """Record several at once, one after the other. Return the result of each. `on` is a connection to use.

        Each comes with its body, which is kept if the observation must go to quarantine. `outcome` is `recorded`,
        `duplicate`, `differs` (same id, other content), `overtaken`, `conflict` or `foreign`. If it is new, `trace` is
        returned too, if the job has one.

        Raises:
            Unavailable: each observation is recorded whole or not at all; try again.
        """
        return self._scripts.run_many("observe", on=on, observations=[self._said(*one) for one in seen])

    def _said(self, seen: Observation, body: str) -> dict[str, Any]:
        """Return an observation in the form of the script, without fields that are None."""
        own = self._identity.owns(seen.ledger)
        foreign = self._foreign(seen, own=own)
        elsewhere = self._is_elsewhere(seen.delivered_to)
        said = {
            "event": seen.event_id,
            "digest": seen.digest,
            "kind": seen.event_type,
            "source": seen.source,
            "fax_id": seen.fax_id,
            "job": seen.job_id if own else None,
            "attempt": seen.attempt if own else None,
            "status": "sending" if seen.status and seen.status.startswith("sending") else seen.status,
            "rank": provider_rank(seen.status) if seen.status and seen.outbound else 0,
            "connection": seen.connection_id,
            "foreign": foreign,
            "elsewhere": elsewhere or None,
            "doubtful": seen.doubtful or None,
            "reason": seen.failure_reason,
            "pages": seen.page_count,
            "duration": seen.duration,
            "occurred_at": (seen.occurred_at - _EPOCH) // timedelta(milliseconds=1) if seen.occurred_at else None,
            "data": json.dumps(seen.data or {}),
            "body": body if foreign or elsewhere else None,
            **({} if seen.outbound else _inbound(seen)),
        }
        return {name: value for name, value in said.items() if value is not None}

    def _foreign(self, seen: Observation, *, own: bool) -> str | None:
        if not own:
            return "foreign ledger"
        return "foreign connection" if self.is_foreign(seen.connection_id) else None

    def is_foreign(self, connection_id: str | None) -> bool:
        """Return whether a connection is known not to be ours."""
        return bool(self._known) and connection_id is not None and connection_id not in self._known

    def _is_elsewhere(self, address: str | None) -> bool:
        return bool(self._addresses and address) and _normal(address) not in self._addresses

    def quarantine(self, body: bytes, *, digest: str, reason: str, on: Redis | None = None) -> dict[str, Any]:
        """Keep a signed body that cannot be read. `outcome` is `quarantined` or `duplicate`.

        Raises:
            Unavailable: nothing was kept; try again.
        """
        text = body.decode("utf-8", errors="backslashreplace")
        return self._scripts.run("quarantine", on=on, body=text, digest=digest, reason=reason)


def _normal(address: str | None) -> str:
    """Return an address in the form in which it is compared: without password, query and default parts."""
    try:
        parts = urlsplit(address or "")
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return address or ""
    return f"{parts.scheme}://{parts.hostname}:{port}{parts.path.rstrip('/')}"


def _inbound(seen: Observation) -> dict[str, Any]:
    """Return what is stored about an inbound fax; `from` cannot be a parameter name in Python."""
    facts = {"inbound": True, "from": seen.sender, "to": seen.recipient, "link": seen.media_url}
    return facts if seen.partial is None else facts | {"partial": "1" if seen.partial else "0"}
