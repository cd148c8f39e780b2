"""Records webhooks in the ledger, those of one moment with one call: each call is a write to disk."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import Lock
from typing import Any

from faxdispatch.errors import Unavailable
from faxdispatch.ledger import Observation, Observations
from webhook.connections import Connections

MOMENT = 0.015
"""Seconds for which one of many waits for others; Telnyx waits two seconds. One that comes alone does not wait."""

Reply = dict[str, Any]


class Recorder:
    """Does a group commit: the first thread of a moment records what the others have brought meanwhile.

    Each is given its reply when its own webhook is on disk.
    """

    def __init__(
        self, observations: Observations, connections: Connections, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._observations = observations
        self._connections = connections
        self._sleep = sleep
        self._lock = Lock()
        self._waiting: list[tuple[Observation, str, Future[Reply]]] = []
        self._last = float("-inf")

    def record(self, seen: Observation, body: str) -> Reply:
        """Record an observation; see `Observations.record_many`.

        Raises:
            Unavailable: Redis did not confirm; nothing is half recorded, and the same may come again.
        """
        reply: Future[Reply] = Future()
        with self._lock:
            leads, others = not self._waiting, time.monotonic() - self._last < MOMENT
            self._waiting.append((seen, body, reply))
            self._last = time.monotonic()
        if leads:
            if others:
                self._sleep(MOMENT)
            with self._lock:
                group, self._waiting = self._waiting, []
            self._commit(group)
        return reply.result()

    def quarantine(self, body: bytes, *, digest: str, reason: str) -> Reply:
        """Keep a signed body that cannot be read; see `Observations.quarantine`.

        Raises:
            Unavailable: nothing was kept; it may come again.
        """
        return self._connections.call(
            lambda redis: self._observations.quarantine(body, digest=digest, reason=reason, on=redis)
        )

    def _commit(self, group: Sequence[tuple[Observation, str, Future[Reply]]]) -> None:
        said = [(seen, body) for seen, body, _ in group]
        try:
            replies = self._connections.call(lambda redis: self._observations.record_many(said, on=redis))
        except Exception as error:  # noqa: BLE001 - it is raised again in the thread of each
            if len(group) > 1 and not isinstance(error, Unavailable):
                # One of them is at fault, and must not cost the others their answers.
                for one in group:
                    self._commit([one])
                return
            for _, _, reply in group:
                reply.set_exception(error)
        else:
            for (_, _, reply), told in zip(group, replies, strict=True):
                reply.set_result(told)
