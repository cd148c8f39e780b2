"""`python -m worker`: one Celery worker process, with the ways that the ledger counts on."""

import gc

gc.disable()  # What is loaded now stays. To look for garbage among it takes a seventh of the start.

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
"""glibc's name for how many heaps there may be (malloc.h)."""


def main() -> int:
    """Work until SIGTERM or SIGINT; then finish what runs, take nothing new, and end with 0.

    Gives another exit code where it ends for any other reason, so that a supervisor starts it again. Celery's own
    command is not used: it gives 0 in any case, and takes options from the environment.
    """
    gc.enable()
    # Inbound documents are for our user alone.
    os.umask(UMASK)
    _share_heaps()
    told: list[str] = []

    def leaving(sig: str = "", **_: Any) -> None:
        told.append(sig)

    worker_shutting_down.connect(leaving)
    worker = app.Worker(
        # RabbitMQ lets a name work once only, and there may be several workers on a host.
        hostname=f"fax-{os.getpid()}@{socket.gethostname()}",
        loglevel="WARNING",
        quiet=True,
        # What Celery's workers tell each other, and every app on the broker, is none of ours.
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    worker.start()
    return 0 if told else worker.exitcode or 1


def _share_heaps() -> None:
    """Let all threads share two heaps: glibc would give many of them one of their own, of which little is ever used."""
    with suppress(AttributeError):  # Other C libraries have no such thing.
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)


if __name__ == "__main__":
    sys.exit(main())
