"""One way to reach Redis, with the patience that each process can afford."""

from contextlib import suppress
from enum import Enum
from typing import Any

from redis import BlockingConnectionPool, ConnectionPool, Redis, exceptions
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.connection import UnixDomainSocketConnection
from redis.retry import Retry

from faxdispatch.redis.address import SCHEMES, RedisAddress

_READ_SIZE = 8 * 1024
"""Bytes that a connection keeps for reading. redis-py's usual 64 kB are 5 MB for the connections of a worker."""
_TURN = 5.0
"""Seconds that a thread waits for a connection where the address allows only so many, and does not say."""


class Patience(Enum):
    """How long a process waits for Redis: connect and answer in seconds, and how often it asks again."""

    WEBHOOK = (0.3, 0.5, Retry(NoBackoff(), 0))
    """Telnyx waits two seconds for the whole answer (developer guide, webhook fundamentals). The web app itself asks
    again where a connection broke: the client would connect in a thread that must not wait for a name lookup."""
    WORKER = (2.0, 5.0, Retry(ExponentialBackoff(cap=1, base=0.05), 3))
    READER = (2.0, 15.0, Retry(ExponentialBackoff(cap=1, base=0.05), 3))
    """Blocking reads of the event stream wait up to ten seconds on the server."""


def connect(url: str, patience: Patience = Patience.WORKER, **options: Any) -> "Redis":
    """Make a client that has not connected yet. Replies are text.

    Options of the address go before our own, with two exceptions: the webhook waits no longer than it can afford, and
    a reader no shorter than the server may take.

    Raises:
        Misconfigured: where the address is none that Redis understands, or names its database by anything but a number.
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
    ours: dict[str, Any] = {
        "socket_connect_timeout": connect_timeout,
        "socket_timeout": answer_timeout,
        "health_check_interval": 15,
        "socket_read_size": _READ_SIZE,
        **keepalive,
    }
    return Redis.from_pool(
        pool(
            connection_class=address.kind,
            **{**ours, **given},
            decode_responses=True,
            retry=retry,
            retry_on_error=[exceptions.ConnectionError, exceptions.TimeoutError, exceptions.BusyLoadingError],
            **options,
        )
    )


def refuse_unfit(*urls: str) -> None:
    """Look at servers when a process starts; one that does not answer yet may be as it should.

    Raises:
        Misconfigured: one is a Redis Cluster or a Sentinel.
    """
    for url in urls:
        if url.partition("://")[0] in SCHEMES:
            with suppress(exceptions.RedisError), connect(url, Patience.WEBHOOK) as redis:
                redis.ping()
