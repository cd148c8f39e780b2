"""After some failures in a row, the hook is not asked for a while; then one question tries it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from worker.hook.wire import HookFailed


class Breaker:
    """Opens after the failures of `failures` faxes in a row, for `pause` seconds of `clock`. Threads may share it."""

    def __init__(self, *, failures: int, pause: float, clock: Callable[[], float]) -> None:
        self._limit = failures
        self._pause = pause
        self._clock = clock
        self._lock = threading.Lock()
        self._failed: set[str] = set()
        self._again_at = 0.0
        self._trying = False

    @contextmanager
    def watched(self, job_id: str) -> Iterator[None]:
        """Run a block in which `HookFailed` counts as a failure; if it ends without one, all failures are forgotten.

        A fax counts once, so that one fax on which the hook always fails does not stop the hook for all others.

        Raises:
            HookFailed: at once, while the breaker is open or another thread tries the hook.
        """
        trial = self._enter()
        try:
            yield
        except HookFailed:
            with self._lock:
                self._failed.add(job_id)
                self._again_at = self._clock() + self._pause
            raise
        else:
            with self._lock:
                self._failed.clear()
        finally:
            if trial:
                with self._lock:
                    self._trying = False

    def _enter(self) -> bool:
        """Decide whether the block may run. Return True if it is the trial."""
        with self._lock:
            if len(self._failed) < self._limit:
                return False
            left = self._again_at - self._clock()
            if left > 0 or self._trying:
                when = f"in {left:.0f} s" if left > 0 else "at this moment by another fax"
                raise HookFailed(
                    f"the policy hook failed for {len(self._failed)} faxes in a row and is not asked; "
                    f"it is tried again {when}"
                )
            self._trying = True
            return True
