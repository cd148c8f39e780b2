"""Decides from a seed which fault is injected when, and logs it."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from redis.exceptions import RedisError

from tests.chaos.faults import FAULTS, Fault, NotNow
from tests.chaos.world import World

_AT_ONCE = 3
_PAUSE = (0.4, 1.6)


@dataclass
class Injection:
    """One injected fault, as it is logged. Times are in seconds since the start."""

    fault: str
    at: float
    healed_at: float | None = None


@dataclass
class _Active:
    fault: Fault
    injection: Injection
    until: float


class Director:
    """Injects `quota` faults of the given names, up to three at once."""

    def __init__(self, world: World, names: list[str], *, seed: int, quota: int) -> None:
        self._world = world
        self._names = names
        self._quota = quota
        self._dice = random.Random(f"director {seed}")
        self._begun = time.monotonic()
        self._active: list[_Active] = []
        self._next = self._begun + 1
        self.log: list[Injection] = []

    @property
    def over(self) -> bool:
        """Return whether all faults were injected and have healed."""
        return len(self.log) >= self._quota and not self._active and self._world.restoring.idle

    @property
    def seconds(self) -> float:
        """Time since the start."""
        return time.monotonic() - self._begun

    def share(self, of: int) -> int:
        """Return the part of a number that is due by now: the load is spread over the injections."""
        return of if self._quota == 0 else round(of * min(1.0, (len(self.log) + 1) / (self._quota + 1)))

    def turn(self) -> None:
        """Heal and inject what is due."""
        self._world.restoring.turn()
        now = time.monotonic()
        for active in [a for a in self._active if a.until <= now]:
            self._heal(active)
        if now >= self._next and len(self.log) < self._quota and len(self._active) < _AT_ONCE:
            self._inject(now)

    def heal_all(self) -> None:
        """Heal what is active still."""
        for active in list(self._active):
            self._heal(active)

    def _inject(self, now: float) -> None:
        # One fault is not injected twice at once: the first healing would end both.
        idle = [name for name in self._names if name not in {a.fault.name for a in self._active}]
        self._next = now + self._dice.uniform(*_PAUSE)
        if not idle:
            return
        fault = FAULTS[self._dice.choice(idle)]
        injection = Injection(fault.name, round(self.seconds, 2))
        lasts = self._dice.uniform(*fault.lasts)
        # Injections have their own random numbers, since the count that they draw depends on the state that they find.
        dice = random.Random(self._dice.random())
        if _tried(lambda: fault.inject(self._world, dice)):
            self.log.append(injection)
            self._active.append(_Active(fault, injection, now + lasts))

    def _heal(self, active: _Active) -> None:
        active.fault.heal(self._world)
        active.injection.healed_at = round(self.seconds, 2)
        self._active.remove(active)


def _tried(act: Callable[[], None]) -> bool:
    """Return whether it was injected.

    Some faults are not always possible, and none that needs Valkey is while Valkey is down.
    """
    try:
        act()
    except (RedisError, NotNow):
        return False
    return True
