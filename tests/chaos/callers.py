"""Simulated callers that send us faxes while faults are injected."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.flow.harness import SENDER, Simulator

SHARE = 4
"""One inbound fax for this many orders."""
_FAILED, _PARTIAL, _TIFF = 0.1, 0.1, 0.2


@dataclass(frozen=True)
class Call:
    """One inbound fax, as it is requested from the simulator."""

    options: dict[str, Any]


def calls(count: int, seed: int) -> list[Call]:
    """Return the calls of a run."""
    dice = random.Random(f"calls {seed}")
    return [_call(number, dice) for number in range(count)]


def _call(number: int, dice: random.Random) -> Call:
    options: dict[str, Any] = {"from": f"+1415{2_000_000 + number}", "to": SENDER, "pages": dice.randint(1, 5)}
    if dice.random() < _FAILED:
        return Call({**options, "failure_reason": "sender_call_dropped"})
    if dice.random() < _PARTIAL:
        options["partial_content"] = True
    if dice.random() < _TIFF:
        options["kind"] = "tiff"
    return Call(options)


class Callers(threading.Thread):
    """Makes the calls, each at once when `allowed` says so."""

    def __init__(self, sim: Simulator, planned: list[Call], allowed: Callable[[], int]) -> None:
        super().__init__(daemon=True)
        self._sim, self._planned, self._allowed = sim, planned, allowed
        self.stopped = False

    def run(self) -> None:
        """Make them."""
        made = 0
        while made < len(self._planned) and not self.stopped:
            if made < min(len(self._planned), self._allowed()):
                self._sim.control.post("/inbound", json=self._planned[made].options).raise_for_status()
                made += 1
            else:
                time.sleep(0.02)
