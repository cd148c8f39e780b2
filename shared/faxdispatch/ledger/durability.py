"""Measures which writes a Redis keeps when it crashes, and makes claims survive a crash."""

import time
import weakref
from collections import deque
from collections.abc import Iterator, MutableSequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock
from typing import Any

from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError
from redis.retry import Retry

from faxdispatch.errors import Unavailable
from faxdispatch.ledger.scripts import redis_trouble
from faxdispatch.redis.facts import facts
from faxdispatch.text.trouble import why

PROBES = 4
"""How many writes the test makes in a row; all but the first come right after an fsync."""
LEAST_WAIT = 0.3
"""Least seconds that most of these writes take on a server that syncs once a second and really waits for it."""


class Durability(StrEnum):
    """How soon a write is on disk."""

    ALWAYS = "always"
    """Before the answer: `appendonly yes`, `appendfsync always`."""
    ON_DEMAND = "on_demand"
    """Within about a second, and `WAITAOF` was seen to wait for it."""
    LATER = "later"
    """There is an append-only file, but no way to wait for it: either no `WAITAOF`, or one that answers without an
    fsync."""
    UNKNOWN = "unknown"
    """The server does not say, and did not wait for an fsync in a test."""
    NEVER = "never"
    """No append-only file: a crash loses what was written since the last snapshot."""


@dataclass(frozen=True, slots=True)
class Server:
    """The facts that were found about a Redis.

    Those that it does not give are None; `waits` is None if no wait is needed.
    """

    run_id: str
    role: str
    aof: bool | None
    fsync: str | None
    waits: bool | None = None

    @property
    def durability(self) -> Durability:
        """How soon a write is on disk."""
        if self.aof is False:
            return Durability.NEVER
        if self.aof and self.fsync == "always":
            return Durability.ALWAYS
        if self.waits:
            return Durability.ON_DEMAND
        return Durability.UNKNOWN if self.aof is None or self.fsync is None else Durability.LATER

    @property
    def problem(self) -> str | None:
        """Say why a claim is not safe there, or None if it is safe."""
        if self.role != "master":
            return "it is a replica, which accepts no writes"
        return _PROBLEMS.get(self.durability)


_PROBLEMS = {
    Durability.NEVER: "it has no append-only file, so a crash loses the record of which faxes were sent",
    Durability.UNKNOWN: (
        "it does not say how it syncs, and it did not wait for an fsync in a test: what a crash would lose is unknown"
    ),
    Durability.LATER: (
        "it does not sync every write, and faxdispatch cannot wait for it: it has no WAITAOF, or answers it without "
        "an fsync"
    ),
}


def measure(redis: Any, known: Server | None = None, *, probing: bool = True) -> Server:
    """Find out what kind of server this is, over one connection to it.

    If it does not sync with every write, WAITAOF is tested for up to four seconds, unless `known` is the same server
    with the same settings, measured before. Without `probing`, such a server counts as one without a working `WAITAOF`.

    Raises:
        Unavailable: it does not answer.
    """
    with _answering():
        about = facts(redis, "server", "replication", "persistence")
    server = Server(
        run_id=str(about.get("run_id", "")),
        role=str(about.get("role", "master")),
        aof=bool(about["aof_enabled"]) if "aof_enabled" in about else None,
        fsync=about.get("appendfsync"),
    )
    if server.durability not in {Durability.LATER, Durability.UNKNOWN} or server.role != "master" or not probing:
        return server
    same = known is not None and (known.run_id, known.aof, known.fsync) == (server.run_id, server.aof, server.fsync)
    waits = known.waits if known and same and known.waits is not None else _waits(redis)
    return Server(server.run_id, server.role, server.aof, server.fsync, waits)


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except RedisError as error:
        raise Unavailable(f"Redis did not answer: {why(error)}") from error


def _waits(redis: Any) -> bool:
    """Return whether WAITAOF waits for an fsync: right after one, the next comes about a second later."""
    took = []
    for number in range(PROBES):
        try:
            with redis_trouble():
                redis.set("fax:probe", number, px=60_000)
                begun = time.monotonic()
                local, _ = redis.execute_command("WAITAOF", 1, 0, 2000)
        except Unavailable as error:
            if isinstance(error.__cause__, ResponseError):
                return False
            raise
        if local < 1:
            return False
        took.append(time.monotonic() - begun)
    return sorted(took[1:])[1] >= LEAST_WAIT


class NotSafe(Unavailable):
    """A claim could not be made safe from a crash, so Telnyx must not be called for it."""


class Bound:
    """One connection that is never remade, and the facts about the server behind it."""

    def __init__(self, redis: Redis, server: Server) -> None:
        self.redis = redis
        self.server = server

    @property
    def alive(self) -> bool:
        """Return whether the connection can be used again; with unread data on it, it cannot."""
        try:
            return self.redis.connection is not None and not self.redis.connection.can_read()
        except (RedisError, OSError):
            return False

    def close(self) -> None:
        """End it."""
        self.redis.connection_pool.disconnect()

    def passed(self, replicas: int, timeout_ms: int) -> bool:
        """Wait until the last write over it is on disk and on this many replicas. Return False if that takes too long.

        Raises:
            Unavailable: the connection was lost.
        """
        local = int(self.server.durability is Durability.ON_DEMAND)
        if not local and not replicas:
            return True
        connection: Any = self.redis
        with redis_trouble():
            if self.server.aof is False:
                return bool(connection.execute_command("WAIT", replicas, timeout_ms) >= replicas)
            found = connection.execute_command("WAITAOF", local, replicas, timeout_ms)
        return bool(found[0] >= local and found[1] >= replicas)


class Barrier:
    """A write barrier: makes claims safe, each over one connection to a server whose durability is known.

    `replicas` is how many replicas must hold a claim, `timeout` how many seconds to wait for that. With
    `lossy_allowed`, servers that may forget claims are accepted; the barrier still waits as far as they allow. Without
    `probing`, a server that does not sync with every write counts as not safe, at no cost.
    """

    def __init__(
        self,
        redis: Redis,
        *,
        replicas: int = 0,
        lossy_allowed: bool = False,
        timeout: float = 2.0,
        probing: bool = True,
    ) -> None:
        pool = redis.connection_pool
        self._kind = type("BoundConnection", (_Once, pool.connection_class), {})
        never = {"retry": Retry(NoBackoff(), 0), "retry_on_error": [], "health_check_interval": 0}
        options = {name: value for name, value in pool.connection_kwargs.items() if name != "timeout"}
        self._options = {**options, **never}
        self.replicas = replicas
        self._lossy_allowed = lossy_allowed
        self._probing = probing
        self._timeout_ms = round(timeout * 1000)
        self._idle: deque[Bound] = deque()
        # Nobody else has these connections: they end with the barrier.
        weakref.finalize(self, _close_all, self._idle)
        self._measuring = Lock()
        self._server: Server | None = None

    @property
    def server(self) -> Server | None:
        """The server that was checked last, or None before the first check."""
        return self._server

    @property
    def problem(self) -> str | None:
        """Why no claim is safe on that server; None if claims are safe, the risk is allowed, or before a check."""
        return self._problem_of(self._server) if self._server else None

    def look(self) -> Server:
        """Check the server again: role, append-only file and fsync may change while it runs.

        Raises:
            Unavailable: it does not answer.
        """
        bound = self._take()
        with self._closing(bound):
            bound.server = self._measured(bound.redis)
        return bound.server

    @contextmanager
    def bound(self) -> Iterator[Redis]:
        """Yield a connection for one claim; the end of the block waits until the writes over it are safe.

        The connection is never remade. If anything is lost or late, the block ends with an error, and the claim made in
        it is void: Telnyx must not be called for it.

        Raises:
            NotSafe: the server's guarantees are too weak, or it did not confirm in time.
            Unavailable: the server does not answer, or the connection was lost.
        """
        bound = self._take()
        with self._closing(bound):
            known = self._server
            if known is not None and known.run_id == bound.server.run_id:
                bound.server = known
            if problem := self._problem_of(bound.server):
                raise NotSafe(f"Redis cannot make a claim safe: {problem}")
            yield bound.redis
            if not bound.passed(self.replicas, self._timeout_ms):
                raise NotSafe("Redis did not confirm in time that the claim is safe")

    def mark(self) -> str:
        """Return what `durable_since` needs to know about the time before a write.

        Raises:
            Unavailable: the server does not answer.
        """
        return (self._server or self.look()).run_id

    def durable_since(self, mark: str) -> bool:
        """Wait until everything written since then, over any connection, is as safe as a claim.

        Return False if it is not.
        """
        server = self._server
        if server is None or self._problem_of(server):
            return False
        if server.durability is not Durability.ON_DEMAND and not self.replicas:
            return server.run_id == mark
        try:
            with self.bound() as connection:
                # If a write of this connection is safe, everything written before it is safe as well.
                connection.set("fax:settled", 1, px=60_000)
        except (Unavailable, RedisError):
            return False
        return self._server is not None and self._server.run_id == mark

    @contextmanager
    def _closing(self, bound: Bound) -> Iterator[None]:
        try:
            yield
        except BaseException:
            bound.close()
            raise
        self._idle.append(bound)

    def _problem_of(self, server: Server) -> str | None:
        lossy = server.durability in _PROBLEMS and server.role == "master"
        return None if lossy and self._lossy_allowed else server.problem

    def _take(self) -> Bound:
        while self._idle:
            bound = self._idle.pop()
            if bound.alive:
                return bound
            bound.close()
        pool = ConnectionPool(connection_class=self._kind, **self._options)
        with _answering():
            redis = Redis(connection_pool=pool, single_connection_client=True)
        try:
            return Bound(redis, self._measured(redis))
        except BaseException:
            pool.disconnect()
            raise

    def _measured(self, redis: Redis) -> Server:
        # One after the other, since the result of one test serves all of them.
        with self._measuring:
            self._server = measure(redis, self._server, probing=self._probing)
            return self._server


def _close_all(connections: MutableSequence[Bound]) -> None:
    while connections:
        connections.pop().close()


class DurabilityCheck:
    """Tells producers whether what they record is as safe as a claim.

    `replicas` is `FAX_REPLICAS`; if it is None, the value that the workers noted in the ledger counts.
    """

    _LOOK = 5.0
    """Seconds for which a check of the server stays valid."""

    def __init__(self, redis: Redis, replicas: int | None = None) -> None:
        self._redis: Any = redis
        self._replicas = replicas
        self._barrier: Barrier | None = None
        self._looked_at = 0.0

    def mark(self) -> str:
        """Return what `durable_since` needs to know about the time before a write.

        Raises:
            Unavailable: Redis did not answer.
        """
        if self._barrier is None or time.monotonic() - self._looked_at > self._LOOK:
            with redis_trouble():
                noted = self._redis.hget("fax:ledger", "replicas") if self._replicas is None else self._replicas
            self._barrier = self._barrier or Barrier(self._redis, probing=False)
            self._barrier.replicas = int(noted or 0)
            self._barrier.look()
            self._looked_at = time.monotonic()
        return self._barrier.mark()

    def durable_since(self, mark: str) -> bool:
        """Return whether everything written since then is as safe as a claim, after waiting for the replicas."""
        durable = self._barrier is not None and self._barrier.durable_since(mark)
        if not durable:
            self._looked_at = 0.0
        return durable


class _Once:
    """Makes a connection that is never remade, so that a claim and the wait for it cannot use different ones."""

    _made = False
    _sock: Any

    def connect_check_health(self, *args: Any, **options: Any) -> None:
        if self._made and self._sock is None:
            raise RedisConnectionError("the connection was lost, and a claim must not continue on another one")
        super().connect_check_health(*args, **options)  # type: ignore[misc]
        self._made = True
