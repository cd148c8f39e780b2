"""What a Redis keeps when it crashes, and how a claim is made to survive."""

from enum import StrEnum
from typing import Any

from redis.exceptions import RedisError, ResponseError

from faxdispatch.errors import Unavailable
from faxdispatch.ledger.scripts import redis_trouble


class Durability(StrEnum):
    """How soon a write is on disk."""

    ALWAYS = "always"
    """Before the answer: `appendonly yes`, `appendfsync always`."""
    ON_DEMAND = "on_demand"
    """Within about a second, or when asked by `WAITAOF` (Redis 7.2 and later)."""
    LATER = "later"
    """There is an append-only file, but no way to wait for it."""
    NEVER = "never"
    """No append-only file: a crash loses what was written since the last snapshot."""


def durability(redis: Any) -> Durability:
    """Find out what a server does; managed services that hide their settings are asked by trying.

    Raises:
        Unavailable: where the server does not answer.
    """
    try:
        settings = redis.config_get("append*")
    except ResponseError:
        settings = {}
    except RedisError as error:
        raise Unavailable(f"Redis did not answer: {type(error).__name__}") from error
    if settings.get("appendonly") == "no":
        return Durability.NEVER
    if settings.get("appendonly") == "yes" and settings.get("appendfsync") == "always":
        return Durability.ALWAYS
    try:
        with redis_trouble():
            redis.execute_command("WAITAOF", 1, 0, 1)
    except Unavailable as error:
        if isinstance(error.__cause__, ResponseError):
            return Durability.LATER if settings else Durability.NEVER
        raise
    return Durability.ON_DEMAND


class Fence:
    """Waits until what one connection wrote last is safe.

    `replicas` is how many replicas must hold it besides; `timeout` is in seconds.
    """

    def __init__(self, kind: Durability, *, replicas: int = 0, timeout: float = 2.0) -> None:
        self._local = int(kind is Durability.ON_DEMAND)
        self._fsync_known = kind in {Durability.ON_DEMAND, Durability.ALWAYS}
        self._replicas = replicas
        self._timeout_ms = round(timeout * 1000)

    @property
    def needed(self) -> bool:
        """Tell whether there is anything to wait for."""
        return bool(self._local or self._replicas)

    def passed(self, connection: Any) -> bool:
        """Wait, on the connection that made the write; False where it is not known to be safe in time.

        Raises:
            Unavailable: where the server does not answer.
        """
        if not self.needed:
            return True
        with redis_trouble():
            if not self._fsync_known:
                return bool(connection.execute_command("WAIT", self._replicas, self._timeout_ms) >= self._replicas)
            local, replicas = connection.execute_command("WAITAOF", self._local, self._replicas, self._timeout_ms)
        return bool(local >= self._local and replicas >= self._replicas)
