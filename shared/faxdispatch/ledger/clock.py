"""Redis' clock, which dates everything in the ledger. Each process follows it."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from faxdispatch.ledger.scripts import Scripts

FRESH = 1.0
"""Seconds for which the monotonic clock extends an answer of Redis."""
EPOCH = datetime.fromtimestamp(0, UTC)


class Clock:
    """Asks Redis at most once in `FRESH` seconds. This machine's own clock never matters."""

    def __init__(self, scripts: Scripts, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._scripts = scripts
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._asked_at = float("-inf")
        self._millis = 0

    def now(self) -> datetime:
        """Return the present moment.

        Raises:
            Unavailable: Redis did not answer.
        """
        if self._scripts.now is not None:
            return EPOCH + timedelta(milliseconds=self._scripts.now)
        with self._lock:
            at = self._monotonic()
            if at - self._asked_at >= FRESH:
                self._millis = self._scripts.clock()
                self._asked_at = at
            return EPOCH + timedelta(milliseconds=self._millis, seconds=at - self._asked_at)


def moment(millis: float | str) -> datetime:
    """Return the moment that a script gives in milliseconds."""
    return datetime.fromtimestamp(float(millis) / 1000, UTC)


def milliseconds(seconds: float) -> int:
    """Return seconds in the unit of the scripts."""
    return round(seconds * 1000)
