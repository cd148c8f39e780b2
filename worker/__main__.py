"""`python -m worker`: one Celery worker process, with the ways that the ledger counts on."""

import os
import socket
import sys
from typing import Any

from celery.signals import worker_shutting_down

from faxdispatch.subprocesses.umask import UMASK
from worker.app import app


def main() -> int:
    """Work until SIGTERM or SIGINT; then finish what runs, take nothing new, and end with 0.

    Gives another exit code where it ends for any other reason, so that a supervisor starts it again. Celery's own
    command is not used: it gives 0 in any case, and takes options from the environment.
    """
    # Inbound documents are for our user alone.
    os.umask(UMASK)
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


if __name__ == "__main__":
    sys.exit(main())
