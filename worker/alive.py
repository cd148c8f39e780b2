"""`python -m worker.alive`: exit code 0 if a worker of this host runs; for health checks."""

import socket
import sys

from faxdispatch.errors import FaxError
from faxdispatch.ledger import Presence, Scripts
from faxdispatch.settings import Settings

SILENCE = 30.0
"""Seconds without a report after which a worker counts as stuck; workers report every five."""


def main() -> int:
    """Return 0 if one has reported lately; otherwise 1, with the reason on standard error."""
    try:
        scripts = Scripts.from_settings(Settings.load())
        present, now = Presence(scripts).all(), scripts.clock() / 1000
    except FaxError as error:
        return _no(str(error))
    here = f"{socket.gethostname()}:"
    if any(worker.name.startswith(here) and now - worker.seen_at.timestamp() < SILENCE for worker in present):
        return 0
    return _no(f"no worker of this host has reported in the last {SILENCE:g} s")


def _no(why: str) -> int:
    print(f"worker: {why}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
