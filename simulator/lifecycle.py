"""The simulated telephone network: moves every fax through its statuses and reports them."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from functools import partial
from typing import Any

from simulator import events
from simulator.documents import KINDS
from simulator.faults import Faults
from simulator.links import Links
from simulator.numbers import Scenario, Stage, scenario_for
from simulator.store import Fax, Store
from simulator.tally import Tally
from simulator.webhooks import Courier

# Seconds at speed 1.
QUEUE, MEDIA, DIAL, RING, SEND, CANCEL = 0.2, 0.3, 0.1, 0.2, 1.0, 0.1
RECEIVE, CONVERT = 0.5, 0.3


class _FailedError(Exception):
    """A fax fails, for a reason."""


class Network:
    """All faxes under way."""

    def __init__(self, store: Store, faults: Faults, tally: Tally, courier: Courier, links: Links) -> None:
        self._store = store
        self._faults = faults
        self._tally = tally
        self._courier = courier
        self._links = links
        self._lines: dict[str, Fax] = {}
        self._calls: dict[str, set[Fax]] = {}
        self._failures: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self.in_process = 0
        self.most_in_process = 0
        self.most_calls = 0

    @property
    def busy(self) -> bool:
        """Whether any fax is under way."""
        return bool(self._tasks)

    def stop(self) -> None:
        """Drop all faxes under way and forget the numbers' history."""
        for task in self._tasks:
            task.cancel()
        self._lines.clear()
        self._calls.clear()
        self._failures.clear()
        self.in_process = self.most_in_process = self.most_calls = 0

    async def close(self) -> None:
        """Stop, and wait until everything has stopped."""
        self.stop()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def send(self, fax: Fax) -> asyncio.Task[None] | None:
        """Accept an outbound fax. Return the delivery of its first webhook, if there is one."""
        self._store.add(fax)
        self._tally.accept(fax)
        self.in_process += 1
        self.most_in_process = max(self.most_in_process, self.in_process)
        announced = self._announce(fax, "fax.queued")
        fax.task = self._spawn(self._outbound(fax))
        return announced

    def go_on(self, fax: Fax) -> None:
        """Add a fax of an earlier run; one that was under way begins again."""
        self._store.add(fax)
        if fax.over:
            return
        if fax.direction == "inbound":
            fax.task = self._spawn(self._inbound(fax, None, None))
            return
        self.in_process += 1
        fax.task = self._spawn(self._cancelled(fax) if fax.cancel_asked else self._outbound(fax))

    def cancel(self, fax: Fax) -> None:
        """Stop an outbound fax soon; its last webhook reports the end."""
        if fax.cancel_asked or scenario_for(fax.to).ignores_cancel:
            return
        fax.cancel_asked = True
        if fax.task is not None:
            fax.task.cancel()
        self._spawn(self._cancelled(fax))

    def receive(self, fax: Fax, failure_reason: str | None, speed: float | None) -> None:
        """Let a fax come in."""
        self._store.add(fax)
        fax.task = self._spawn(self._inbound(fax, failure_reason, speed))

    def renew_link(self, fax: Fax) -> None:
        """Give a received fax a new download link, unless the caller brought one."""
        came = fax.incoming
        if came is None:
            raise RuntimeError(f"fax {fax.id} did not come in, so it has no link to renew")
        if came.media_url is not None:
            fax.media_url = came.media_url
            return
        (content_type, blank), content = KINDS[came.kind], came.content
        document = partial(blank, fax.pages) if content is None else lambda: content
        fax.media_url = self._links.make(f"{fax.id}.{came.kind}", content_type, document)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _pause(self, seconds: float, speed: float | None = None) -> None:
        await asyncio.sleep(seconds / (speed or self._faults["speed"]))

    def _announce(self, fax: Fax, event_type: str, *, last: bool = False) -> asyncio.Task[None] | None:
        describe = events.outbound if fax.direction == "outbound" else events.inbound
        return self._courier.publish(fax, event_type, describe(fax), last=last)

    async def _outbound(self, fax: Fax) -> None:
        scenario, reason = scenario_for(fax.to), None
        try:
            await self._attempt(fax, scenario)
        except _FailedError as failure:
            reason = str(failure)
        finally:
            self._hang_up(fax)
        self._finish(fax, scenario, reason)

    async def _attempt(self, fax: Fax, scenario: Scenario) -> None:
        await self._pause(QUEUE)
        self._check(fax, scenario, Stage.QUEUED)
        if self._has_no_profile(fax):
            raise _FailedError("no_outbound_profile")
        await self._pause(MEDIA)
        self._check(fax, scenario, Stage.MEDIA)
        if fax.document_problem is not None:
            raise _FailedError(fax.document_problem)
        fax.move("media.processed")
        self._announce(fax, "fax.media.processed")
        await self._pause(DIAL)
        self._check(fax, scenario, Stage.DIAL)
        self._dial(fax)
        fax.move("originated")
        await self._pause(RING)
        self._check(fax, scenario, Stage.RINGING)
        fax.move("sending")
        self._announce(fax, "fax.sending.started")
        while scenario.never_ends:
            await self._pause(SEND)
        await self._pause(SEND * scenario.sending_factor)
        self._check(fax, scenario, Stage.SENDING)
        fax.call_duration_secs = 5 + 10 * fax.pages

    def _check(self, fax: Fax, scenario: Scenario, stage: Stage) -> None:
        """Fail at this stage if the scenario requires it."""
        if scenario.stage is not stage:
            return
        if scenario.needs and all(getattr(fax, name) == value for name, value in scenario.needs):
            return
        if scenario.times is not None and self._failures[fax.to] >= scenario.times:
            return
        self._failures[fax.to] += 1
        if scenario.pages_before_drop is not None:
            fax.pages, fax.call_duration_secs = scenario.pages_before_drop, 15
        raise _FailedError(scenario.reason or "")

    def _has_no_profile(self, fax: Fax) -> bool:
        application = self._store.applications.get(fax.connection_id)
        return application is not None and not application["outbound"].get("outbound_voice_profile_id")

    def _dial(self, fax: Fax) -> None:
        """Take a channel and the recipient's line, or fail."""
        calls = self._calls.setdefault(fax.connection_id, set())
        limit = self._channel_limit(fax.connection_id)
        if limit is not None and len(calls) >= limit:
            raise _FailedError("connection_channel_limit_exceeded")
        if fax.to in self._lines:
            self._tally.overlaps += 1
            raise _FailedError("user_busy")
        # A SIP address may have many lines; a telephone number has one.
        if fax.to.startswith("+"):
            self._lines[fax.to] = fax
        calls.add(fax)
        self.most_calls = max(self.most_calls, len(calls))

    def _channel_limit(self, connection_id: str) -> int | None:
        application = self._store.applications.get(connection_id)
        own = application["outbound"]["channel_limit"] if application else None
        limits = [limit for limit in (own, self._faults["channels"]) if limit is not None]
        return min(limits, default=None)

    def _hang_up(self, fax: Fax) -> None:
        self._calls.get(fax.connection_id, set()).discard(fax)
        if self._lines.get(fax.to) is fax:
            del self._lines[fax.to]

    async def _cancelled(self, fax: Fax) -> None:
        await self._pause(CANCEL)
        self._finish(fax, scenario_for(fax.to), "sender_canceled")

    def _finish(self, fax: Fax, scenario: Scenario, reason: str | None) -> None:
        self.in_process -= 1
        if reason is not None:
            fax.failure_reason = reason or None
        fax.move("delivered" if reason is None else "failed")
        fax.task = None
        self._tally.end(fax.status, reason)
        if not scenario.loses_last_webhook:
            self._announce(fax, f"fax.{fax.status}", last=True)

    async def _inbound(self, fax: Fax, failure_reason: str | None, speed: float | None) -> None:
        await self._pause(QUEUE, speed)
        fax.move("receiving")
        self._announce(fax, "fax.receiving.started")
        await self._pause(RECEIVE, speed)
        if failure_reason is not None:
            fax.failure_reason = failure_reason
            fax.move("failed")
            self._announce(fax, "fax.failed", last=True)
            return
        fax.move("media.processing")
        self._announce(fax, "fax.media.processing.started")
        await self._pause(CONVERT, speed)
        self.renew_link(fax)
        fax.call_duration_secs = 5 + 10 * fax.pages
        fax.move("received")
        self._announce(fax, "fax.received", last=True)
