"""A seeded random walk: each step is drawn from all that are possible."""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


class SeededWalk:
    """Draws random numbers from one seed, so that a failure can be repeated."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = random.Random(seed)
        self.steps: list[str] = []
        # In one walk webhooks are slow, in another workers, in a third the clock races.
        self._tempers: defaultdict[str, float] = defaultdict(lambda: self.one([0.2, 1, 1, 5]))

    def one(self, choices: Sequence[T]) -> T:
        return self.random.choice(choices)

    def take(self, things: list[T]) -> T:
        return things.pop(self.random.randrange(len(things)))

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def go(self, possible: Iterable[tuple[float, Callable[[], None]]]) -> None:
        """Do one of these steps, the likelier the greater its weight; one of weight 0 cannot happen now."""
        weighed = [(weight * self._tempers[step.__name__], step) for weight, step in possible]
        [step] = self.random.choices([step for _, step in weighed], [weight for weight, _ in weighed])
        self.steps.append(step.__name__)
        step()

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Add to a failure the seed and the steps that led to it."""
        try:
            yield
        except AssertionError as error:
            raise AssertionError(f"seed {self.seed}: {error}\nsteps: {' '.join(self.steps)}") from error
