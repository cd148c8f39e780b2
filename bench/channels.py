"""How FAX_CHANNELS=auto follows a limit that changes, and whether fixed limits are ever exceeded.

    .venv/bin/python -m bench.channels [--seconds 60]

Real processes against a stub of Telnyx. The stub's limit is 10, then 4, then 12; enough faxes wait, and calls take 2 s.
It prints, for each limit, how much of it was in use and how many faxes in a hundred found no channel free. Then it
prints what was in use with a fixed limit of the connection, and of the account with two connections. Exit code 1 if a
missing channel was counted against a recipient, or a fixed limit was exceeded.
"""

import argparse
import sys
import time
from dataclasses import dataclass
from typing import Any

from bench.figures import machine, mean_in_use, most_in_use, of_each
from bench.flood import flood
from bench.installation import CONNECTION, SECOND_CONNECTION, Installation, installation

LIMITS = (10, 4, 12)
FIXED, EACH, ACCOUNT = 7, 6, 8
CALL = 2.0
RATE = {"FAX_RATE": "50"}


def main() -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60, help="length of each phase")
    parser.add_argument("--full-by-answer", action="store_true", help="refuse with 403 instead of failing by event")
    options = parser.parse_args()
    charged = _auto(options.seconds, full_by_answer=options.full_by_answer)
    alone = _fixed(options.seconds / 2, {"FAX_CHANNELS": str(FIXED)}, connections=1)
    print(f"FAX_CHANNELS={FIXED}: most in use {alone.most}, mean {alone.mean:.1f}")
    settings = {"FAX_CHANNELS": str(EACH), "FAX_ACCOUNT_CHANNELS": str(ACCOUNT)}
    shared = _fixed(options.seconds / 2, settings, connections=2)
    each = ", ".join(f"{one.most} and {one.mean:.1f}" for one in shared.each)
    print(
        f"FAX_ACCOUNT_CHANNELS={ACCOUNT}, two connections of {EACH}: most in use {shared.most}, mean {shared.mean:.1f}"
    )
    print(f"most and mean of each connection: {each}")
    print(machine())
    passed = alone.most > FIXED or shared.most > ACCOUNT or any(one.most > EACH for one in shared.each)
    return int(charged > 0 or passed)


@dataclass(frozen=True)
class _Used:
    """Channels in use, altogether and on each connection."""

    most: int
    mean: float
    each: "tuple[_Used, ...]" = ()


def _auto(seconds: float, *, full_by_answer: bool) -> int:
    """Follow changing limits. Return the number of attempts that were counted as the recipients' failures."""
    how = "by a 403" if full_by_answer else "by fax.failed"
    print(f"against a stub: FAX_CHANNELS=auto, 2 workers, calls of {CALL:g} s, informed of a full connection {how}")
    with installation(workers=2, FAX_CHANNELS="auto", **RATE) as running:
        running.stub.change(call_seconds=CALL, full_by_answer=full_by_answer)
        _line(running, round(3 * seconds * max(LIMITS) / CALL), CONNECTION)
        running.let_go()
        for limit in LIMITS:
            begin = running.stub.change(connection_channels=limit)
            time.sleep(seconds)
            _print_row(running, limit, begin, time.perf_counter())
        return _charged(running)


def _print_row(running: Installation, limit: int, begin: float, end: float) -> None:
    faxes, calls = running.stub.faxes(), running.stub.calls()
    refused = sum(call["operation"] == "send" and call["status"] == 403 and begin <= call["at"] < end for call in calls)
    sent = [fax for fax in faxes if begin <= fax["begun"] < end]
    full = refused + sum("channel_limit" in (fax["reason"] or "") for fax in sent)
    whole, last = (mean_in_use(faxes, since, end) for since in (begin, (begin + end) / 2))
    print(
        f"limit {limit}: mean in use {whole:.1f} ({100 * whole / limit:.0f} %), in the second half {last:.1f} "
        f"({100 * last / limit:.0f} %); no channel free for {full} of {len(sent) + refused} sends "
        f"({100 * full / max(1, len(sent) + refused):.1f} in a hundred); estimate at the end "
        f"{float(running.redis.get(f'fax:channels:{CONNECTION}') or 0):.1f}",
        flush=True,
    )


def _charged(running: Installation) -> int:
    """Count the attempts that a missing channel cost recipients."""
    faxes: list[dict[str, Any]] = running.stub.faxes()
    jobs = {fax["job"] for fax in faxes if "channel_limit" in (fax["reason"] or "")}
    charged = sum(job.dials + job.connects for job in map(running.ledger.job, jobs))
    print(f"attempts charged to recipients: {charged}, of {len(jobs)} faxes that found no channel free", flush=True)
    return charged


def _fixed(seconds: float, settings: dict[str, str], *, connections: int) -> _Used:
    """Run with fixed limits. Return the channels that were in use."""
    used = (CONNECTION, SECOND_CONNECTION)[:connections]
    with installation(workers=2, **RATE, **settings) as running:
        running.stub.change(call_seconds=CALL)
        for place, connection in enumerate(used):
            _line(running, round(seconds * 6), connection, first=place * 10_000)
        begin = running.let_go()
        time.sleep(seconds)
        faxes, end = running.stub.faxes(), time.perf_counter()
    by_connection = of_each(faxes, "connection")
    each = (_Used(most_in_use(mine), mean_in_use(mine, begin, end)) for mine in by_connection.values())
    return _Used(most_in_use(faxes), mean_in_use(faxes, begin, end), tuple(each))


def _line(running: Installation, count: int, connection: str, first: int = 0) -> None:
    """Let this many faxes wait for a channel of a connection."""
    running.hold_back()
    flood(running, count, first=first, connection_id=connection)
    running.until(lambda: not running.unsettled(), within=300)


if __name__ == "__main__":
    sys.exit(main())
