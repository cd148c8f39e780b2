"""An older copy replaces the ledger, and is recovered from Telnyx's listing."""

import random

from tests.chaos.faults.fault import Fault, NotNow
from tests.chaos.world import World


def _copy(world: World, _: random.Random) -> None:
    if not world.restoring.copy():
        raise NotNow


def _use(world: World) -> None:
    world.restoring.use()


RESTORE = [
    Fault("restored", "Valkey starts with a copy of some seconds before, which is recovered", _copy, _use, (6, 14)),
]
