"""The course of the demonstration: upload, send, cancel, and wait for the end of all faxes and events."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from faxdispatch.client import FaxClient
from faxdispatch.demo.recipients import DOCUMENTS, RECIPIENTS, Complication, Recipient
from faxdispatch.demo.stage import Stage
from faxdispatch.documents.local import read_document
from faxdispatch.events import Event
from faxdispatch.ledger import JobView
from faxdispatch.states import State
from faxdispatch.stream.consumer import Consumer
from faxdispatch.telnyx import TelnyxClient
from faxdispatch.telnyx.media.uploads import store

PATIENCE = 100.0
"""Seconds after which the demonstration ends, even if some faxes are still open."""

_FAULTS = {Complication.ANSWER_LOST: "drop_after", Complication.REQUEST_LOST: "drop_before"}


class Run:
    """One demonstration, and its state so far."""

    def __init__(self, stage: Stage, documents: Path) -> None:
        self._stage = stage
        self._folder = documents
        self._client = FaxClient(stage.redis_url)
        self._begun = time.monotonic()
        self._media: dict[str, str] = {}
        self._wished: set[str] = set()
        self.jobs: dict[str, Recipient] = {}
        """Recipients by job."""
        self.views: dict[str, JobView] = {}
        """Each job as the ledger has it."""
        self.events: defaultdict[str, list[Event]] = defaultdict(list)
        """Each job's events as a consumer of the stream read them."""
        self.doubled: list[str] = []
        """Jobs of repeated requests, which must not be new jobs."""

    @property
    def seconds(self) -> float:
        """The seconds that it has taken so far."""
        return time.monotonic() - self._begun

    def play(self, look: Callable[["Run"], object]) -> None:
        """Carry it out; `look` is called again and again to show the progress."""
        self._upload()
        with Consumer(self._stage.redis_url, "demo", "demo-1") as consumer:
            for _ in self._course():
                self._follow(consumer)
                look(self)
                if self.seconds > PATIENCE:
                    return

    def _course(self) -> Iterator[None]:
        """Go step by step; each `yield` is a moment to show the progress."""
        faulty = [recipient for recipient in RECIPIENTS if recipient.complication in _FAULTS]
        for recipient in faulty:
            # One at a time, so that the fault hits this fax and no other.
            self._stage.control("PUT", "/faults", {"next_posts": [_FAULTS[recipient.complication]], "webhook_lose": 1})
            job_id = self._send(recipient)
            while not self._past_unknown(job_id):
                yield
            self._stage.control("PUT", "/faults", {"webhook_lose": 0})
        for recipient in RECIPIENTS:
            if recipient not in faulty:
                self._send(recipient)
                yield
        while not self._over():
            self._cancel_in_time()
            yield

    def _upload(self) -> None:
        with TelnyxClient(self._stage.telnyx["base_url"], self._stage.telnyx["api_key"]) as telnyx:
            for name in DOCUMENTS:
                document = read_document(self._folder / name)
                store(telnyx, document)
                self._media[name] = document.media_name

    def _send(self, recipient: Recipient) -> str:
        options: dict[str, Any] = {
            "to": recipient.number,
            "media_name": self._media.get(recipient.document, recipient.document),
            "idempotency_key": f"demo {recipient.name}",
            "tags": ["demo"],
            "max_attempts": recipient.max_attempts,
        }
        if recipient.complication is Complication.CANCELLED_WAITING:
            options["send_at"] = datetime.now(UTC) + timedelta(hours=1)
        receipt = self._client.send(**options)
        self.jobs[receipt.job_id] = recipient
        if recipient.complication is Complication.SENT_TWICE:
            again = self._client.send(**options)
            self.doubled += [again.job_id] if again.created else []
        return receipt.job_id

    def _past_unknown(self, job_id: str) -> bool:
        types = {event.type for event in self.events[job_id]}
        return "job.unknown" in types and self.views[job_id].state is not State.UNKNOWN

    def _cancel_in_time(self) -> None:
        for job_id, recipient in self.jobs.items():
            view = self.views[job_id]
            waiting = recipient.complication is Complication.CANCELLED_WAITING and view.state is State.HELD
            sending = recipient.complication is Complication.CANCELLED_SENDING and view.provider_status == "sending"
            if (waiting or sending) and job_id not in self._wished:
                self._client.cancel(job_id=job_id)
                self._wished.add(job_id)

    def _follow(self, consumer: Consumer) -> None:
        deliveries = consumer.read(block=0.2)
        for delivery in deliveries:
            if delivery.event.job_id:
                self.events[delivery.event.job_id].append(delivery.event)
        consumer.ack(*deliveries)
        for job_id in self.jobs:
            if job_id not in self.views or not self.views[job_id].finished:
                self.views[job_id] = self._client.status(job_id)
        self._stage.stack.restart_dead()

    def _over(self) -> bool:
        """Return whether every fax has ended and the consumer has read its end."""
        ends = {"fax.delivered", "job.exhausted", "job.rejected", "job.cancelled"}
        return all(self.views[job_id].finished and self.events[job_id][-1].type in ends for job_id in self.jobs)
