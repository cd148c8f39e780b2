"""Statistics of faxes: why they fail, how long they take, and how long they wait for the limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate

from faxdispatch.ledger.scripts import Scripts, redis_trouble
from faxdispatch.states import HoldReason

BOUNDS = (30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400)
"""Bounds for counting deliveries, in seconds from recording; `lua/shared/ends.lua` has the same."""
LIMITS = (HoldReason.NO_CHANNEL, HoldReason.RATE, HoldReason.DESTINATION_BUSY)
"""Limits for which faxes wait in turn."""


@dataclass(frozen=True, slots=True)
class Measures:
    """What was counted since the ledger began to count."""

    failed: Mapping[str, int]
    """Jobs that failed, by cause."""
    cancelled: int
    delivered: int
    delivered_within: tuple[int, ...]
    """How many deliveries took at most as long as each of `BOUNDS`, and longer than the bound before it."""
    waits: Mapping[HoldReason, float]
    """The longest wait of a fax for each of `LIMITS`, in seconds."""


def read_measures(scripts: Scripts) -> Measures:
    """Read them, at a cost that does not grow with the jobs. Raises `Unavailable` if Redis did not answer."""
    now = scripts.clock()
    with redis_trouble(), scripts.redis.pipeline(transaction=False) as pipe:
        pipe.hgetall("fax:ended")
        for limit in LIMITS:
            pipe.zrange(f"fax:held:{limit}", 0, 0, withscores=True)
        ended, *first = pipe.execute()
    within = [int(ended.get(f"delivered:{bound}", 0)) for bound in BOUNDS]
    return Measures(
        failed={
            cause: int(count)
            for state, _, cause in (field.partition(":") for field in ended)
            if state == "failed" and (count := ended[f"failed:{cause}"])
        },
        cancelled=int(ended.get("cancelled", 0)),
        delivered=sum(within) + int(ended.get("delivered:more", 0)),
        delivered_within=tuple(accumulate(within)),
        waits={
            limit: max(0.0, (now - found[0][1]) / 1000) if found else 0.0
            for limit, found in zip(LIMITS, first, strict=True)
        },
    )
