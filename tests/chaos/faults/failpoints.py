"""Workers that die, as by kill -9, at one named boundary of an attempt: one fault for each boundary."""

import random
import signal
from functools import partial

from tests.chaos.faults.fault import Fault
from tests.chaos.world import World
from worker.failpoints import POINTS

_CHANCE = 0.1


def _inject(point: str, world: World, dice: random.Random) -> None:
    # A worker reads its failpoints when it starts: it is ended, and the supervisor starts it with them.
    name = dice.choice(world.workers)
    world.environments[name]["FAX_DANGEROUS_FAILPOINTS"] = f"{point}={_CHANCE}"
    world.send(name, signal.SIGKILL)


def _heal(world: World) -> None:
    for name in world.workers:
        if world.environments[name].pop("FAX_DANGEROUS_FAILPOINTS", None):
            world.send(name, signal.SIGKILL)


FAILPOINTS = [
    Fault(f"dies-{point}", f"a worker dies at the boundary `{point}`", partial(_inject, point), _heal, (4, 8))
    for point in POINTS
]
