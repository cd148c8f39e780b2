"""Delivers webhooks: signed, in order for each fax, with retries, and with faults if they are switched on."""

import asyncio
import json
import logging
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from simulator.clock import now, stamp
from simulator.faults import Faults
from simulator.signing import Signer
from simulator.store import Fax, Store
from simulator.tally import Tally

log = logging.getLogger(__name__)

DEFAULT_TIMEOUT_SECS = 2.0
# Maximum number of simultaneous deliveries. Unlike Telnyx, this process must also answer requests.
MOST_AT_ONCE = 256


@dataclass(slots=True, eq=False)
class Event:
    """One event, to be sent to a list of URLs until one of them answers 200."""

    event_type: str
    payload: dict[str, Any]
    urls: list[str]
    timeout: float = DEFAULT_TIMEOUT_SECS
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    occurred_at: str = field(default_factory=lambda: stamp(now()))
    due: float = 0.0
    attempts: int = 0

    def body(self, url: str, *, flat: bool) -> bytes:
        """Return the JSON of this attempt; `flat` is the bare object that some of Telnyx' pages show."""
        data: dict[str, Any] = {
            "event_type": self.event_type,
            "id": self.id,
            "occurred_at": self.occurred_at,
            "payload": self.payload,
        }
        if flat:
            return json.dumps(data).encode()
        meta = {"attempt": self.attempts, "delivered_to": url}
        return json.dumps({"data": data | {"record_type": "event"}, "meta": meta}).encode()


@dataclass(slots=True)
class _Outbox:
    """The events of one fax: those that the reorder fault holds back, and the task that sends the rest."""

    held: list[Event] = field(default_factory=list)
    tail: asyncio.Task[None] | None = None


class Courier:
    """Sends webhooks in the background."""

    def __init__(self, store: Store, faults: Faults, tally: Tally, signer: Signer) -> None:
        self._store = store
        self._faults = faults
        self._tally = tally
        self._signer = signer
        self._outboxes: dict[str, _Outbox] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(MOST_AT_ONCE)
        self._http: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Open the HTTP client."""
        connector = aiohttp.TCPConnector(limit=0)
        self._http = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None))

    async def close(self) -> None:
        """Stop sending."""
        self.forget()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._http is not None:
            await self._http.close()

    @property
    def http(self) -> aiohttp.ClientSession:
        """The HTTP client, once started."""
        if self._http is None:
            raise RuntimeError("the courier has not been started")
        return self._http

    @property
    def pending(self) -> int:
        """How many deliveries are under way or waiting."""
        return len(self._tasks)

    def forget(self) -> None:
        """Drop everything that is under way."""
        self._outboxes.clear()
        for task in self._tasks:
            task.cancel()

    def publish(self, fax: Fax, event_type: str, payload: dict[str, Any], *, last: bool) -> asyncio.Task[None] | None:
        """Send the webhooks; `last` says that this fax will have no more."""
        event = Event(event_type, payload, self._urls(fax), self._timeout(fax.connection_id))
        outbox = self._outboxes.setdefault(fax.id, _Outbox())
        if last:
            del self._outboxes[fax.id]
        batch = self._disturb(event, outbox, fax.occasion, last=last)
        if batch:
            outbox.tail = self._spawn(self._send_after(outbox.tail, batch))
        return outbox.tail

    def _disturb(self, event: Event, outbox: _Outbox, key: str, *, last: bool) -> list[Event]:
        """Return the events to be sent now; faults may lose, duplicate, delay or hold them back."""
        dice = self._faults.dice("webhook", key, event.event_type)
        batch = [event]
        if not event.urls:
            self._tally.webhooks["without_url"] += 1
            batch = []
        elif self._faults.fires("webhook_lose", dice):
            self._tally.webhooks["lost"] += 1
            batch = []
        elif self._faults.fires("webhook_double", dice):
            self._tally.webhooks["doubled"] += 1
            batch = [event, event]
        event.due = time.monotonic() + self._faults.seconds("webhook_delay_ms", dice)
        if batch and not last and self._faults.fires("webhook_reorder", dice):
            # Held until a later event has been sent, so that the order is certainly wrong.
            outbox.held.extend(batch)
            return []
        if batch or last:
            batch += reversed(outbox.held)
            outbox.held = []
        return batch

    def _urls(self, fax: Fax) -> list[str]:
        attempts = int(self._faults["webhook_attempts"])
        primary = fax.webhook_url or self._faults["webhook_url"]
        return [url for url in (primary, fax.webhook_failover_url) if url for _ in range(attempts)]

    def _timeout(self, connection_id: str) -> float:
        application = self._store.applications.get(connection_id) or {}
        return float(application.get("webhook_timeout_secs") or DEFAULT_TIMEOUT_SECS)

    def _spawn(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _send_after(self, previous: asyncio.Task[None] | None, batch: list[Event]) -> None:
        if previous is not None:
            await asyncio.wait([previous])
        for event in batch:
            await asyncio.sleep(event.due - time.monotonic())
            await self._deliver(event)

    async def _deliver(self, event: Event) -> None:
        """Try all URLs in turn, with growing pauses."""
        for at, url in enumerate(event.urls):
            if self._faults.fires("webhook_outage"):
                self._tally.webhooks["lost"] += 1
                return
            event.attempts += 1
            body = event.body(url, flat=self._faults.fires("flat_envelope"))
            if await self.post(url, body, event.timeout) == 200:
                self._tally.webhooks["sent"] += 1
                return
            self._tally.webhooks["refused"] += 1
            if at + 1 < len(event.urls):
                await asyncio.sleep(self._faults["webhook_backoff_ms"] / 1000 * 2**at / self._faults["speed"])
        self._tally.webhooks["abandoned"] += 1

    async def post(self, url: str, body: bytes, patience: float, headers: dict[str, str] | None = None) -> int | None:
        """Sign and send one request; return the status, or nothing if there was no answer.

        Every attempt is signed again: its number is in the body, and old timestamps are refused.
        """
        signed = self._signer.headers(str(int(time.time())), body)
        fixed = {"Content-Type": "application/json", "User-Agent": "telnyx-webhooks"}
        try:
            async with (
                self._slots,
                asyncio.timeout(patience),
                self.http.post(
                    url, data=body, headers=fixed | signed | (headers or {}), allow_redirects=False
                ) as answer,
            ):
                return answer.status
        except (aiohttp.ClientError, OSError, ValueError) as problem:
            # TimeoutError is an OSError; a ValueError means that the URL is impossible.
            log.debug("SIMULATION: webhook to %s failed: %r", url, problem)
            return None
