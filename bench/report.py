"""How fast the report of a campaign is written, and in how much memory, for few rows and for many, in one run.

    .venv/bin/python -m bench.report [--rows 1000000]

Fills its own Valkey with campaigns of five columns whose rows have ended, written directly into the ledger's keys: one
with this many rows, and one of a hundredth. A separate process writes each report. Memory that does not grow with the
rows gives a ratio near 1.
"""

import argparse
import json
import random
import resource
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from uuid import UUID

from redis import Redis
from redis.exceptions import RedisError

from bench.figures import machine
from bench.installation import number
from faxdispatch.campaign.report.files import write_report
from faxdispatch.ledger import CHUNK, CampaignRow, Campaigns, Rules, Scripts, connect
from faxdispatch.supervisor.valkey import valkey_command, valkey_url

BLOCK = 1024
RECORD = struct.Struct(">BBBBHHII16s")
CAUSES = {"user_busy": 1, "receiver_no_answer": 2, "receiver_unallocated_number": 3}
COLUMNS = ("ID", "Practice Name", "Fax #", "City", "State")
ENDED = 1_790_000_000


def fill(url: str, name: str, rows: int) -> None:
    """Make a campaign with this many rows, nine in ten delivered."""
    campaigns, chance = Campaigns(Scripts(connect(url), Rules())), random.Random(7)
    campaigns.open(name, name=name, options={"media_name": "letter"}, fingerprint="f", columns=COLUMNS)
    for first in range(1, rows + 1, CHUNK):
        numbers = range(first, min(first + CHUNK, rows + 1))
        chunk_rows = [
            CampaignRow(row, number(row % 700_000), {}, [str(row), f"Clinic {row}", number(row % 700_000), "Ulm", "IL"])
            for row in numbers
        ]
        campaigns.add_chunk(name, first // CHUNK, chunk_rows)
    raw = Redis.from_url(url)
    raw.hset(f"fax:campaign:{name}:causes", mapping=CAUSES)
    for block in range((rows + BLOCK - 1) // BLOCK):
        size = min(BLOCK, rows - block * BLOCK)
        codes = bytes(chance.choices(b"df", (9, 1), k=size))
        records = (
            RECORD.pack(
                code, 1, chance.randint(1, 3), 0 if code == ord("d") else chance.randint(1, 3), 2, 90, 19_000,
                ENDED + block * 60, UUID(int=block * BLOCK + at + 1).bytes,
            )
            for at, code in enumerate(codes)
        )  # fmt: skip
        raw.setrange(f"fax:campaign:{name}:states", block * BLOCK, codes)
        raw.set(f"fax:campaign:{name}:results:{block}", b"".join(records))


def measure(url: str, name: str) -> dict[str, float]:
    """Write the report in this process."""
    campaigns = Campaigns(Scripts(connect(url), Rules()))
    with tempfile.TemporaryDirectory() as folder:
        begun, used = time.perf_counter(), time.process_time()
        written = write_report(campaigns, name, Path(folder))
        return {
            "seconds": time.perf_counter() - begun,
            "cpu": time.process_time() - used,
            "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6,
            "rows": written.totals.rows,
            "size": sum(path.stat().st_size for path in written.files.values()) / 1e6,
        }


def child(url: str, name: str) -> dict[str, float]:
    """Write it in a separate process."""
    command = [sys.executable, "-m", "bench.report", "--url", url, "--name", name]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def run(rows: int) -> tuple[dict[str, float], dict[str, float]]:
    """Fill a Valkey and write both reports."""
    with tempfile.TemporaryDirectory() as folder:
        url = valkey_url(Path(folder))
        with subprocess.Popen(valkey_command(Path(folder)), stdout=subprocess.DEVNULL) as server:
            try:
                _wait_for(url)
                fill(url, "few", max(1, rows // 100))
                fill(url, "many", rows)
                return child(url, "few"), child(url, "many")
            finally:
                server.terminate()


def _wait_for(url: str) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            Redis.from_url(url).ping()
        except RedisError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


def main() -> int:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rows", type=int, default=1_000_000, help="rows of the campaign")
    options.add_argument("--url", help=argparse.SUPPRESS)
    options.add_argument("--name", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.url:
        print(json.dumps(measure(given.url, given.name)))
        return 0
    few, many = run(given.rows)
    for found in (few, many):
        print(
            f"{found['rows']:>9,.0f} rows: {found['seconds']:.1f} s ({found['cpu']:.1f} s of processor time), "
            f"{found['rows'] / found['seconds']:,.0f} rows a second, {found['size']:.1f} MB of files, "
            f"memory at most {found['megabytes']:.0f} MB"
        )
    rows, memory = many["rows"] / few["rows"], many["megabytes"] / few["megabytes"]
    print(f"{rows:.0f} times the rows take {memory:.2f} times the memory")
    print(machine())
    return 0


if __name__ == "__main__":
    sys.exit(main())
