"""Compares a campaign of a million rows with a loop of `apply_async`, one message for each recipient.

    .venv/bin/python -m bench.million [--rows 1000000] [--plain 20000] [--ended 50000]

Both in one run, on its own Valkey: the time for each row and the memory that Valkey keeps for it. The campaign is
checked and made in a separate process, whose memory is printed. The memory of a row over its whole life is measured on
a campaign of `--ended` rows that were fed and ended one by one. Its events, and the jobs that expire within minutes of
their end, are not counted. Exit code 1 if a target is missed.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from redis import Redis

from bench.check import write
from bench.figures import machine
from bench.installation import CONNECTION, SENDER
from faxdispatch import FaxClient
from faxdispatch.broker.connection import broker_app
from faxdispatch.campaign import Reading
from faxdispatch.ledger import Campaigns, Ledger, Scripts, connect, job_of_row
from faxdispatch.supervisor import roles as processes
from faxdispatch.supervisor.stack import Stack
from faxdispatch.supervisor.valkey import valkey_url

MOST_MEGABYTES, LEAST_TIMES, MOST_BYTES = 200, 10, 100
PAGE = 1000


def main() -> int:
    """Measure, print, and judge."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--plain", type=int, default=20_000, help="messages that the loop sends")
    options.add_argument("--ended", type=int, default=50_000, help="rows that are brought to their end")
    options.add_argument("--make", nargs=2, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.make:
        print(json.dumps(_make(given.make[0], Path(given.make[1]))))
        return 0
    with tempfile.TemporaryDirectory() as name, _valkey(Path(name)) as url:
        redis = Redis.from_url(url, decode_responses=True)
        plain_seconds, plain_bytes = _plain(url, redis, given.plain)
        made, kept = _made(url, redis, Path(name, "million.csv"), given.rows)
        whole = _life(url, redis, Path(name, "ended.csv"), given.ended)
    times = plain_seconds / (made["seconds"] / made["rows"])
    print(f"{made['rows']:,} rows of 5 columns, {made['pending']:,} of them to be sent; {machine()}")
    print(
        f"checked and made a campaign in {made['seconds']:.1f} s, {1e6 * made['seconds'] / made['rows']:.0f} µs a row; "
        f"memory of the process at most {made['megabytes']:.0f} MB (allowed {MOST_MEGABYTES})"
    )
    print(
        f"a loop of apply_async: {1e6 * plain_seconds:.0f} µs a row, so {times:.1f} times as long "
        f"(at least {LEAST_TIMES})"
    )
    print(f"Valkey keeps {kept:.0f} bytes a recipient before the start, against {plain_bytes:.0f} a queued message")
    print(f"… and {whole:.0f} bytes over its whole life, events apart (allowed {MOST_BYTES})")
    return int(made["megabytes"] > MOST_MEGABYTES or times < LEAST_TIMES or whole > MOST_BYTES)


@contextmanager
def _valkey(folder: Path) -> Iterator[str]:
    with Stack(lambda _name, _line: None) as stack:
        stack.start(processes.valkey(folder))
        yield valkey_url(folder)


def _used(redis: Any) -> int:
    return int(redis.info("memory")["used_memory"])


def _nothing(**_: Any) -> None:
    """Do nothing, in place of a task that sends one fax."""


def _plain(url: str, redis: Any, count: int) -> tuple[float, float]:
    """Send `count` messages. Return seconds and bytes for each."""
    app = broker_app("bench", url)
    task = app.task(_nothing, name="bench.send")
    payload = {
        "media_url": "https://files.example.com/campaigns/2026-11/recall-notice.pdf", "from": SENDER,
        "connection_id": CONNECTION, "quality": "high", "priority": "bulk", "tags": ["recall", "2026-11"],
        "window": {"start": "08:00", "end": "17:00", "days": ["mon", "tue", "wed", "thu", "fri"]},
    }  # fmt: skip
    before, begun = _used(redis), time.perf_counter()
    for row in range(count):
        kwargs = payload | {"to": f"+1312{2_000_000 + row}", "idempotency_key": f"recall-{row}"}
        task.apply_async(kwargs=kwargs, queue="bench.plain")
    seconds, used = time.perf_counter() - begun, _used(redis) - before
    redis.delete("bench.plain")
    return seconds / count, used / count


def _make(url: str, path: Path) -> dict[str, Any]:
    """Check a list and make it a campaign, in this process."""
    begun = time.perf_counter()
    imported = FaxClient(url).campaigns.create(
        path, campaign_id=path.stem, reading=Reading(region="US"), media_name="m"
    )
    return {
        "seconds": time.perf_counter() - begun,
        "rows": imported.summary.rows,
        "pending": imported.campaign.rows,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6,
    }


def _made(url: str, redis: Any, path: Path, rows: int) -> tuple[dict[str, Any], float]:
    """Make a campaign in a separate process. Return its output, and the bytes that Valkey keeps for a recipient."""
    write(path, rows)
    before = _used(redis)
    command = [sys.executable, "-m", "bench.million", "--make", url, str(path)]
    made = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return made, (_used(redis) - before) / made["pending"]


def _life(url: str, redis: Any, path: Path, rows: int) -> float:
    """Bring every row of a campaign to its end. Return the bytes that Valkey then keeps for each recipient."""
    before = _used(redis)
    made, _ = _made(url, redis, path, rows)
    scripts = Scripts(connect(url))
    campaigns, ledger = Campaigns(scripts), Ledger(scripts)
    FaxClient(url).campaigns.start(path.stem)
    for chunk in range((rows + PAGE - 1) // PAGE):
        pending = [
            {
                "row": row,
                "job": job_of_row(path.stem, row),
                "to": to,
                "request": "{}",
                "priority": "bulk",
                "connection": CONNECTION,
                "sender": SENDER,
            }
            for row, to, _ in campaigns.pending_rows(path.stem, chunk)
        ]
        campaigns.feed(path.stem, pending, tags=(), generation=1, cursor=None, limit=PAGE)
        for row in pending:
            ledger.cancel(row["job"], source="bench")
    _forget(redis)
    return (_used(redis) - before) / made["pending"]


def _forget(redis: Any) -> None:
    """Remove what expires within minutes, and the events."""
    redis.delete("fax:events")
    for pattern in ("fax:job:*", "fax:history:*", "fax:fax:*", "fax:other:*"):
        keys = list(redis.scan_iter(pattern, count=5000))
        for at in range(0, len(keys), 5000):
            redis.delete(*keys[at : at + 5000])


if __name__ == "__main__":
    sys.exit(main())
