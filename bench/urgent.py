"""Measures how soon an urgent fax, a cancel and a sync reach Telnyx during a flood of bulk faxes, and after it.

    .venv/bin/python -m bench.urgent [--flood 100000] [--workers 2] [--minutes 8]

Real processes against a stub of Telnyx: rate 20, 10 channels, calls of 2 s. The flood is plain messages in the queue.
Every few seconds one of each is requested, and the time until the stub sees it is measured. Also measured: what the
workers use, and how fast the flood is taken in. Exit code 1 if an urgent fax or a command took a second or longer.
"""

import argparse
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from bench.figures import machine, spread
from bench.flood import flood
from bench.installation import DOCUMENT, Installation, installation, number

LONGEST = 1.0
EVERY = 3.0
IDLE = 15.0
PROBES = 600_000
"""Place of the first number to which probes are sent."""
SETTINGS = {"FAX_RATE": "20", "FAX_CHANNELS": "10"}


class Probes:
    """Requests an urgent fax, a cancel and a sync every few seconds, and records when."""

    def __init__(self, running: Installation) -> None:
        self._running = running
        self._asked: list[tuple[str, str, float]] = []
        self._stop = threading.Event()
        self._place = PROBES

    @contextmanager
    def going(self) -> Iterator[None]:
        """Send probes as long as the block runs."""
        self._stop.clear()
        thread = threading.Thread(target=self._run)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def seen(self) -> dict[str, list[float]]:
        """Return for each kind the seconds until the stub saw it; if it never did, infinity. Forgets them all."""
        time.sleep(5)
        stub = self._running.stub
        faxes = {fax["id"]: fax for fax in stub.faxes()}
        moments: dict[tuple[str, str], list[float]] = defaultdict(list)
        for call in stub.calls():
            if call["fax_id"] in faxes:
                key = faxes[call["fax_id"]]["job"] if call["operation"] == "send" else call["fax_id"]
                moments[call["operation"], key].append(call["at"])
        found: dict[str, list[float]] = defaultdict(list)
        for kind, key, asked in self._asked:
            first = min((at for at in moments[kind, key] if at > asked), default=float("inf"))
            found[kind].append(first - asked)
        self._asked.clear()
        return found

    def _run(self) -> None:
        while not self._stop.wait(EVERY / 3):
            self._place += 1
            asked = time.perf_counter()
            sent = self._running.client.send(to=number(self._place), media_name=DOCUMENT, priority="urgent")
            self._asked.append(("send", sent.job_id, asked))
            for kind in ("cancel", "get"):
                self._stop.wait(EVERY / 3)
                self._command(kind)

    def _command(self, kind: str) -> None:
        """Cancel, or ask about, the youngest accepted fax."""
        taken = {key for _, key, _ in self._asked}
        for fax in sorted(self._running.stub.faxes(up=True), key=lambda fax: -fax["begun"]):
            if fax["id"] not in taken and self._running.ledger.job(fax["job"]).state == "accepted":
                asked = time.perf_counter()
                if kind == "cancel":
                    self._running.client.cancel(job_id=fax["job"])
                else:
                    self._running.client.sync(job_id=fax["job"])
                self._asked.append((kind, fax["id"], asked))
                return


def main() -> int:
    """Measure, print, and judge."""
    options = _options()
    with installation(workers=options.workers, **SETTINGS) as running:
        running.stub.change(call_seconds=2.0)
        print(
            f"against a stub: {options.workers} workers, rate 20, 10 channels, calls of 2 s, {options.flood} bulk faxes"
        )
        probes = Probes(running)
        # A worker has loaded everything only when it has sent.
        with probes.going():
            time.sleep(3 * EVERY)
        _print_row("before the flood", probes)
        _rest(running, "no faxes at all")
        bytes_before, longest = _memory(running), 0.0
        flood(running, options.flood, priority="bulk")
        begun, before = time.perf_counter(), running.usage()
        with probes.going():
            _taken_in(running, options.minutes * 60)
        spent, left = time.perf_counter() - begun, running.unsettled()
        taken = options.flood - left
        cores = (running.usage().seconds - before.seconds) / spent
        print(f"flood: {taken} taken in within {spent:.0f} s, {taken / spent:.0f} a second; {left} left", flush=True)
        print(f"in the flood: workers use {100 * cores:.0f} % of a core, largest {running.usage().megabytes:.0f} MB")
        longest = max(longest, _print_row("in the flood", probes))
        per_job = (_memory(running) - bytes_before) / taken
        with probes.going():
            _share(running, "parked, 5 faxes a second", 4 * IDLE)
        longest = max(longest, _print_row("after the flood", probes))
        running.hold_back()
        time.sleep(5)
        _share(running, "parked, connection paused", IDLE)
        print(f"Redis: {per_job:.0f} bytes more for each job taken in, its event and history included")
    print(machine())
    return int(longest >= LONGEST)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flood", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=8, help="longest wait until the flood is taken in")
    return parser.parse_args()


def _print_row(when: str, probes: Probes) -> float:
    """Print the results of the probes. Return the longest time."""
    found = probes.seen()
    for kind, name in (("send", "urgent fax"), ("cancel", "cancel"), ("get", "sync")):
        print(f"{when}: {name} on the wire after: {spread(found[kind])}", flush=True)
    return max((seconds for kinds in found.values() for seconds in kinds), default=0.0)


def _rest(running: Installation, when: str) -> None:
    running.until(lambda: not running.stub.faxes(up=True))
    time.sleep(2)
    _share(running, when, IDLE)


def _share(running: Installation, when: str, seconds: float) -> None:
    """Observe the use of the workers for a while."""
    before = running.usage().seconds
    time.sleep(seconds)
    after = running.usage()
    share = 100 * (after.seconds - before) / seconds
    print(f"{when}: workers use {share:.1f} % of a core, the largest has {after.megabytes:.0f} MB", flush=True)


def _taken_in(running: Installation, within: float) -> None:
    end = time.monotonic() + within
    while running.queued() and time.monotonic() < end:
        time.sleep(0.2)


def _memory(running: Installation) -> int:
    return int(running.redis.info("memory")["used_memory_dataset"])


if __name__ == "__main__":
    sys.exit(main())
