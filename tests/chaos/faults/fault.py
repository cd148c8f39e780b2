"""A fault: its name, what it simulates, how it is injected and how it is repaired."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos.world import World


class NotNow(Exception):
    """It cannot be injected just now."""


Inject = Callable[[World, random.Random], None]
Heal = Callable[[World], None]


def nothing(_: World) -> None:
    """Do nothing, for a fault that the supervisor or time heals."""


@dataclass(frozen=True)
class Fault:
    """One entry of the table of faults.

    `lasts` is the shortest and the longest time, in seconds, between injection and healing. Its maximum follows from
    the promises on which the project relies, see `tests/chaos/world.py`.
    """

    name: str
    story: str
    inject: Inject
    heal: Heal = nothing
    lasts: tuple[float, float] = (0.2, 0.5)
