"""Telnyx's clock, according to the `Date` of its answers."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache

BELIEVED = 3600.0
"""Seconds for which the monotonic clock extends an answer's date."""


@lru_cache(maxsize=8)
def _read(date: str) -> datetime | None:
    """Read a date, or None if it is not readable. Many answers of one second have the same."""
    try:
        moment = parsedate_to_datetime(date)
    except (ValueError, TypeError, IndexError):
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)


class TelnyxClock:
    """Every answer sets it (RFC 9110, 6.6.1). Dates are whole seconds, so it is up to one second behind."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._heard: tuple[float, datetime] | None = None

    def hear(self, headers: Mapping[str, str]) -> None:
        """Set it from an answer's headers (names in lower case); an answer without a readable date is ignored."""
        if moment := _read(headers.get("date", "")):
            self._heard = self._monotonic(), moment

    def now(self, *, heard_since: float | None = None) -> datetime | None:
        """Return the present time at Telnyx, or None if no answer has shown it lately.

        With `heard_since`, a time of the monotonic clock, only answers after that count.
        """
        if self._heard is None:
            return None
        at, moment = self._heard
        passed = self._monotonic() - at
        if passed > BELIEVED or (heard_since is not None and at < heard_since):
            return None
        return moment + timedelta(seconds=passed)
