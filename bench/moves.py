"""Measures Valkey's cost of each step of a campaign's row, from the waiting list to its end, without any worker.

    .venv/bin/python -m bench.moves [--rows 2000] [--batch 25]

The scripts are run as workers and the web process run them, for `--batch` rows at once, on a separate Valkey with
`appendfsync always`. It prints Valkey's processor time and its commands for one row, including those in scripts. For
each step, the fastest fifth counts, since other processes can only make it slower.
"""

import argparse
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from bench.cost import read_in, start
from bench.figures import machine
from bench.installation import CONNECTION, SENDER
from bench.million import _valkey
from faxdispatch.campaign.requests import row_to_feed
from faxdispatch.ledger import (
    CHUNK,
    Agenda,
    Campaigns,
    Claim,
    Ledger,
    Observation,
    Observations,
    Rules,
    Scripts,
    connect,
)

T = TypeVar("T")

NAME = "moves"
ANSWERS = 12
"""Answers that are recorded together: this many come in a moment at 250 rows a second."""
WEBHOOKS = 6
"""Webhooks that are recorded together: this many come while others are being recorded at 120 rows a second."""
EMPTY = "empty"
"""A step that rows do not take: the script of webhooks without a webhook, which shows what every script costs."""
FASTEST = 5
"""The quantile that counts: one in this many times of a step is faster."""


class Moves:
    """One ledger, and the cost of its steps so far."""

    def __init__(self, url: str, rows: int) -> None:
        self.redis: Any = connect(url)
        self.redis.config_set("appendfsync", "always")
        self._pid = self.redis.info("server")["process_id"]
        scripts = Scripts(self.redis, Rules(rate=100_000.0, burst=1000, channels=2000))
        self.ledger, self.campaigns, self.agenda = Ledger(scripts), Campaigns(scripts), Agenda(scripts)
        self._observations = Observations(scripts)
        read_in(self.campaigns, NAME, rows)
        start(self.campaigns, NAME)
        campaign = self.campaigns.get(NAME)
        self._feeds = [
            {"connection": CONNECTION, "sender": SENDER} | row_to_feed(campaign, *row)
            for chunk in range((rows + CHUNK - 1) // CHUNK)
            for row in self.campaigns.pending_rows(NAME, chunk)
        ]
        self._signature = {"who": "bench", "epoch": 0, "seen": 0, "ledger": self.ledger.identity.id}
        self.times: defaultdict[str, list[float]] = defaultdict(list)
        self.commands: defaultdict[str, int] = defaultdict(int)

    def go(self, first: int, batch: int) -> None:
        """Bring the next rows from the list to their end."""
        rows = self._feeds[first : first + batch]
        self._step(
            "feed",
            lambda: self.campaigns.feed(NAME, rows, tags=(), generation=1, cursor=first + batch, limit=batch),
        )
        jobs = [picked.job_id for picked in self._step("pick", self.agenda.pick)]
        if len(jobs) != len(rows):
            raise SystemExit(f"{len(jobs)} of {len(rows)} rows were picked; nothing was measured")
        self._step("read", lambda: self.ledger.jobs(jobs))
        self._step("admit", lambda: self.ledger.admit_many([(job, CONNECTION, SENDER) for job in jobs]))
        claims = [
            Claim(job, uuid4().hex, {"worker": "bench"}, cost=36_000, ladder_step=0, connection=CONNECTION)
            for job in jobs
        ]
        self._step("claim", lambda: self.ledger.claim_many(claims, lease=120, account="a", witness=self._signature))
        self._signature["epoch"] = 1
        faxes = [(job, 1, str(uuid4())) for job in jobs]
        for at in range(0, len(faxes), ANSWERS):
            part = faxes[at : at + ANSWERS]
            self._step("accept", lambda: self.ledger.accept_many(part, source="worker"))  # noqa: B023 - called at once
        deliveries = [(self._delivered(job, fax_id), "") for job, _, fax_id in faxes]
        for at in range(0, len(deliveries), WEBHOOKS):
            group = deliveries[at : at + WEBHOOKS]
            replies = self._step("webhook", lambda: self._observations.record_many(group))  # noqa: B023 - called at once
            self._step(EMPTY, lambda: self._observations.record_many([]))
            if any(reply["outcome"] != "recorded" for reply in replies):
                raise SystemExit(f"a webhook was not recorded but {replies}; nothing was measured")

    def _delivered(self, job: str, fax_id: str) -> Observation:
        facts = {"fax_id": fax_id, "status": "delivered", "page_count": 3, "call_duration_secs": 60, "from": SENDER}
        return Observation(
            str(uuid4()),
            "d" * 64,
            "fax.delivered",
            "webhook",
            fax_id=fax_id,
            job_id=job,
            attempt=1,
            status="delivered",
            connection_id=CONNECTION,
            page_count=3,
            duration=60,
            ledger=self.ledger.identity.id,
            data=facts,
        )

    def _step(self, name: str, act: Callable[[], T]) -> T:
        count, used = self._count(), self._used()
        found = act()
        self.times[name].append(self._used() - used)
        self.commands[name] += self._count() - count - 1
        return found

    def _used(self) -> float:
        """Return the microseconds of processor time that Valkey's main thread has had."""
        return int(Path(f"/proc/{self._pid}/schedstat").read_text().split()[0]) / 1000

    def _count(self) -> int:
        return int(self.redis.info("stats")["total_commands_processed"])


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--batch", type=int, default=25)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, _valkey(Path(folder)) as url:
        moves = Moves(url, options.rows)
        for first in range(0, options.rows, options.batch):
            moves.go(first, options.batch)
    print("| step | Valkey, a row | commands, a row |\n|---|---|---|")
    total, commands = 0.0, 0.0
    empty = moves.times.pop(EMPTY)
    for name, times in moves.times.items():
        micros = sorted(times)[len(times) // FASTEST] * len(times) / options.rows
        each = moves.commands[name] / options.rows
        total, commands = total + micros, commands + each
        print(f"| {name} | {micros:.0f} µs | {each:.1f} |")
    print(f"| together | {total:.0f} µs | {commands:.1f} |\n")
    print(f"A script that does nothing: {sorted(empty)[len(empty) // FASTEST]:.0f} µs a call.")
    print(f"{options.rows} rows, {options.batch} at once; {machine()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
