"""The processes of the hook: started when needed, and lent to one thread at a time, the last returned one first."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from worker.hook.process import HookProcess
from worker.hook.wire import HookFailed

PATIENCE = 30.0
"""Seconds for starting a process and importing the hook.

It is separate from the time for an answer: on a busy machine the interpreter alone may take longer than that, and a
hook whose process is always killed at its start never answers.
"""


class Pool:
    """Lends at most `size` processes of the hook at `path`; threads may share it."""

    def __init__(self, path: str, size: int) -> None:
        self._path = path
        self._size = size
        self._idle: list[HookProcess] = []
        self._count = 0
        self._closed = False
        self._changed = threading.Condition()
        # The kernel ends a process with the thread that started it, so one permanent thread starts them all.
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="hook-starter")

    @contextmanager
    def borrow(self, patience: float) -> Iterator[tuple[HookProcess, float]]:
        """Yield a process that is ready, and what is left of `patience` (seconds) after the wait for a free one.

        Starting one does not use it up. If the block raises anything, the process is ended.

        Raises:
            HookFailed: none became free in time, or none can be started.
        """
        process, left = self._take(patience)
        try:
            if process is None:
                process = self._start()
            yield process, left
        except BaseException:
            self._drop(process)
            raise
        self._give_back(process)

    def close(self) -> None:
        """End the idle processes, and from now on each one that is returned; on Linux all end at once."""
        with self._changed:
            self._closed = True
            idle, self._idle = self._idle, []
            self._changed.notify_all()
        for process in idle:
            process.end()
        self._starter.shutdown()

    def _take(self, patience: float) -> tuple[HookProcess | None, float]:
        """Return an idle process, or None if one may be started; from now on, either counts as one of `size`."""
        deadline = time.monotonic() + patience
        with self._changed:
            while not self._closed:
                left = deadline - time.monotonic()
                if self._idle:
                    process = self._idle.pop()
                    if process.alive:
                        return process, left
                    process.end()
                    self._count -= 1
                elif self._count < self._size:
                    self._count += 1
                    return None, left
                elif left <= 0:
                    raise HookFailed(f"all {self._size} processes of the policy hook were busy for {patience:g} s")
                else:
                    self._changed.wait(left)
        raise HookFailed("the policy hook is no longer asked: the worker stops")

    def _start(self) -> HookProcess:
        try:
            process = self._starter.submit(HookProcess, self._path).result()
        except OSError as error:
            raise HookFailed(f"the policy hook's process cannot be started: {error.strerror or error}") from error
        except RuntimeError as error:
            # Closed in the meantime, or the interpreter ends: no more threads can be started.
            raise HookFailed("the policy hook is no longer asked: the worker stops") from error
        try:
            process.await_ready(PATIENCE)
        except BaseException:
            process.end()
            raise
        return process

    def _drop(self, process: HookProcess | None) -> None:
        if process is not None:
            process.end()
        with self._changed:
            self._count -= 1
            self._changed.notify()

    def _give_back(self, process: HookProcess) -> None:
        with self._changed:
            if not self._closed:
                self._idle.append(process)
                self._changed.notify()
                return
        process.end()
