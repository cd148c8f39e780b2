"""The processor time that a fax costs, by measuring worker and Valkey from the first to the last of many."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from bench.installation import DOCUMENT, Installation, number
from faxdispatch.ledger import CHUNK, CampaignRow, Campaigns
from faxdispatch.states import CampaignState


@dataclass(frozen=True)
class Cost:
    """Processor time of one fax, in milliseconds, and how many faxes were sent a second."""

    worker: float
    valkey: float
    pace: float

    @property
    def total(self) -> float:
        """Worker and Valkey together."""
        return self.worker + self.valkey


def measure(running: Installation, faxes: int, begin: Callable[[], object]) -> Cost:
    """Start, and measure until the stub has this many more faxes."""
    before = len(running.stub.calls())
    worker, valkey = running.usage().seconds, running.usage_of("valkey").seconds
    begun = time.perf_counter()
    begin()
    running.until(lambda: running.stub.calls(before + faxes - 1), within=500)
    took = time.perf_counter() - begun
    worker, valkey = running.usage().seconds - worker, running.usage_of("valkey").seconds - valkey
    return Cost(1000 * worker / faxes, 1000 * valkey / faxes, faxes / took)


def read_in(campaigns: Campaigns, name: str, faxes: int) -> None:
    """Make a checked campaign with this many rows."""
    campaigns.open(name, name=name, options={"media_name": DOCUMENT}, fingerprint=name)
    rows = [CampaignRow(row, number(300_000 + row), {}, [str(row)]) for row in range(1, faxes + 1)]
    for chunk in range((faxes + CHUNK - 1) // CHUNK):
        campaigns.add_chunk(name, chunk, rows[chunk * CHUNK : (chunk + 1) * CHUNK])
    campaigns.move(name, CampaignState.CHECKED, event="campaign.checked")


def start(campaigns: Campaigns, name: str) -> None:
    """Start it."""
    campaigns.move(name, CampaignState.RUNNING, event="campaign.started")
