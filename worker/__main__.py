"""`python -m worker`: one Celery worker process, configured as the ledger requires."""

import gc

gc.disable()  # The modules that are loaded now stay. Garbage collection over them would take a seventh of the start.

from faxdispatch.redis.metrics import without_metrics

with without_metrics():
    import redis  # noqa: F401 - all that follows uses it

import ctypes
import os
import socket
import sys
from contextlib import suppress
from typing import Any

from celery.signals import worker_shutting_down

from faxdispatch.subprocesses.umask import UMASK
from worker.app import app

_M_ARENA_MAX = -8
"""glibc's name for the maximum number of heaps (malloc.h)."""


def main() -> int:
    """Work until SIGTERM or SIGINT; then finish what runs, accept nothing new, and return 0.

    Returns another exit code if it ends for any other reason, so that a supervisor starts it again. Celery's own
    command is not used: it always returns 0, and takes options from the environment.
    """
    gc.enable()
    # Only our user may read inbound documents.
    os.umask(UMASK)
    _share_heaps()
    stop_signals: list[str] = []

    def leaving(sig: str = "", **_: Any) -> None:
        stop_signals.append(sig)

    worker_shutting_down.connect(leaving)
    worker = app.Worker(
        # On RabbitMQ a name can be used only once, and there may be several workers on a host.
        hostname=f"fax-{os.getpid()}@{socket.gethostname()}",
        loglevel="WARNING",
        quiet=True,
        # Messages between Celery's workers, and from every app on the broker, do not concern us.
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    worker.start()
    return 0 if stop_signals else worker.exitcode or 1


def _share_heaps() -> None:
    """Let all threads share two heaps: glibc would give many threads their own, most of which stays unused."""
    with suppress(AttributeError):  # Other C libraries do not have this.
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)


if __name__ == "__main__":
    sys.exit(main())
