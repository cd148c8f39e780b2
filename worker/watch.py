"""Watches the ledger while the worker runs: whether its server keeps writes, and whether it went back in time."""

import logging
from threading import Event, Thread

from faxdispatch.errors import Unavailable
from faxdispatch.ledger import Barrier, NotSafe, Witness
from faxdispatch.observability.outage import REDIS
from faxdispatch.states import HoldReason

log = logging.getLogger(__name__)

EVERY = 0.5
"""Seconds between two checks."""


class Watch:
    """Checks server and ledger repeatedly; `closed` says why nothing may be sent."""

    def __init__(self, barrier: Barrier, witness: Witness) -> None:
        self._barrier = barrier
        self.witness = witness
        self._reported: tuple[str, str | None, bool] | None = None
        self._stop = Event()

    @property
    def closed(self) -> HoldReason | None:
        """Why nothing may be sent at present, or None if it may."""
        if self.witness.behind:
            return HoldReason.LEDGER_BEHIND
        return HoldReason.NOT_DURABLE if self._barrier.problem else None

    def start(self) -> None:
        """Start a thread that ends with the process."""
        Thread(target=self._run, name="watch", daemon=True).start()

    def stop(self) -> None:
        """End."""
        self._stop.set()

    def look(self) -> None:
        """Check once, and report what is new.

        Raises:
            Unavailable: Redis did not answer.
        """
        server = self._barrier.look()
        if self._barrier.problem is None:
            self._sign()
        seen = (server.run_id, server.problem, self.witness.behind)
        if seen == self._reported:
            return
        self._reported = seen
        where = f"Redis {server.run_id[:8]} ({server.role}, fsync {server.fsync or 'not told'})"
        if self.witness.behind:
            log.error("nothing is sent: the ledger went back in time; faxdispatch doctor says what to do")
        if self._barrier.problem:
            log.error("nothing is sent: %s: %s; faxdispatch doctor says what to do", where, server.problem)
        elif server.problem:
            log.warning("FAX_DANGEROUS_LOSSY_REDIS is set, so faxes may be sent twice: %s: %s", where, server.problem)
        else:
            log.info("%s does not lose writes: %s", where, server.durability)

    def _sign(self) -> None:
        """Check whether the ledger is the one that is remembered; a signature is remembered once it is safe."""
        try:
            with self._barrier.bound() as connection:
                answer = self.witness.look(on=connection)
                # A ledger that went back in time needs no confirmation of the signature.
                self.witness.behind = answer["epoch"] == 0
            self.witness.remember(answer)
        except NotSafe as error:
            log.info("not remembered: %s", error)

    def _run(self) -> None:
        while not self._stop.wait(EVERY):
            try:
                self.look()
            except Unavailable as error:
                REDIS.noticed(error)
            else:
                REDIS.over()
