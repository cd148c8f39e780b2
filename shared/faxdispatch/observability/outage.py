"""Outages of Redis or of the broker: each is reported at its beginning and its end, and not for every failed call."""

import logging
import time
from collections.abc import Callable
from threading import Lock

from kombu.exceptions import OperationalError
from redis.exceptions import ConnectionError as RedisAway

from faxdispatch.errors import Unavailable
from faxdispatch.text.privacy import scrub

log = logging.getLogger(__name__)

AWAY = (Unavailable, RedisAway, OperationalError, ConnectionError)
"""Errors that only say that a server cannot be reached."""
_ITS_WORDS = (
    "Connection to broker lost",
    "Cannot connect to",
    "raised unexpected: Unavailable",
    "CPendingDeprecationWarning",
)
"""Texts in Celery's own records about an outage.

The last is its warning at each lost connection about a coming version.
"""
_BROKERS = ("celery.", "kombu.", "worker.messaging.")
"""Loggers whose records are about the broker. Of other loggers, only plain connection errors and kombu's errors are."""
_LATE = 5.0
"""Seconds after the end of an outage in which records of calls that failed during it may still come."""


class Outage:
    """An outage of one server. Threads may share it."""

    def __init__(self, server: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._server = server
        self._clock = clock
        self._lock = Lock()
        self._since: float | None = None
        self._until = -_LATE

    @property
    def recent(self) -> bool:
        """Whether it lasts, or ended a moment ago."""
        return self._since is not None or self._clock() - self._until < _LATE

    def noticed(self, reason: object) -> None:
        """Report a failure caused by it, if that is new."""
        with self._lock:
            if self.recent:
                return
            self._since = self._clock()
        log.warning(
            "%s cannot be used: %s; nothing is lost, and work continues when it can be used again",
            self._server,
            scrub(str(reason)),
        )

    def over(self) -> None:
        """Report that the server answers, if its outage was reported."""
        with self._lock:
            since, self._since = self._since, None
            if since is None:
                return
            self._until = self._clock()
        log.warning("%s can be used again after %.1f s", self._server, self._until - since)


REDIS = Outage("Redis")
BROKER = Outage("the broker")
"""The outages of this process. If the broker is the ledger's Redis, only the first is used."""


class OncePerOutage(logging.Filter):
    """Drops records that only say that a server cannot be reached; one line about the outage replaces them."""

    def __init__(self, *, own_broker: bool) -> None:
        super().__init__()
        self._broker = BROKER if own_broker else REDIS

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record says more than that a server cannot be reached."""
        why = reason(record)
        if why is None:
            return True
        of_broker = record.name.startswith(_BROKERS) or isinstance(why, (OperationalError, ConnectionError))
        (self._broker if of_broker else REDIS).noticed(why)
        return False


def reason(record: logging.LogRecord) -> object | None:
    """Return why a server cannot be reached, if a record says so, or None."""
    if record.name == __name__:
        return None
    failure = record.exc_info[1] if record.exc_info else None
    arguments = record.args if isinstance(record.args, tuple) else ()
    for candidate in (failure, *arguments):
        if isinstance(candidate, AWAY):
            return candidate
    if record.name.startswith(("celery.", "py.warnings")):
        message = record.getMessage()
        if any(words in message for words in _ITS_WORDS):
            return message.splitlines()[0]
    return None
