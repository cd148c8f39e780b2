"""Measures the search for faxes: the cost of the index, and the time of a search.

    .venv/bin/python -m bench.find [--singles 100000] [--rows 1000000]

On its own Valkey: single faxes are recorded, nine of ten of them ended, and a campaign of `--rows` rows is made. It
prints how many more bytes Valkey keeps for a single fax (allowed 60), by removing the index again, and for each search
its CPU seconds, its commands and how long it took. Exit code 1 if the index is too large, or if a search for a number
takes longer than 0.1 s among single faxes or 1 s in the campaign.
"""

import argparse
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

from bench.figures import machine
from bench.installation import number
from bench.million import _valkey
from faxdispatch import FaxClient
from faxdispatch.jobs import SendFax
from faxdispatch.ledger import CHUNK, CampaignRow, Campaigns, Ledger, Scripts, connect
from faxdispatch.ledger.jobs import New
from faxdispatch.states import CampaignState

MOST_BYTES, MOST_SECONDS, MOST_SECONDS_ROWS = 60, 0.1, 1.0
PAGE = 500
CAMPAIGN = "million"


def main() -> int:
    """Measure, print, and judge."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--singles", type=int, default=100_000)
    options.add_argument("--rows", type=int, default=1_000_000)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name, _valkey(Path(name)) as url:
        redis: Any = connect(url)
        redis.config_set("appendfsync", "no")
        client = FaxClient(url, region="US", ledger=Ledger(Scripts(redis)))
        ledger = Ledger(Scripts(redis))
        _singles(ledger, given.singles)
        print(f"{given.singles:,} single faxes and {given.rows:,} rows; {machine()}")
        single = _search(redis, client, "a number, single faxes", number=number(given.singles // 2))
        _search(redis, client, "a tag that few have", tag="rare")
        _search(redis, client, "a state that few have", state="failed")
        _search(redis, client, "the newest 50")
        _rows(Campaigns(Scripts(redis)), given.rows)
        row = _search(redis, client, "a number of the campaign", number=number(given.rows - 1), campaign_id=CAMPAIGN)
        _search(redis, client, "a number, everywhere", number=number(given.rows - 1))
        redis.delete(*redis.scan_iter(f"fax:campaign*{CAMPAIGN}*", count=10_000))
        each = _index_bytes(redis, given.singles)
    print(f"the index takes {each:.0f} bytes a single fax (allowed {MOST_BYTES})")
    return int(each > MOST_BYTES or single > MOST_SECONDS or row > MOST_SECONDS_ROWS)


def _singles(ledger: Ledger, count: int) -> None:
    for first in range(0, count, PAGE):
        new = []
        for n in range(first, min(first + PAGE, count)):
            tags = ("ward", "rare") if n % 10_000 == 7 else ("ward",)
            job = SendFax(to=number(n), media_url="https://files.example.com/referrals/7.pdf", tags=tags)
            new.append(New(uuid.uuid4().hex, job))
        ledger.create_many(new, source="bench")
        for n, one in enumerate(new):
            if n % 10:
                ledger.cancel(one.job_id, source="bench")


def _rows(campaigns: Campaigns, count: int) -> None:
    campaigns.open(CAMPAIGN, name=CAMPAIGN, options={"media_name": "m"}, fingerprint=CAMPAIGN)
    for first in range(1, count + 1, CHUNK):
        part = range(first, min(first + CHUNK, count + 1))
        chunk_rows = [CampaignRow(row, number(row), {}, [f"Clinic {row}", number(row), "Chicago"]) for row in part]
        campaigns.add_chunk(CAMPAIGN, (first - 1) // CHUNK, chunk_rows)
    campaigns.move(CAMPAIGN, CampaignState.CHECKED, event="campaign.checked")


def _search(redis: Any, client: FaxClient, what: str, **words: Any) -> float:
    """Search for one page, and print the cost. Return the seconds."""
    before = redis.info("stats")["total_commands_processed"]
    cpu, begun = time.process_time(), time.perf_counter()
    page = client.search.page(client.wanted(**words), limit=50)
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    commands = redis.info("stats")["total_commands_processed"] - before - 1
    print(f"{what:<28} {len(page.faxes):>3} found  {seconds:6.3f} s  {cpu:6.3f} s of CPU  {commands:>6,} commands")
    return seconds


def _index_bytes(redis: Any, singles: int) -> float:
    """Return the bytes per single fax that become free when the index and all that leads to it are removed."""
    before = redis.info("memory")["used_memory"]
    jobs = list(redis.scan_iter("fax:job:*", count=10_000))
    for at in range(0, len(jobs), 5000):
        with redis.pipeline(transaction=False) as pipe:
            for job in jobs[at : at + 5000]:
                pipe.hdel(job, "nth")
            pipe.execute()
    redis.delete(*redis.scan_iter("fax:index*", count=10_000))
    return float(before - redis.info("memory")["used_memory"]) / singles


if __name__ == "__main__":
    sys.exit(main())
