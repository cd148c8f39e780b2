"""The web app signs and remembers the ledger too, for the case that all workers are restarted at once."""

import logging
from threading import Event, Thread

from faxdispatch.errors import Unavailable
from faxdispatch.ledger import Barrier, Identity, Scripts, Witness
from faxdispatch.observability.outage import REDIS
from faxdispatch.settings import Settings

log = logging.getLogger(__name__)

EVERY = 0.5
"""Seconds between two checks."""


def start(settings: Settings) -> Event:
    """Check and sign repeatedly, in a thread that ends with the process or when the event is set."""
    scripts = Scripts.from_settings(settings)
    witness = Witness(scripts, Identity(scripts))
    # It sends nothing, so it signs whatever the server's durability is.
    barrier = Barrier(scripts.redis, replicas=settings.fax_replicas, lossy_allowed=True, probing=False)
    stop = Event()

    def run() -> None:
        while not stop.wait(EVERY):
            behind = witness.behind
            try:
                look(barrier, witness)
            except Unavailable as error:
                REDIS.noticed(error)
            else:
                REDIS.over()
            if witness.behind and not behind:
                log.error("the ledger went back in time, and nothing is sent; faxdispatch doctor says what to do")

    Thread(target=run, name="witness", daemon=True).start()
    return stop


def look(barrier: Barrier, witness: Witness) -> None:
    """Check whether the ledger is the one that is remembered; a signature is remembered once it is safe.

    Raises:
        Unavailable: Redis did not answer, or did not confirm in time.
    """
    with barrier.bound() as connection:
        answer = witness.look(on=connection)
    witness.remember(answer)
