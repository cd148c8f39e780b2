"""Measures how much an outage of Telnyx adds to the ledger, and how soon everything continues after it.

    .venv/bin/python -m bench.outage [--faxes 300] [--seconds 90]

Real processes against a stub of Telnyx: 2 workers, FAX_RATE=20. Faxes wait when the outage begins. First the stub is
killed, so that it cannot be reached; then it answers every send with 500. It prints calls, events and bytes a second:
how much more memory Valkey uses for stream, histories and jobs together. Exit code 1 if more than one event a second
was written after the first ten seconds, or if a fax was lost or sent twice.
"""

import argparse
import sys
import time
from collections import Counter
from dataclasses import dataclass

from bench.figures import machine
from bench.flood import flood
from bench.installation import CONNECTION, Installation, installation
from faxdispatch.states import State

FIRST = 10.0
BOUND = 1.0
"""Events a second."""
SETTINGS = {"FAX_RATE": "20", "FAX_CHANNELS": "20", "FAX_SETTLE": "5"}
SHUT = "telnyx_unreachable", "telnyx_failing"


@dataclass(frozen=True, slots=True)
class _Mark:
    """The amounts at one moment."""

    at: float
    attempts: int
    events: int
    memory: int

    def rates(self, earlier: "_Mark") -> tuple[float, float, float]:
        """Return calls, events and bytes a second since an earlier mark."""
        span = self.at - earlier.at
        grown = (self.attempts - earlier.attempts, self.events - earlier.events, self.memory - earlier.memory)
        calls, events, size = (each / span for each in grown)
        return calls, events, size


def main() -> int:
    """Measure both outages, print, and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faxes", type=int, default=300, help="how many wait")
    parser.add_argument("--seconds", type=float, default=90, help="length of each outage")
    options = parser.parse_args()
    bad = [_measure(options.faxes, options.seconds, reachable=reachable) for reachable in (False, True)]
    print(machine())
    return int(any(bad))


def _measure(count: int, seconds: float, *, reachable: bool) -> bool:
    """Cause one outage. Return whether a limit was exceeded."""
    print(
        f"against a stub: {count} faxes wait, Telnyx {'answers 500' if reachable else 'cannot be reached'}", flush=True
    )
    with installation(workers=2, **SETTINGS) as running:
        running.hold_back()
        flood(running, count, connection_id=CONNECTION)
        running.until(lambda: not running.unsettled(), within=300)
        if reachable:
            running.stub.change(send_status=500)
        else:
            running.kill("stub")
        begin = _mark(running)
        running.let_go()
        time.sleep(FIRST)
        after = _mark(running)
        time.sleep(seconds - FIRST)
        end = _mark(running)
        _print_row(f"first {FIRST:.0f} s", after.rates(begin))
        later = end.rates(after)
        _print_row("after that", later)
        wrong = _recover(running, count, reachable=reachable)
    return wrong or later[1] > BOUND


def _recover(running: Installation, count: int, *, reachable: bool) -> bool:
    """End the outage. Return whether a fax was lost or sent twice."""
    begin = time.monotonic()
    if reachable:
        running.stub.change(send_status=None)

    def goes_on() -> bool:
        running.restart_dead()
        return _paused(running) not in SHUT

    running.until(goes_on, within=120)
    resumed = time.monotonic() - begin
    running.until(lambda: running.ledger.counts()[State.DELIVERED] >= count, within=300)
    sends = Counter(fax["job"] for fax in running.stub.faxes())
    doubled, lost = sum(number > 1 for number in sends.values()), count - len(sends)
    print(
        f"the outage over: sent again after {resumed:.0f} s, all delivered after {time.monotonic() - begin:.0f} s, "
        f"{lost} lost, {doubled} sent twice",
        flush=True,
    )
    return bool(lost or doubled)


def _paused(running: Installation) -> str | None:
    return next((line.pause.reason for line in running.limits.connections() if line.pause), None)


def _mark(running: Installation) -> _Mark:
    counts = Counter(fields["type"] for _, fields in running.redis.xrange("fax:events"))
    memory = int(running.redis.info("memory")["used_memory"])
    return _Mark(time.monotonic(), counts["job.submitted"], counts.total(), memory)


def _print_row(when: str, rates: tuple[float, float, float]) -> None:
    calls, events, size = rates
    day = events * 86_400
    print(
        f"{when}: {calls:.2f} calls, {events:.2f} events and {size / 1000:.2f} kB a second; {day:,.0f} events a day",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
