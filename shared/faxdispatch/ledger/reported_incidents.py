"""The incidents that were reported to people, so that no process reports one again while it lasts."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from faxdispatch.ledger.clock import moment
from faxdispatch.ledger.scripts import Scripts, redis_trouble

_REPORTED = "fax:notices"
_TURN = "fax:notices:turn"
_SINCE = "since"


class ReportedIncidents:
    """What all processes that report incidents share.

    All methods raise `Unavailable` if Redis did not answer.
    """

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    @property
    def _redis(self) -> Any:
        # redis-py's types cannot say that replies are text.
        return self._scripts.redis

    def take_turn(self, seconds: float) -> bool:
        """Take the lock for this many seconds. Return False if another process has the lock or had it a moment ago."""
        with redis_trouble():
            return bool(self._redis.set(_TURN, "1", nx=True, px=round(seconds * 1000)))

    def keep_turn(self, seconds: float) -> None:
        """Keep the lock for this many seconds from now on."""
        with redis_trouble():
            self._redis.set(_TURN, "1", px=round(seconds * 1000))

    def since(self) -> datetime:
        """Return the time from which incidents are reported: the time of the first call."""
        with redis_trouble():
            self._redis.hsetnx(_REPORTED, _SINCE, self._scripts.clock())
            return moment(int(self._redis.hget(_REPORTED, _SINCE)))

    def all(self) -> dict[str, datetime]:
        """Return the incidents that were reported, and when each was last seen."""
        with redis_trouble():
            found = self._redis.hgetall(_REPORTED)
        return {incident: moment(int(seen)) for incident, seen in found.items() if incident != _SINCE}

    def seen(self, incidents: Iterable[str]) -> None:
        """Record that these were reported, and are seen now."""
        now = self._scripts.clock()
        if noted := dict.fromkeys(incidents, now):
            with redis_trouble():
                self._redis.hset(_REPORTED, mapping=noted)

    def forget(self, incidents: Iterable[str]) -> None:
        """Forget these incidents, which are over; if they come again, they are reported again."""
        if over := list(incidents):
            with redis_trouble():
                self._redis.hdel(_REPORTED, *over)
