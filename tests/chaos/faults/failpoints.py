"""Workers are killed at one named step of an attempt: one fault for each step."""

import random
import signal
from functools import partial

from tests.chaos.faults.fault import Fault
from tests.chaos.killing import POINTS, VARIABLE
from tests.chaos.world import World


def _inject(point: str, world: World, dice: random.Random) -> None:
    # A worker reads where to die when it starts: it is ended, and the supervisor starts it with the point.
    name = dice.choice(world.workers)
    world.environments[name][VARIABLE] = point
    world.send(name, signal.SIGKILL)


def _heal(world: World) -> None:
    for name in world.workers:
        if world.environments[name].pop(VARIABLE, None):
            world.send(name, signal.SIGKILL)


FAILPOINTS = [
    Fault(f"dies-{point}", f"a worker dies at the boundary `{point}`", partial(_inject, point), _heal, (4, 8))
    for point in POINTS
]
