"""Keeps an eye on the ledger's server while the worker runs: what it keeps, and that it is the one it was."""

import logging
from threading import Event, Thread

from faxdispatch.errors import Unavailable
from faxdispatch.ledger import Fence
from faxdispatch.states import HoldReason

log = logging.getLogger(__name__)

EVERY = 0.5
"""Seconds between two looks."""


class Watch:
    """Looks at the server again and again, and says why nothing may be sent."""

    def __init__(self, fence: Fence) -> None:
        self._fence = fence
        self._told: tuple[str, str | None] | None = None
        self._stop = Event()

    @property
    def closed(self) -> HoldReason | None:
        """Why nothing may be sent just now; None where it may."""
        return HoldReason.NOT_DURABLE if self._fence.problem else None

    def start(self) -> None:
        """Begin, in a thread that ends with the process."""
        Thread(target=self._run, name="watch", daemon=True).start()

    def stop(self) -> None:
        """End."""
        self._stop.set()

    def look(self) -> None:
        """Look once, and tell what is new.

        Raises:
            Unavailable: Redis did not answer.
        """
        server = self._fence.look()
        seen = (server.run_id, server.problem)
        if seen == self._told:
            return
        self._told = seen
        where = f"Redis {server.run_id[:8]} ({server.role}, fsync {server.fsync or 'not told'})"
        if self._fence.problem:
            log.error("nothing is sent: %s: %s; faxdispatch doctor says what to do", where, server.problem)
        elif server.problem:
            log.warning("FAX_DANGEROUS_LOSSY_REDIS: faxes may be sent twice: %s: %s", where, server.problem)
        else:
            log.info("%s keeps what it is given: %s", where, server.durability)

    def _run(self) -> None:
        while not self._stop.wait(EVERY):
            try:
                self.look()
            except Unavailable as error:
                log.info("Redis could not be looked at: %s", error)
