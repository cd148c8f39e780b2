"""Test doubles for programs that use faxdispatch: a client that only records, Telnyx's events, and signed requests."""

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from faxdispatch.calling.numbers import NumberPolicy
from faxdispatch.client import FaxClient, Receipt, SendResult
from faxdispatch.client.requests import Requests
from faxdispatch.documents.local import Document
from faxdispatch.errors import BadInput, IdempotencyConflict, InvalidJob, NotKnown
from faxdispatch.events import INBOUND_TYPES, TYPE_OF_INBOUND_STATUS, TYPE_OF_STATUS
from faxdispatch.jobs import CancelFax, FindInbound, Job, RefreshMedia, SendFax, SyncStatus
from faxdispatch.ledger import JobView
from faxdispatch.reasons.verdicts import check_reason
from faxdispatch.states import TERMINAL, State

_STATUS_OF_TYPE = {kind: status for status, kind in (*TYPE_OF_STATUS.items(), *TYPE_OF_INBOUND_STATUS.items())}


def telnyx_event(
    event_type: str = "fax.delivered",
    *,
    event_id: str | None = None,
    occurred_at: str | None = None,
    direction: str | None = None,
    delivery: int = 1,
    delivered_to: str = "https://www.example.com/webhooks",
    flat: bool = False,
    **payload: Any,
) -> dict[str, Any]:
    """Return an event as Telnyx would send it.

    `payload` adds or replaces fields; one that is None is left out, as Telnyx leaves out what it does not know.
    `delivery` is the number of this delivery and `delivered_to` the address that Telnyx called; `flat` returns the bare
    event that some of Telnyx's pages show.
    """
    usual = {
        "connection_id": "234423",
        "direction": direction or ("inbound" if event_type in INBOUND_TYPES else "outbound"),
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
    meta = {"attempt": delivery, "delivered_to": delivered_to}
    return {"data": event | {"record_type": "event"}, "meta": meta}


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """One webhook request: its raw body and its headers."""

    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs webhook requests as Telnyx does, with a key of its own. This needs the extra `app`.

    `seed` is the 32 bytes from which the key is made; the same seed gives the same key.
    """

    seed: bytes = field(default=bytes(range(32)), repr=False)

    @property
    def public_key(self) -> str:
        """The public half, as it goes into `TELNYX_PUBLIC_KEY`."""
        text: str = _signing().public_key(self.seed)
        return text

    def request(self, content: Mapping[str, Any] | bytes, *, timestamp: str | int | None = None) -> SignedRequest:
        """Return the request for an event, or for any bytes, signed now or at `timestamp` (seconds since 1970)."""
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
    # Imported here, so that producers without the extra can use the rest of this module.
    from faxdispatch.telnyx import signature  # noqa: PLC0415

    return signature


class _Requests(Requests):
    """Stores no document."""

    def store(self, document: Document, *, until: datetime | None) -> str:  # noqa: ARG002 - as the real one takes it
        """Return the name that it would have."""
        return document.media_name


class RecordingClient(FaxClient):
    """A `FaxClient` for producers' tests: it validates as the real one does and records the requests; nothing is sent.

    `sent` has each fax once, with its job id; `asked` has the commands to cancel, refresh, sync and find, in order.
    `region` is the country of numbers written without `+`, `numbers` says where faxes may go. An operator's methods
    (`resolve`, `release`, `redrive`, `dead_letters`, `campaigns`, `suppressions`, `inbound`) are not doubled.
    """

    def __init__(self, *, region: str | None = None, numbers: NumberPolicy | None = None) -> None:
        self._settings = None
        self._requests = _Requests(region=region or (numbers.region if numbers else None), numbers=numbers)
        self._states: dict[str, State] = {}
        self.sent: list[SendFax] = []
        self.asked: list[Job] = []

    def send(self, job: SendFax | Mapping[str, Any] | None = None, /, **options: Any) -> Receipt:
        """Keep a fax. Raises `InvalidJob` and `IdempotencyConflict` as the real client does."""
        fax = self._requests.read(job, options)
        known = self._known(fax)
        if known is None:
            if fax.expired(datetime.now(UTC)):
                raise InvalidJob([("send_by", "has already passed; give a later time")])
            new = fax.model_copy(update={"job_id": fax.job_id or uuid4().hex})
            self.sent.append(new)
            self.become(str(new.job_id), State.QUEUED)
            return Receipt(str(new.job_id), created=True)
        if known.fingerprint() != fax.fingerprint():
            raise IdempotencyConflict(fax.idempotency_key or str(fax.job_id), str(known.job_id))
        return Receipt(str(known.job_id), created=False)

    def send_many(self, faxes: Iterable[SendFax | Mapping[str, Any]]) -> list[SendResult]:
        """Record many faxes; faxes that the real client refuses are refused in the results."""
        return [self._sent_one(fax) for fax in list(faxes)]

    def become(self, job_id: str, state: State) -> None:
        """Put a job into a state from now on, for tests of what a producer does then."""
        self._states[job_id] = state

    def cancel(
        self,
        *,
        job_id: str | None = None,
        fax_id: str | None = None,
        reason: str | None = None,
        operator: str | None = None,  # noqa: ARG002 - nobody reads histories here
    ) -> str:
        """Record the command; the answer is that of the real client for a job in that state."""
        command = CancelFax.decode({"job_id": job_id, "fax_id": fax_id})
        if reason is not None:
            check_reason(reason)
        state = self.status(command.job_id).state if command.job_id else None
        self.asked.append(command)
        if state is None or command.job_id is None:
            return "wished"
        if state in TERMINAL:
            return "over"
        if state not in {State.QUEUED, State.HELD}:
            return "wished"
        self.become(command.job_id, State.CANCELLED)
        return "cancelled"

    def refresh(self, fax_id: str) -> None:
        """Keep the wish. Raises `InvalidJob` as the real client does."""
        self.asked.append(RefreshMedia.decode({"fax_id": fax_id}))

    def sync(self, *, job_id: str | None = None, fax_id: str | None = None) -> None:
        """Record the command. Raises `InvalidJob` and `NotKnown` as the real client does."""
        command = SyncStatus.decode({"job_id": job_id, "fax_id": fax_id})
        if command.job_id:
            self.status(command.job_id)
        self.asked.append(command)

    def find_inbound(self, *, since: datetime | None = None) -> None:
        """Keep the wish. Raises `InvalidJob` as the real client does."""
        self.asked.append(FindInbound.decode({"since": since}))

    def status(self, job_id: str, *, history: bool = False) -> JobView:  # noqa: ARG002 - as the real one takes it
        """Return a job in its present state, without a history. Raises `NotKnown` as the real client does."""
        for job in self.sent:
            if job.job_id == job_id:
                row = {"state": self._states[job_id], "attempt": "0", "request": json.dumps(job.encode())}
                return JobView.from_hash(job_id, row | {"created": "0", "updated": "0"})
        raise NotKnown(f"job {job_id}: not known here")

    def _sent_one(self, fax: SendFax | Mapping[str, Any]) -> SendResult:
        try:
            receipt = self.send(fax)
        except (BadInput, IdempotencyConflict) as error:
            return SendResult(error=error)
        return SendResult(receipt.job_id, receipt)

    def _known(self, job: SendFax) -> SendFax | None:
        for sent in self.sent:
            if job.idempotency_key and job.idempotency_key == sent.idempotency_key:
                return sent
        return next((sent for sent in self.sent if job.job_id and job.job_id == sent.job_id), None)
