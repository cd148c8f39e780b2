"""The one way to connect to Redis, with the time-outs that suit each process."""

from contextlib import suppress
from enum import Enum
from typing import Any

from redis import BlockingConnectionPool, ConnectionPool, Redis, exceptions
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.connection import UnixDomainSocketConnection
from redis.retry import Retry

from faxdispatch.redis.address import SCHEMES, RedisAddress

_READ_SIZE = 8 * 1024
"""Size of a connection's read buffer in bytes. redis-py's usual 64 kB would be 5 MB for the connections of a worker."""
_TURN = 5.0
"""Seconds that a thread waits for a connection if the address limits their number and sets no time-out."""


class Patience(Enum):
    """How long a process waits for Redis: connect and answer in seconds, and how often it tries again."""

    WEBHOOK = (0.3, 0.5, Retry(NoBackoff(), 0))
    """Telnyx waits two seconds for the whole answer (developer guide, webhook fundamentals).

    If a connection breaks, the web app tries again itself: the client would connect in a thread that must not wait for
    a name lookup.
    """
    WORKER = (2.0, 5.0, Retry(ExponentialBackoff(cap=1, base=0.05), 3))
    READER = (2.0, 15.0, Retry(ExponentialBackoff(cap=1, base=0.05), 3))
    """Blocking reads of the event stream wait up to ten seconds on the server."""


def connect(url: str, patience: Patience = Patience.WORKER, **options: Any) -> "Redis":
    """Make a client that has not connected yet. Replies are text.

    Options in the address override ours, with two exceptions: the webhook waits no longer than it can afford, and a
    reader waits at least as long as the server may take.

    Raises:
        Misconfigured: Redis does not understand the address, or the name of its database is not a number.
    """
    address = RedisAddress.read(url)
    connect_timeout, answer_timeout, retry = patience.value
    given = dict(address.options)
    if patience is not Patience.WORKER and (asked := given.get("socket_timeout")):
        given["socket_timeout"] = (min if patience is Patience.WEBHOOK else max)(asked, answer_timeout)
    if patience is Patience.WEBHOOK and (asked := given.get("socket_connect_timeout")):
        given["socket_connect_timeout"] = min(asked, connect_timeout)
    pool: type[ConnectionPool] = ConnectionPool
    if "max_connections" in given:
        pool = BlockingConnectionPool
        given.setdefault("timeout", _TURN)
    else:
        given.pop("timeout", None)
    keepalive = {} if issubclass(address.kind, UnixDomainSocketConnection) else {"socket_keepalive": True}
    defaults: dict[str, Any] = {
        "socket_connect_timeout": connect_timeout,
        "socket_timeout": answer_timeout,
        "health_check_interval": 15,
        "socket_read_size": _READ_SIZE,
        **keepalive,
    }
    return Redis.from_pool(
        pool(
            connection_class=address.kind,
            **{**defaults, **given},
            decode_responses=True,
            retry=retry,
            retry_on_error=[exceptions.ConnectionError, exceptions.TimeoutError, exceptions.BusyLoadingError],
            **options,
        )
    )


def refuse_unfit(*urls: str) -> None:
    """Check servers when a process starts; a server that does not answer yet counts as fine.

    Raises:
        Misconfigured: one is a Redis Cluster or a Sentinel.
    """
    for url in urls:
        if url.partition("://")[0] in SCHEMES:
            with suppress(exceptions.RedisError), connect(url, Patience.WEBHOOK) as redis:
                redis.ping()
