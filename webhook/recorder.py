"""Records webhooks in the ledger: those that come shortly after one another share a write."""

from typing import Any

from faxdispatch.ledger import GroupCommit, Observation, Observations
from webhook.connections import Connections

Reply = dict[str, Any]

_APART = 0.010
"""Seconds between two writes.

A webhook that comes alone is written at once. If many come, writing them together costs Redis and this process less,
and each answer may take two seconds.
"""


class Recorder:
    """Each webhook's thread gets its reply when its own webhook is on disk."""

    def __init__(self, observations: Observations, connections: Connections) -> None:
        self._observations = observations
        self._connections = connections
        self._group = GroupCommit[tuple[Observation, str], Reply](
            lambda said: connections.call(lambda redis: observations.record_many(said, on=redis)),
            apart=_APART,
        )

    def record(self, seen: Observation, body: str) -> Reply:
        """Record an observation; see `Observations.record_many`.

        Raises:
            Unavailable: Redis did not confirm; nothing is partly recorded, and it may be reported again.
        """
        return self._group.write((seen, body))

    def quarantine(self, body: bytes, *, digest: str, reason: str) -> Reply:
        """Keep a signed body that cannot be read; see `Observations.quarantine`.

        Raises:
            Unavailable: nothing was recorded; it may be reported again.
        """
        return self._connections.call(
            lambda redis: self._observations.quarantine(body, digest=digest, reason=reason, on=redis)
        )
