"""Kills the process, as `kill -9` would, at a named step of an attempt. For chaos tests only."""

import os
import random
import signal
from collections.abc import Callable

from faxdispatch.errors import Misconfigured

POINTS = ("prepared", "admitted", "paced", "claimed", "durable", "leaving", "answered", "recorded")
"""The steps, in the order in which an attempt passes them.

`leaving` is the moment before the call, `answered` the moment after its answer was read.
"""


def failpoints(settings: tuple[str, ...]) -> Callable[[str], None]:
    """Return the function that an attempt calls at each step.

    `settings` are words such as `claimed=0.02`: die there in two of a hundred cases.

    Raises:
        Misconfigured: a point is unknown, or a probability invalid.
    """
    chances = dict(_chance(word) for word in settings)

    def reached(point: str) -> None:
        if random.random() < chances.get(point, 0):  # noqa: S311 - chance, not secrecy
            os.kill(os.getpid(), signal.SIGKILL)

    return reached


def _chance(word: str) -> tuple[str, float]:
    point, _, probability = word.partition("=")
    try:
        chance = float(probability or "1")
    except ValueError:
        chance = -1.0
    if point not in POINTS or not 0 <= chance <= 1:
        raise Misconfigured(
            f"FAX_DANGEROUS_FAILPOINTS: {word!r} is not point=probability with one of {', '.join(POINTS)}"
        )
    return point, chance
