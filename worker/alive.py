"""`python -m worker.alive`: whether a worker of this host is at work, as its exit code; for health checks."""

import socket
import sys

from faxdispatch.errors import FaxError
from faxdispatch.ledger import Presence, Scripts
from faxdispatch.settings import Settings

SILENCE = 30.0
"""Seconds without showing up after which a worker counts as stuck; they show up every five."""


def main() -> int:
    """Return 0 where one has shown up lately; else 1, with the reason on standard error."""
    try:
        scripts = Scripts.from_settings(Settings.load())
        present, now = Presence(scripts).all(), scripts.clock() / 1000
    except FaxError as error:
        return _no(str(error))
    here = f"{socket.gethostname()}:"
    if any(worker.name.startswith(here) and now - worker.seen_at.timestamp() < SILENCE for worker in present):
        return 0
    return _no(f"no worker of this host has shown up in the last {SILENCE:g} s")


def _no(why: str) -> int:
    print(f"worker: {why}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
