"""Counts faxes that are lost or sent twice if hosts are far apart, or their network loses packets or is cut in two.

    .venv/bin/python -m bench.hosts [--scenario NAME …] [--faxes 150] [--seconds 10]

Nine hosts as network namespaces of this machine, joined by our own wire (`bench/wire.py`): three for workers, two for
web processes, a Redis primary and its replica under three Sentinels, the stub of Telnyx, and one from which faxes are
ordered. Every claim is on both servers before its call (FAX_REPLICAS=1). While faxes are being sent, one of these lasts
this many seconds:

    healthy    nothing
    slow       each packet takes 50 ms, and 2 in 100 are lost; from the first fax to the last
    redis      a worker host cannot reach either Redis; its calls are under way
    telnyx     a worker host cannot reach Telnyx; its calls are under way
    primary    the primary cannot be reached by anyone
    split      primary and a worker host reach each other and Telnyx, and nobody else

Then the throughput of one, two and three worker hosts, each packet taking 2 ms. All hosts share this machine's
processors, so more hosts help only if waiting is the limit.

It needs root, or `unshare --user --map-root-user .venv/bin/python -m bench.hosts`. It leaves nothing in the system,
however it ends. Exit code 1 if a fax was lost or sent twice, 77 if this machine or user cannot make networks.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable

from bench.figures import machine
from bench.replicas import until
from bench.site import HOSTS, REDISES, TELNYX, WORKERS, Site, site
from bench.wire import Denied, Weather, Wire

_SKIPPED = 77
"""The exit code by which test harnesses recognise a test that could not be run."""
_LATE = 1.0
"""Seconds in which a second send of a delivered fax would come, in addition to the waits below."""
_PACE = {"FAX_RATE": "10", "FAX_CHANNELS": "50"}
_FREE = {"FAX_RATE": "1000", "FAX_CHANNELS": "1000"}
_ELSEWHERE = tuple(name for name in HOSTS if name not in {REDISES[0], WORKERS[0], TELNYX})


def _cut(*sides: tuple[str, ...]) -> Callable[[Wire], Weather]:
    return lambda wire: Weather(cut=wire.between(*sides))


SCENARIOS: dict[str, Callable[[Wire], Weather]] = {
    "healthy": lambda _: Weather(),
    "slow": lambda _: Weather(delay=0.05, loss=0.02),
    "redis": _cut(WORKERS[:1], REDISES),
    "telnyx": _cut(WORKERS[:1], (TELNYX,)),
    "primary": _cut(REDISES[:1], tuple(name for name in HOSTS if name != REDISES[0])),
    "split": _cut((REDISES[0], WORKERS[0]), _ELSEWHERE),
}


def main() -> int:
    """Run each scenario, print a table, measure throughput, and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faxes", type=int, default=150)
    parser.add_argument("--seconds", type=float, default=10, help="length of a cut")
    parser.add_argument("--scenario", choices=[*SCENARIOS, "throughput"], action="append", help="these only")
    options = parser.parse_args()
    chosen = options.scenario or [*SCENARIOS, "throughput"]
    try:
        with Wire(HOSTS) as wire:
            bad = _scenarios(wire, [name for name in chosen if name in SCENARIOS], options.faxes, options.seconds)
            if "throughput" in chosen:
                _throughput(wire, options.faxes)
    except Denied as error:
        print(f"skipped: {error}", file=sys.stderr)
        return _SKIPPED
    except KeyboardInterrupt:
        return 130
    print(machine())
    return int(bad)


def _scenarios(wire: Wire, names: list[str], count: int, seconds: float) -> bool:
    print("against a stub, three worker hosts; simulated hosts on one machine\n")
    print("| scenario | faxes | sent during the cut | all delivered after (without a cut: in) | doubled | lost |")
    print("|---|---|---|---|---|---|", flush=True)
    bad = False
    for name in names:
        wire.change(Weather())
        with site(wire, len(WORKERS), **_PACE) as running:
            meanwhile, after, doubled, lost = _inject(running, SCENARIOS[name](wire), count, seconds)
        print(f"| {name} | {count} | {meanwhile} | {after:.1f} s | {doubled} | {lost} |", flush=True)
        bad = bad or doubled > 0 or lost > 0
    return bad


def _inject(running: Site, weather: Weather, count: int, seconds: float) -> tuple[int, float, int, int]:
    # A call takes long enough that some are under way at any moment.
    running.stub.change(latency=0.5)
    jobs = running.order(count)
    until(lambda: len(running.stub.faxes()) > count // 5)
    running.wire.change(weather)
    before, meanwhile = len(running.stub.faxes()), 0
    if weather.cut:
        time.sleep(seconds)
        meanwhile = len(running.stub.faxes()) - before
        running.wire.change(Weather())
    begin = time.monotonic()
    until(lambda: running.delivered() >= count)
    after = time.monotonic() - begin
    running.wire.change(Weather())
    time.sleep(_LATE)
    taken = Counter(fax["job"] for fax in running.stub.faxes())
    return meanwhile, after, sum(taken.values()) - len(taken), len(set(jobs) - set(taken))


def _throughput(wire: Wire, count: int) -> None:
    print("\n| worker hosts | faxes | a second |\n|---|---|---|")
    for hosts in range(1, len(WORKERS) + 1):
        wire.change(Weather())
        with site(wire, hosts, **_FREE) as running:
            running.hold_back()
            running.order(count)
            wire.change(Weather(delay=0.002))
            begin = running.let_go()
            until(lambda running=running: len(running.stub.faxes()) >= count)  # type: ignore[misc]
            print(f"| {hosts} | {count} | {count / (time.monotonic() - begin):.0f} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
