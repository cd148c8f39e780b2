"""Joins several threads' writes to Redis: those that arrive while others are being written share the next write."""

import time
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from threading import Lock
from typing import Generic, TypeVar

from faxdispatch.errors import Unavailable

T = TypeVar("T")
R = TypeVar("R")


class _Waiting(Generic[T, R]):
    """One thread's write, and the queue in which the thread gets the result."""

    def __init__(self, wanted: T) -> None:
        self.wanted = wanted
        self.result: SimpleQueue[tuple[R] | Exception | None] = SimpleQueue()
        """The reply in a tuple, or what was raised.

        None means that the thread must write the next group, including its own.
        """


class GroupCommit(Generic[T, R]):
    """Writes for several threads at once. A write begins at the earliest `apart` seconds after the one before it.

    `write` takes the entries of several threads and returns a reply for each, in their order. If it raises
    `Unavailable`, all threads of the group get that error. If it raises anything else, each entry is written
    separately, so that a faulty one does not affect the others.
    """

    def __init__(
        self,
        write: Callable[[Sequence[T]], Sequence[R]],
        *,
        apart: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._write = write
        self._apart = apart
        self._clock = clock
        self._sleep = sleep
        self._next = float("-inf")
        self._lock = Lock()
        self._waiting: list[_Waiting[T, R]] = []
        self._writing = False

    def write(self, wanted: T) -> R:
        """Write it together with what other threads want to write; return its own reply once it is written.

        Raises:
            Unavailable: Redis did not confirm; it may be tried again.
        """
        own = _Waiting[T, R](wanted)
        with self._lock:
            self._waiting.append(own)
            leads, self._writing = not self._writing, True
        if leads:
            own.result.put(None)
        while (result := own.result.get()) is None:
            self._write_waiting()
        if isinstance(result, Exception):
            raise result
        return result[0]

    def _write_waiting(self) -> None:
        """Write the entries of all waiting threads; then let one of the threads that came meanwhile do the same."""
        group: list[_Waiting[T, R]] = []
        try:
            self._gather()
            group = self._taken()
            self._write_group(group)
        except BaseException:
            # This thread is to end; the others must not wait for it forever.
            for one in group or self._taken():
                one.result.put(Unavailable("the thread that wrote this was stopped; it may be tried again"))
            raise
        finally:
            with self._lock:
                following = self._waiting[0] if self._waiting else None
                self._writing = following is not None
            if following:
                following.result.put(None)

    def _taken(self) -> list[_Waiting[T, R]]:
        with self._lock:
            group, self._waiting = self._waiting, []
        return group

    def _gather(self) -> None:
        """Wait until the next write may begin; only one thread at a time does so, and the others come to its group."""
        now = self._clock()
        if now < self._next:
            self._sleep(self._next - now)
            now = self._clock()
        self._next = now + self._apart

    def _write_group(self, group: Sequence[_Waiting[T, R]]) -> None:
        try:
            replies = list(zip(group, self._write([one.wanted for one in group]), strict=True))
        except Exception as error:  # noqa: BLE001 - it is raised again, in the threads that it is about
            if isinstance(error, Unavailable) or len(group) == 1:
                for one in group:
                    one.result.put(error)
            else:
                for one in group:
                    self._write_group([one])
        else:
            for one, reply in replies:
                one.result.put((reply,))
