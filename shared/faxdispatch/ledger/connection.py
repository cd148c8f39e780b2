"""One way to reach Redis, with the patience that each process can afford."""

import re
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

from redis import Redis, exceptions
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.retry import Retry

from faxdispatch.errors import Misconfigured


class Patience(Enum):
    """How long a process waits for Redis: connect and answer in seconds, and how often it asks again."""

    WEBHOOK = (0.3, 0.5, Retry(NoBackoff(), 1))
    """Telnyx waits two seconds for the whole answer (developer guide, webhook fundamentals)."""
    WORKER = (2.0, 5.0, Retry(ExponentialBackoff(cap=1, base=0.05), 3))
    READER = (2.0, 15.0, Retry(ExponentialBackoff(cap=1, base=0.05), 3))
    """Blocking reads of the event stream wait up to ten seconds on the server."""


def connect(url: str, patience: Patience = Patience.WORKER, **options: Any) -> "Redis":
    """Make a client that has not connected yet. Replies are text.

    Raises:
        Misconfigured: where the address is none that Redis understands, or names its database by anything but a number.
    """
    _check_database(url)
    connect_timeout, answer_timeout, retry = patience.value
    try:
        return Redis.from_url(
            url,
            decode_responses=True,
            socket_connect_timeout=connect_timeout,
            socket_timeout=answer_timeout,
            socket_keepalive=True,
            health_check_interval=15,
            retry=retry,
            retry_on_error=[exceptions.ConnectionError, exceptions.TimeoutError, exceptions.BusyLoadingError],
            **options,
        )
    except ValueError as error:
        raise Misconfigured(f"REDIS_URL: {error}; write it like redis://localhost:6379/0") from None


def _check_database(url: str) -> None:
    """Refuse a path that is no number: the library would take database 0 for it, and so for every other name."""
    parts = urlsplit(url)
    named = parts.path.strip("/")
    if parts.scheme in {"redis", "rediss"} and not re.fullmatch("[0-9]*", named):
        raise Misconfigured(
            f"REDIS_URL: {named!r} is no database; databases have numbers only, as in redis://localhost:6379/0"
        )
