"""Where chaos kills workers: named steps of an attempt, of which a worker gets one by its environment."""

import os
import random
import signal
from collections.abc import Callable

POINTS = ("prepared", "admitted", "paced", "claimed", "durable", "leaving", "answered", "recorded")
"""The steps, in the order in which an attempt passes them.

`leaving` is the moment before the call, `answered` the moment after its answer was read.
"""
VARIABLE = "CHAOS_DIES_AT"
"""The environment variable with a worker's step."""
CHANCE = 0.1


def killer(point: str | None) -> Callable[[str], None]:
    """Return what a worker calls at each step: at `point` it dies in one of ten cases, as by `kill -9`."""

    def reached(step: str) -> None:
        if step == point and random.random() < CHANCE:
            os.kill(os.getpid(), signal.SIGKILL)

    return reached
