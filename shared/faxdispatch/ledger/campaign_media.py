"""Which stored documents campaigns need, and until when Telnyx keeps each at least."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from faxdispatch.ledger.scripts import Scripts, redis_trouble

DUE = timedelta(days=3)
"""Before a document's end, the time from which more time is to be had for it."""
_PAGE = 1000


class CampaignMedia:
    """The documents in Telnyx's media storage that the rows of campaigns name; forgotten when a campaign is purged."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    @property
    def _redis(self) -> Any:
        # redis-py's types cannot say that replies are text.
        return self._scripts.redis

    def note(self, campaign_id: str, ends: Mapping[str, datetime]) -> None:
        """Remember documents by their names, each with the moment until which it is there at least."""
        if ends:
            with redis_trouble():
                self._redis.zadd(_key(campaign_id), {name: int(end.timestamp()) for name, end in ends.items()})

    def all(self, campaign_id: str) -> Iterator[tuple[str, datetime]]:
        """Give all of a campaign, the one that ends first, first."""
        first = 0
        while True:
            with redis_trouble():
                page = self._redis.zrange(_key(campaign_id), first, first + _PAGE - 1, withscores=True)
            yield from ((name, datetime.fromtimestamp(end, UTC)) for name, end in page)
            first += _PAGE
            if len(page) < _PAGE:
                return

    def ending(self, campaign_id: str, before: datetime, *, limit: int) -> list[str]:
        """Give those that may end before a moment."""
        with redis_trouble():
            found: list[str] = self._redis.zrangebyscore(
                _key(campaign_id), "-inf", int(before.timestamp()), start=0, num=limit
            )
        return found


def _key(campaign_id: str) -> str:
    return f"fax:campaign:{campaign_id}:media"
