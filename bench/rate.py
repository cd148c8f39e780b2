"""Measures how close the calls of many workers come to FAX_RATE, and whether they ever exceed it.

    .venv/bin/python -m bench.rate [--workers 8] [--rate 50] [--seconds 30]

Real processes against a stub of Telnyx. Enough faxes wait, each to its own number; channels are no limit. Measured are
the use of the rate with sends alone and with cancels and syncs, the most calls in any second, and who still called
after Telnyx had said 429 or that no calls remain. Exit code 1 if a target is missed.
"""

import argparse
import random
import sys
import time
from typing import Any

from bench.figures import fullest, machine, most_within
from bench.flood import flood
from bench.installation import Installation, installation
from faxdispatch.ledger import Rules

WARM_UP = 5.0
SHUT = 3.0
LEAST_USE = 97.0
BURST = Rules().burst
EACH_SECOND = 4
"""Cancels, and as many syncs, a second in the mixed part."""


def main() -> int:
    """Measure, print, and judge."""
    options = _options()
    faxes = round(options.rate * (2 * options.seconds + 2 * WARM_UP + 20))
    settings = {"FAX_RATE": str(options.rate), "FAX_CHANNELS": "500"}
    with installation(workers=options.workers, **settings) as running:
        running.stub.change(call_seconds=1.0, all_events=options.all_events)
        running.hold_back()
        flood(running, faxes)
        running.until(lambda: not running.unsettled(), within=300)
        begun = running.let_go()
        _wait_until(begun + WARM_UP)
        used, alone = running.usage().seconds, _measure(running, options.seconds, mixed=False)
        used = running.usage().seconds - used
        mixed = _measure(running, options.seconds, mixed=True)
        after_429 = _silence(running, "shut")
        after_zero = _silence(running, "spent")
        calls, stalls = running.stub.calls(), running.stub.stalls()
    most = most_within(call["at"] for call in calls)
    print(f"against a stub: {options.workers} workers, rate {options.rate:g}, burst {BURST}, {machine()}")
    for name, (count, span) in (("sends alone", alone), ("with cancels and syncs", mixed)):
        print(f"{name}: {count / span:.2f} calls/s, {100 * count / span / options.rate:.1f} % of the rate")
    print(f"most calls in any second: {most} (allowed {options.rate + BURST:g})")
    begin = fullest(call["at"] for call in calls)
    near = [length for at, length in stalls if begin - 0.5 < at < begin + 1]
    print(f"the stub's own longest stall in and before that second: {1000 * max(near, default=0.0):.0f} ms")
    print(f"workers' processor time with sends alone: {100 * used / options.seconds:.0f} % of one core")
    print(f"after a 429 with reset {SHUT:g} s: {after_429}")
    print(f"after x-ratelimit-remaining 0 with reset {SHUT:g} s: {after_zero}")
    least = min(100 * count / span / options.rate for count, span in (alone, mixed))
    return int(least < LEAST_USE or most > options.rate + BURST)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--seconds", type=float, default=30, help="length of each of the two parts")
    parser.add_argument("--all-events", action="store_true", help="report every step of a fax, not only its end")
    return parser.parse_args()


def _wait_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.perf_counter()))


def _measure(running: Installation, seconds: float, *, mixed: bool) -> tuple[int, float]:
    """Count the calls in this many seconds; `mixed` adds cancels and syncs."""
    begin = time.perf_counter()
    end = begin + seconds
    second = 0
    while mixed and time.perf_counter() < end:
        up = [fax["job"] for fax in running.stub.faxes(up=True)]
        chosen = random.sample(up, min(len(up), 2 * EACH_SECOND))
        for job_id in chosen[::2]:
            running.client.cancel(job_id=job_id)
        for job_id in chosen[1::2]:
            running.client.sync(job_id=job_id)
        second += 1
        _wait_until(min(end, begin + second))
    _wait_until(end)
    return sum(begin <= call["at"] < end for call in running.stub.calls()), seconds


def _silence(running: Installation, how: str) -> str:
    """Let the stub refuse calls for a while. Report which calls came nevertheless, and how soon calls continued."""
    time.sleep(2)
    before = len(running.stub.calls())
    if how == "shut":
        running.stub.shut(SHUT)
    else:
        running.stub.spent(SHUT)
    time.sleep(SHUT + 4)
    calls: list[dict[str, Any]] = running.stub.calls(before)
    first_refusal = min(call["answered"] for call in calls if call["says_stop"])
    late = [call["at"] - first_refusal for call in calls if first_refusal < call["at"] < first_refusal + SHUT - 0.1]
    resumed = min(call["at"] - first_refusal - SHUT for call in calls if call["at"] > first_refusal + SHUT - 0.1)
    what = (
        f"{len(late)} calls after the answer, the last {1000 * max(late):.0f} ms after it" if late else "no call more"
    )
    return f"{what}; the next ones {resumed:.2f} s after the announced time"


if __name__ == "__main__":
    sys.exit(main())
