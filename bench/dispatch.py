"""What it costs to send one fax with a message of its own, and as a row of a campaign, many to a message.

    .venv/bin/python -m bench.dispatch [--faxes 4000] [--rate 250]

Real processes against a stub of Telnyx, both ways in one run, one worker: processor time of the worker and of Valkey
for each fax, from the moment at which it may go until Telnyx has it; the ledger, with its claim on disk, included in
both. Exit code 1 where rows cost more than half.
"""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from bench.figures import machine
from bench.flood import flood
from bench.installation import DOCUMENT, Installation, installation, number
from faxdispatch.ledger import CHUNK, CampaignRow, Campaigns, Scripts, connect
from faxdispatch.states import CampaignState

MOST = 0.5
"""Of the cost of a message a fax."""
NAME = "bench"


@dataclass(frozen=True)
class Cost:
    """Processor time of one fax, in milliseconds, and how many went a second."""

    worker: float
    valkey: float
    pace: float

    @property
    def total(self) -> float:
        """Worker and Valkey together."""
        return self.worker + self.valkey


def main() -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faxes", type=int, default=4000)
    parser.add_argument("--rate", type=float, default=250)
    options = parser.parse_args()
    settings = {
        "FAX_RATE": str(options.rate),
        "FAX_RATE_BURST": "50",
        "FAX_CHANNELS": "2000",
        "FAX_WORKER_CONCURRENCY": "16",
    }
    with installation(workers=1, **settings) as running:
        running.stub.change(call_seconds=1.0)
        running.hold_back()
        flood(running, options.faxes)
        running.until(lambda: not running.unsettled(), within=300)
        alone = measure(running, options.faxes, running.let_go)
        campaigns = Campaigns(Scripts(connect(running.redis_url)))
        read_in(campaigns, NAME, options.faxes)
        together = measure(running, options.faxes, lambda: start(campaigns, NAME))
    ratio = together.total / alone.total
    print(f"against a stub: {options.faxes} faxes each way, one worker, rate {options.rate:g}, {machine()}")
    for name, cost in (("one message a fax", alone), ("rows of a campaign", together)):
        print(
            f"{name}: {cost.worker:.2f} ms of the worker and {cost.valkey:.2f} ms of Valkey a fax, "
            f"{cost.pace:.0f} faxes/s"
        )
    print(f"rows cost {100 * ratio:.0f} % of a message a fax (allowed {100 * MOST:.0f} %)")
    return int(ratio > MOST)


def measure(running: Installation, faxes: int, begin: Callable[[], object]) -> Cost:
    """Begin, and measure until the stub has so many faxes more."""
    before = len(running.stub.calls())
    worker, valkey = running.usage().seconds, running.usage_of("valkey").seconds
    begun = time.perf_counter()
    begin()
    running.until(lambda: running.stub.calls(before + faxes - 1), within=500)
    took = time.perf_counter() - begun
    worker, valkey = running.usage().seconds - worker, running.usage_of("valkey").seconds - valkey
    return Cost(1000 * worker / faxes, 1000 * valkey / faxes, faxes / took)


def read_in(campaigns: Campaigns, name: str, faxes: int) -> None:
    """Make a checked campaign of so many rows."""
    campaigns.open(name, name=name, options={"media_name": DOCUMENT}, fingerprint=name)
    rows = [CampaignRow(row, number(300_000 + row), {}, [str(row)]) for row in range(1, faxes + 1)]
    for chunk in range((faxes + CHUNK - 1) // CHUNK):
        campaigns.add_chunk(name, chunk, rows[chunk * CHUNK : (chunk + 1) * CHUNK])
    campaigns.move(name, CampaignState.CHECKED, event="campaign.checked")


def start(campaigns: Campaigns, name: str) -> None:
    """Let it be sent."""
    campaigns.move(name, CampaignState.RUNNING, event="campaign.started")


if __name__ == "__main__":
    sys.exit(main())
