"""The producers' orders: a seeded mix of plain faxes, retries, failures, shared lines, double clicks and cancels."""

import random
from dataclasses import dataclass, field

from faxdispatch import State

DELIVERED = frozenset({State.DELIVERED})
FAILED = frozenset({State.FAILED})

# Scenario of the simulator's magic numbers → how many of a hundred orders, and the only correct end.
_SCENARIOS: dict[int, tuple[int, frozenset[State]]] = {
    1: (2, DELIVERED),  # slowly
    2: (3, DELIVERED),  # busy once
    3: (2, DELIVERED),  # no answer twice
    8: (3, DELIVERED),  # the last webhook is never sent
    32: (2, FAILED),  # the number is wrong
    29: (1, FAILED),  # the document is wrong
    50: (2, DELIVERED),  # no channel once
    52: (2, DELIVERED),  # dropped once
    54: (1, DELIVERED),  # line trouble three times
}
AREAS = [area for area in range(200, 1000) if area % 100 != 11 and area != 900]
"""Area codes; 900 costs extra, and what ends in 11 is a service code: faxes are sent to neither."""
_SHARED_LINES, _SHARE_OF_SHARED = 20, 0.06
_PLAIN_MESSAGES, _DOUBLE_CLICKS, _CANCELS = 0.15, 0.08, 0.05


@dataclass
class Order:
    """One fax that a producer orders, and the answer to it."""

    key: str
    to: str
    ends: frozenset[State]
    plain: bool
    """Sent as a bare Celery message, as by a service without our package."""
    clicks: int
    """How often it is ordered with the same idempotency key."""
    cancel_after: float | None
    job_ids: set[str] = field(default_factory=set)
    """The ids that the producer got; more than one would be two faxes for one order."""
    cancelled: bool = False
    refused: str | None = None
    """Why it was not accepted."""
    given: float | None = None
    """When it was answered, in seconds of the clock that all share."""


def orders(count: int, seed: int) -> list[Order]:
    """Return the orders of a run."""
    dice = random.Random(f"orders {seed}")
    return [_order(number, seed, dice) for number in range(count)]


def _order(number: int, seed: int, dice: random.Random) -> Order:
    to, ends = _recipient(number, dice)
    plain = dice.random() < _PLAIN_MESSAGES
    return Order(
        key=f"chaos-{seed}-{number}",
        to=to,
        ends=ends,
        plain=plain,
        clicks=2 if dice.random() < _DOUBLE_CLICKS else 1,
        cancel_after=dice.choice([0, 0.1, 0.5, 1.5]) if not plain and dice.random() < _CANCELS else None,
    )


def _recipient(number: int, dice: random.Random) -> tuple[str, frozenset[State]]:
    area = AREAS[number % len(AREAS)]
    drawn = dice.randrange(100)
    for scenario, (share, ends) in _SCENARIOS.items():
        drawn -= share
        if drawn < 0:
            return f"+1{area}55501{scenario:02}", ends
    if dice.random() < _SHARE_OF_SHARED:
        return f"+1212666{dice.randrange(_SHARED_LINES):04}", DELIVERED
    return f"+1{area}7{number:06}", DELIVERED
