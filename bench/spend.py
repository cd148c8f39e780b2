"""Checks that several workers at once keep exactly to the day's cost cap.

    .venv/bin/python -m bench.spend [--cap 1.0] [--workers 4]

Real processes against a stub of Telnyx. Enough faxes wait; calls last long enough that all that the cap allows are in
flight together. Then they end for less than was reserved, and others must follow. Exit code 1 if the number of accepted
faxes differs from what the cap allows, before or after. Do not run it over midnight UTC, when a new day's budget
begins.
"""

import argparse
import sys
import time

from bench.figures import machine
from bench.flood import flood
from bench.installation import Installation, installation

ESTIMATE, BILLED = 36_000, 26_000
"""Millionths: three pages at 0.007 and three minutes at 0.005; the same pages with one minute, as the stub bills."""
CALL = 8.0
QUIET = 4 * CALL
"""Seconds without a new fax after which no more will follow."""


def main() -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cap", type=float, default=1.0)
    parser.add_argument("--workers", type=int, default=4)
    options = parser.parse_args()
    cap = round(options.cap * 1_000_000)
    at_once, altogether = cap // ESTIMATE, (cap - ESTIMATE) // BILLED + 1
    settings = {"FAX_RATE": "50", "FAX_CHANNELS": "500", "FAX_SPEND_DAY": str(options.cap)}
    with installation(workers=options.workers, **settings) as running:
        running.stub.change(call_seconds=CALL)
        running.hold_back()
        flood(running, 2 * altogether)
        running.until(lambda: not running.unsettled())
        running.let_go()
        time.sleep(CALL / 2)
        first, most = len(running.stub.faxes()), _spent(running)
        most = max(most, _until_quiet(running))
        last, spent = len(running.stub.faxes()), _spent(running)
    print(f"against a stub: cap {options.cap:g}, estimate 0.036, billed 0.026 a fax, {options.workers} workers")
    print(f"accepted at once: {first} (the cap allows {at_once}); after settlement {last} (it allows {altogether})")
    print(f"most that was spent and reserved: {most / 1e6:.3f}, at the end {spent / 1e6:.3f}")
    print(machine())
    return int(first != at_once or last != altogether or most > cap)


def _until_quiet(running: Installation) -> int:
    """Wait until no further fax is accepted. Return the highest sum that was spent and reserved in the meantime."""
    most, known, since = 0, 0, time.monotonic()
    while time.monotonic() - since < QUIET:
        most = max(most, _spent(running))
        found = len(running.stub.faxes())
        if found != known:
            known, since = found, time.monotonic()
        time.sleep(0.1)
    return most


def _spent(running: Installation) -> int:
    return round(running.limits.account().spent * 1_000_000)


if __name__ == "__main__":
    sys.exit(main())
