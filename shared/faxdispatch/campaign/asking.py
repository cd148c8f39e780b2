"""The lists that stop faxes, asked about many numbers at once."""

from typing import Any

from faxdispatch.ledger import Scripts
from faxdispatch.ledger.scripts import redis_trouble
from faxdispatch.lists.checking import Asked


def quarantined_in(scripts: Scripts) -> Asked:
    """Return a function that returns which of some numbers are in quarantine now.

    It raises Unavailable if Redis does not answer.
    """

    def quarantined(numbers: list[str]) -> set[str]:
        # redis-py's types cannot say that replies are text.
        redis: Any = scripts.redis
        now = scripts.clock()
        with redis_trouble():
            # A list of recipients asks this a thousand times, and mostly no number is in quarantine.
            if not redis.exists("fax:quarantined"):
                return set()
            found = redis.zmscore("fax:quarantined", numbers)
        return {number for number, till in zip(numbers, found, strict=True) if till and till > now}

    return quarantined
