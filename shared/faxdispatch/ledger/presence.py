"""The worker processes that run, and how each sees the clocks."""

import json
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from faxdispatch.ledger.scripts import Scripts, redis_trouble

WORKER_SILENCE = 60.0
"""Seconds after which a worker that has not reported counts as gone; workers report every five."""
CLOCK_OFF = 5.0
"""Difference between two clocks, in seconds, from which one of them is wrong: Telnyx's dates are whole seconds, and
an answer takes a moment."""


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker process. How far its clock is ahead of Redis' clock, in seconds; below 0 it is behind."""

    name: str
    """`host:pid`."""
    seen_at: datetime
    own_clock_ahead: float | None = None
    telnyx_ahead: float | None = None
    """Telnyx's clock, or None if it has answered nothing lately."""

    def wrong_clocks(self) -> list[str]:
        """Say which clocks differ by more than `CLOCK_OFF`."""
        clocks = (f"the clock of worker {self.name}", self.own_clock_ahead), ("Telnyx's clock", self.telnyx_ahead)
        return [
            f"{whose} is {abs(ahead):.1f} s {'ahead of' if ahead > 0 else 'behind'} Redis'"
            for whose, ahead in clocks
            if ahead is not None and abs(ahead) > CLOCK_OFF
        ]


class Presence:
    """The workers' reports.

    They are dated by Redis' clock, so that a worker with a wrong clock does not seem to be gone.
    """

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    @property
    def _redis(self) -> Any:
        # redis-py's types cannot say that replies are text.
        return self._scripts.redis

    def show_up(self, name: str, telnyx: datetime | None) -> Worker:
        """Record that a worker runs, and how it sees the clocks; `telnyx` is the present time by Telnyx's clock."""
        before, begun = time.time(), time.monotonic()
        now = self._scripts.clock()
        took = time.monotonic() - begun
        worker = Worker(
            name,
            seen_at=datetime.fromtimestamp(now / 1000, UTC),
            own_clock_ahead=round(before + took / 2 - now / 1000, 3),
            telnyx_ahead=round(telnyx.timestamp() - now / 1000, 3) if telnyx else None,
        )
        clocks = {key: value for key, value in asdict(worker).items() if key.endswith("ahead")}
        gone = now - WORKER_SILENCE * 1000
        with redis_trouble():
            silent = self._redis.zrangebyscore("fax:workers", "-inf", gone)
            with self._redis.pipeline(transaction=False) as pipe:
                pipe.zadd("fax:workers", {name: now})
                pipe.hset("fax:workers:clocks", name, json.dumps(clocks))
                if silent:
                    pipe.zrem("fax:workers", *silent)
                    pipe.hdel("fax:workers:clocks", *silent)
                pipe.execute()
        return worker

    def all(self) -> list[Worker]:
        """Return the workers that have reported lately, in the order of their last reports."""
        since = self._scripts.clock() - WORKER_SILENCE * 1000
        with redis_trouble(), self._redis.pipeline(transaction=False) as pipe:
            pipe.zrangebyscore("fax:workers", since, "+inf", withscores=True)
            pipe.hgetall("fax:workers:clocks")
            present, clocks = pipe.execute()
        return [
            Worker(name, datetime.fromtimestamp(millis / 1000, UTC), **json.loads(clocks.get(name, "{}")))
            for name, millis in present
        ]
