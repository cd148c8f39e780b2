"""Checks that one number is never called twice at once, and measures how soon its next fax follows.

    .venv/bin/python -m bench.one_number [--to-one 50] [--others 200]

Real processes against a stub of Telnyx: 2 workers, calls of 1 s. Exit code 1 if two calls to one number overlapped, or
an attempt was posted twice.
"""

import argparse
import sys

from bench.figures import gaps, machine, of_each, spread
from bench.installation import DOCUMENT, installation, number
from faxdispatch.states import State

SCRIPTS = ("cmdstat_evalsha", "cmdstat_eval")


def main() -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to-one", type=int, default=50, help="faxes to the one number")
    parser.add_argument(
        "--others", type=int, default=200, help="other faxes, each to a number of its own, sent among the first ones"
    )
    options = parser.parse_args()
    total = options.to_one + options.others
    with installation(workers=2, FAX_RATE="20", FAX_CHANNELS="10") as running:
        running.stub.change(call_seconds=1.0)
        running.redis.config_resetstat()
        every = max(1, total // options.to_one)
        for place in range(total):
            mine = place % every == 0 and place // every < options.to_one
            running.client.send(to=number(0 if mine else place), media_name=DOCUMENT)
        running.until(lambda: running.ledger.counts()[State.DELIVERED] >= total, within=400)
        statistics = running.redis.info("commandstats")
        faxes, calls = running.stub.faxes(), running.stub.calls()
    to_one = [gap for mine in of_each(faxes, "to").values() for gap in gaps(mine)]
    posts = sum(call["operation"] == "send" for call in calls)
    twice = posts - len({fax["client_state"] for fax in faxes})
    overlaps = sum(gap < 0 for gap in to_one)
    scripts = sum(statistics.get(name, {"calls": 0})["calls"] for name in SCRIPTS)
    commands = sum(about["calls"] for about in statistics.values())
    print(
        f"against a stub: {options.to_one} faxes to one number among {options.others} others, 2 workers, calls of 1 s"
    )
    print(f"calls to one number that overlapped: {overlaps}; attempts posted twice: {twice}")
    print(f"from the end of one to the begin of the next: {spread(to_one)}")
    print(f"Redis: {scripts / total:.0f} scripts, {commands / total:.0f} commands a fax, those in scripts included")
    print(machine())
    return int(overlaps > 0 or twice > 0)


if __name__ == "__main__":
    sys.exit(main())
