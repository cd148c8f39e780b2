"""Limits the time of calls to Redis: every call ends in time, and after a failure, calls fail at once for a while."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from faxdispatch.errors import Unavailable

T = TypeVar("T")


class Breaker:
    """Runs calls to Redis in its own threads, for at most `deadline` seconds each.

    The timeouts of the Redis client are not enough: name lookup has none, and connecting, authenticating and loading a
    script each have their own. A call that is given up may still be carried out, so it must be one that may be
    repeated.

    After a failure, calls fail at once for `pause` seconds; then a single one is let through to test Redis. Otherwise
    requests would wait for a hung Redis until Telnyx gives all of them up.
    """

    def __init__(
        self,
        *,
        deadline: float,
        pause: float,
        threads: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._deadline = deadline
        self._pause = pause
        self._clock = clock
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="redis")
        self._lock = threading.Lock()
        self._open_until: float | None = None
        self._probing = False

    def call(self, work: Callable[[], T]) -> T:
        """Return the result of `work`, in time.

        Raises:
            Unavailable: `work` raised it, took too long, or was not tried because Redis failed a moment ago.
        """
        with self.watching():
            return self.in_time(work, time.monotonic())

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Run the block if that is allowed, and record whether it failed.

        Raises:
            Unavailable: Redis failed a moment ago; or the block raised it.
        """
        probe = self._enter()
        failed = False
        try:
            yield
        except Unavailable:
            failed = True
            raise
        finally:
            self._leave(failed=failed, probe=probe)

    def in_time(self, work: Callable[[], T], began: float) -> T:
        """Return the result of `work`, done by another thread, in the rest of the deadline since `began` (monotonic).

        Raises:
            Unavailable: `work` raised it or took too long.
        """
        future = self._executor.submit(work)
        try:
            return future.result(max(0.0, began + self._deadline - time.monotonic()))
        except TimeoutError:
            future.cancel()
            raise Unavailable(f"Redis took longer than {self._deadline:g} s") from None

    def _enter(self) -> bool:
        """Decide whether the call is made. Return True if it is the one that tests whether Redis is back."""
        with self._lock:
            if self._open_until is None:
                return False
            if self._probing or self._clock() < self._open_until:
                raise Unavailable("Redis failed a moment ago and is not asked again yet")
            self._probing = True
            return True

    def _leave(self, *, failed: bool, probe: bool) -> None:
        with self._lock:
            if failed:
                self._open_until = self._clock() + self._pause
            elif probe:
                self._open_until = None
            if probe:
                self._probing = False
