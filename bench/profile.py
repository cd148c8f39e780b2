"""Shows the parts of a fax's processor time: its Redis commands, the worker's thread switches and time in the kernel.

    .venv/bin/python -m bench.profile message|row|raw [--faxes 2000] [--spy FILE]

`--spy` also writes the stacks that hold the interpreter's lock, one a line with its samples, by py-spy, which must be
installed separately (`pip install py-spy`) and may need the right to look into other processes.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from bench.cost import measure, read_in, start
from bench.effort import Effort
from bench.figures import machine
from bench.flood import flood
from bench.installation import installation
from bench.one_way import ASIDE, SETTINGS, WARM, rename
from bench.spy import commands, spied
from faxdispatch.jobs import SendFax
from faxdispatch.ledger import Campaigns, Scripts, connect

WAYS = ("message", "row", "raw")


def main() -> int:
    """Measure one way of sending and print its Redis commands."""
    parser = argparse.ArgumentParser(description="Where the processor time of a fax goes.")
    parser.add_argument("way", choices=WAYS)
    parser.add_argument("--faxes", type=int, default=2000)
    parser.add_argument("--spy", type=Path)
    given = parser.parse_args()
    with installation(workers=1, **SETTINGS) as running:
        go = _prepared(running, given.way, given.faxes)
        before, worker = commands(running.redis), Effort.of(running.worker_pid)
        with spied(running.worker_pid, given.spy):
            cost = measure(running, given.faxes, go)
        after, worker = commands(running.redis), Effort.of(running.worker_pid) - worker
    print(f"{given.way}: worker {cost.worker:.2f} ms, Valkey {cost.valkey:.2f} ms a fax; {machine()}")
    print(
        f"  worker: {1000 * worker.kernel / given.faxes:.2f} ms of it in the kernel; for a fax its threads waited "
        f"{worker.waits / given.faxes:.1f} times and were interrupted {worker.interruptions / given.faxes:.1f} times"
    )
    spent = {name: (calls - before.get(name, (0, 0))[0], micros - before.get(name, (0, 0))[1])
             for name, (calls, micros) in after.items()}  # fmt: skip
    for name, (calls, micros) in sorted(spent.items(), key=lambda one: -one[1][1])[:20]:
        if calls:
            print(f"  {name:<24} {calls / given.faxes:7.2f} calls {micros / given.faxes:8.1f} us a fax")
    return 0


def _prepared(running: Any, way: str, faxes: int) -> Any:
    """Prepare everything up to the moment when the faxes may be sent. Return the function that releases them."""
    running.stub.change(call_seconds=1.0)
    flood(running, WARM)
    running.until(lambda: len(running.stub.calls()) >= WARM)
    if way == "row":
        campaigns = Campaigns(Scripts(connect(running.redis_url)))
        read_in(campaigns, "bench", faxes)
        return lambda: start(campaigns, "bench")
    if way == "message":
        running.hold_back()
    flood(running, faxes, first=10_000, into=ASIDE)
    if way == "raw":
        return lambda: rename(running.redis_url, SendFax.QUEUE)
    rename(running.redis_url, SendFax.QUEUE)
    running.until(lambda: not running.unsettled(), within=300)
    return running.let_go


if __name__ == "__main__":
    sys.exit(main())
