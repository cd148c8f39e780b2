"""Measures the cost of a fax as lists grow: sends the same number of rows from campaigns of very different lengths.

    .venv/bin/python -m bench.growth [--sent 1000] [--rows 1000 20000 200000] [--parked 0 100000]

Each length has its own installation: the first `--sent` rows are sent and the rest waits; once with this many other
faxes parked on a paused connection. It prints the processor time of worker and Valkey for each fax that was sent. Exit
code 1 if the longest costs more than `MOST` times as much as the shortest.
"""

import argparse
import sys

from bench.cost import Cost, measure, read_in, start
from bench.figures import machine
from bench.flood import flood
from bench.installation import SECOND_CONNECTION, Installation, installation
from faxdispatch.ledger import Campaigns, Scripts, connect

MOST = 1.1
NAME = "bench"
SETTINGS = {
    "FAX_RATE": "250",
    "FAX_CHANNELS": "2000",
    "FAX_WORKER_CONCURRENCY": "16",
}


def main() -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sent", type=int, default=1000)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000, 20_000, 200_000])
    parser.add_argument("--parked", type=int, nargs="+", default=[0, 100_000])
    options = parser.parse_args()
    costs: dict[tuple[int, int], Cost] = {}
    print("| rows | parked | worker | Valkey | together |\n|---|---|---|---|---|")
    for parked in options.parked:
        for rows in options.rows:
            cost = costs[rows, parked] = _cost(rows, parked, options.sent)
            figures = f"{cost.worker:.2f} ms | {cost.valkey:.2f} ms | {cost.total:.2f} ms"
            print(f"| {rows:,} | {parked:,} | {figures} |", flush=True)
    print(f"\n{options.sent} rows sent of each list, against a stub; {machine()}")
    first, last = costs[options.rows[0], options.parked[0]], costs[options.rows[-1], options.parked[-1]]
    ratio = last.total / first.total
    print(
        f"the longest, with the most parked faxes, costs {ratio:.2f} times the shortest with fewest (at most {MOST:g})"
    )
    return int(ratio > MOST)


def _cost(rows: int, parked: int, sent: int) -> Cost:
    with installation(workers=1, **SETTINGS) as running:
        running.stub.change(call_seconds=1.0)
        if parked:
            _park(running, parked)
        campaigns = Campaigns(Scripts(connect(running.redis_url)))
        read_in(campaigns, NAME, rows)
        return measure(running, min(sent, rows), lambda: start(campaigns, NAME))


def _park(running: Installation, count: int) -> None:
    running.limits.pause(SECOND_CONNECTION, delay=3600 * 24)
    flood(running, count, connection_id=SECOND_CONNECTION)
    running.until(lambda: not running.unsettled(), within=1200)


if __name__ == "__main__":
    sys.exit(main())
