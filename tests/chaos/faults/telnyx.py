"""Telnyx misbehaves: switches of the simulator."""

import random
from typing import Any

from tests.chaos.faults.fault import Fault
from tests.chaos.world import SETTLE, World


def switched(name: str, story: str, *, lasts: tuple[float, float] = (1, 4), off: Any = 0, **on: Any) -> Fault:
    """Return a fault that sets switches of the simulator and sets them to `off` in the end."""

    def inject(world: World, _: random.Random) -> None:
        world.sim.faults(**on)

    def heal(world: World) -> None:
        world.sim.faults(**dict.fromkeys(on, off))

    return Fault(name, story, inject, heal, lasts)


# What a listing may hide is part of Telnyx's promise: a fax is listed within the settle time. Both faults that hide
# one stay below half of that.
_HIDDEN = SETTLE / 2

TELNYX = [
    switched("500-before", "half of the sends are answered 500, no fax is made", error_500_before=0.5),
    switched("500-after", "half of the sends are answered 500, the fax is made", error_500_after=0.5),
    switched("502-after", "half of the sends are answered by a proxy with 502, the fax is made", html_502_after=0.5),
    switched("502", "half of all calls are answered 502 by a proxy", html_502=0.5),
    switched("drop-before", "half of the sends lose their connection, no fax is made", drop_before=0.5),
    switched("drop-after", "half of the sends lose their connection, the fax is made", drop_after=0.5),
    switched("timeout-before", "half of the sends are never answered, no fax is made", timeout_before=0.5),
    switched("timeout-after", "half of the sends are never answered, the fax is made", timeout_after=0.5),
    switched("no-id", "half of the sends are answered 202 without an id", no_id=0.5),
    switched("429", "all calls are answered 429", rate_429=1, lasts=(0.5, 2)),
    switched("401", "half of all calls are answered 401", unauthorized=0.5, lasts=(0.5, 2)),
    switched("403", "half of the sends are refused for want of funds", insufficient_funds=0.5, lasts=(0.5, 2)),
    switched("slow", "answers take up to longer than we wait", latency_ms=[50, 2000]),
    switched("list-error", "listings fail", list_error=1, lasts=(2, 6)),
    switched("list-slow", "listings take up to longer than we wait", list_slow_ms=[200, 2000], lasts=(2, 6)),
    switched("list-lag", "listings show a fax late", list_lag_ms=_HIDDEN * 1000, lasts=(4, 8)),
    switched("list-empty", "listings are empty for a while", list_empty=1, lasts=(0.3, _HIDDEN)),
]
