"""Open connections to Redis, which a request's own thread may use."""

import time
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from faxdispatch.errors import Unavailable
from faxdispatch.ledger.scripts import redis_trouble
from webhook.breaker import Breaker

T = TypeVar("T")


class Line(Redis):
    """A client with its own connection, which one thread uses at a time.

    It neither retries commands nor measures them.
    """

    def execute_command(self, *words: Any, **options: Any) -> Any:
        """Send a command. Return its answer."""
        connection: Any = self.connection
        connection.send_command(*words, **options)
        return self.parse_response(connection, words[0], **options)  # type: ignore[no-untyped-call]


class Connections:
    """Does work over its own connection, in limited time, and keeps the connection for the next.

    On an open connection, only sending and the answer take time, and both have a timeout (`Patience.WEBHOOK`). This
    needs no thread to watch it; the way to another thread and back would cost as much as the work. Everything else
    (name lookup, connecting, signing in) is left to the breaker's threads.
    """

    def __init__(self, redis: Redis, breaker: Breaker) -> None:
        self._redis = redis
        self._breaker = breaker
        self._up: deque[Redis] = deque()

    def call(self, work: Callable[[Redis], T]) -> T:
        """Return the result of `work`, which takes a client with its own connection. It may be done twice.

        Raises:
            Unavailable: `work` raised it, took too long, or was not tried because Redis failed a moment ago.
        """
        began = time.monotonic()
        with self._breaker.watching():
            redis = self._taken()
            if redis:
                try:
                    return self._over(redis, work)
                except Unavailable as error:
                    if not _lost(error):
                        raise
            return self._breaker.in_time(lambda: self._over(self._opened(), work), began)

    def _taken(self) -> Redis | None:
        try:
            return self._up.pop()
        except IndexError:
            return None

    def _opened(self) -> Redis:
        with redis_trouble():
            return Line(connection_pool=self._redis.connection_pool, single_connection_client=True)

    def _over(self, redis: Redis, work: Callable[[Redis], T]) -> T:
        try:
            result = work(redis)
        except Unavailable as error:
            if _lost(error):
                self._close_all()
            raise
        self._up.append(redis)
        return result

    def _close_all(self) -> None:
        """Close the unused connections, since the fault of one most likely concerns all."""
        while redis := self._taken():
            if redis.connection:
                redis.connection.disconnect()  # type: ignore[no-untyped-call]


def _lost(error: Unavailable) -> bool:
    """Return whether the connection broke, which may say nothing about the server's present state."""
    return isinstance(error.__cause__, (RedisConnectionError, RedisTimeoutError))
