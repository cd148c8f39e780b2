"""Numbers that are no longer called, since several faxes in a row to them failed permanently."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from faxdispatch.ledger.scripts import Scripts, redis_trouble


@dataclass(frozen=True, slots=True)
class Suspect:
    """A number in quarantine."""

    number: str
    until: datetime


class Suspects:
    """The quarantine of numbers. A delivered fax or a person ends it."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    @property
    def _redis(self) -> Any:
        # redis-py's types cannot say that replies are text.
        return self._scripts.redis

    def all(self, *, limit: int = 1000) -> list[Suspect]:
        """Return the numbers in quarantine, in the order in which they are released."""
        now = self._scripts.clock()
        with redis_trouble():
            found = self._redis.zrangebyscore("fax:quarantined", f"({now}", "+inf", start=0, num=limit, withscores=True)
        return [Suspect(number, datetime.fromtimestamp(till / 1000, UTC)) for number, till in found]

    def until(self, number: str) -> datetime | None:
        """Return until when a number (E.164) is in quarantine, or None if it is not."""
        now = self._scripts.clock()
        with redis_trouble():
            till = self._redis.zscore("fax:quarantined", number)
        return datetime.fromtimestamp(till / 1000, UTC) if till and till > now else None

    def lift(self, number: str, *, reason: str, operator: str | None = None) -> bool:
        """Let a number be called again; an event reports it. Return False if it is not in quarantine."""
        reply = self._scripts.run("lift", number=number, reason=reason, operator=operator, source="operator")
        return bool(reply["outcome"] == "lifted")
