"""The lists that stop faxes, asked about many numbers at once."""

from typing import Any

from faxdispatch.ledger import Scripts, Suppressions
from faxdispatch.ledger.scripts import redis_trouble
from faxdispatch.lists.checking import Stopped
from faxdispatch.lists.rows import Why


def stopped_in(scripts: Scripts) -> Stopped:
    """Return a function that returns which of some numbers are suppressed or in quarantine now.

    It raises Unavailable if Redis does not answer.
    """

    def stopped(numbers: list[str]) -> dict[str, Why]:
        found = dict.fromkeys(_quarantined(scripts, numbers), Why.QUARANTINED)
        return found | dict.fromkeys(Suppressions(scripts).among(numbers), Why.SUPPRESSED)

    return stopped


def _quarantined(scripts: Scripts, numbers: list[str]) -> list[str]:
    # redis-py's types cannot say that replies are text.
    redis: Any = scripts.redis
    now = scripts.clock()
    with redis_trouble():
        # This is asked a thousand times for a list of recipients, and usually no number is in quarantine.
        if not redis.exists("fax:quarantined"):
            return []
        found = redis.zmscore("fax:quarantined", numbers)
    return [number for number, till in zip(numbers, found, strict=True) if till and till > now]
