"""Which stored documents campaigns need, and the time until which Telnyx keeps each at least."""

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from faxdispatch.ledger.scripts import Scripts, redis_trouble

DUE = timedelta(days=3)
"""How long before a document expires its time can be extended."""
Ends = Mapping[str, datetime | None]
"""Stored documents by name, with the time until which Telnyx keeps each at least; None means forever."""

_GONE = 0
"""The value in place of an expiry: Telnyx no longer has the document."""
_FOR_EVER = int(datetime(9999, 1, 1, tzinfo=UTC).timestamp())
_PAGE = 1000


class CampaignMedia:
    """The documents in Telnyx's media storage that the rows of campaigns name; forgotten when a campaign is purged."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    @property
    def _redis(self) -> Any:
        # redis-py's types cannot say that replies are text.
        return self._scripts.redis

    def note(self, campaign_id: str, ends: Ends) -> None:
        """Remember documents."""
        if ends:
            with redis_trouble():
                self._redis.zadd(_key(campaign_id), scores(ends))

    def note_gone(self, campaign_id: str, names: Collection[str]) -> None:
        """Record that Telnyx no longer has these documents, until `note` has one again."""
        if names:
            with redis_trouble():
                self._redis.zadd(_key(campaign_id), dict.fromkeys(names, _GONE), xx=True)

    def all(self, campaign_id: str) -> Iterator[tuple[str, datetime | None]]:
        """Yield all documents of a campaign as `Ends`, the one that expires first at the beginning."""
        first = 0
        while True:
            with redis_trouble():
                page = self._redis.zrange(_key(campaign_id), first, first + _PAGE - 1, withscores=True)
            for name, end in page:
                yield name, None if end >= _FOR_EVER else datetime.fromtimestamp(end, UTC)
            first += _PAGE
            if len(page) < _PAGE:
                return

    def ending(self, campaign_id: str, before: datetime, *, limit: int) -> list[str]:
        """Return the documents that may expire before a moment and are not gone."""
        with redis_trouble():
            found: list[str] = self._redis.zrangebyscore(
                _key(campaign_id), f"({_GONE}", int(before.timestamp()), start=0, num=limit
            )
        return found

    def gone(self, campaign_id: str) -> int:
        """Return how many of the documents Telnyx no longer has."""
        with redis_trouble():
            return int(self._redis.zcount(_key(campaign_id), _GONE, _GONE))


def scores(ends: Ends) -> dict[str, int]:
    """Return documents from their sorted set."""
    return {name: _FOR_EVER if end is None else int(end.timestamp()) for name, end in ends.items()}


def _key(campaign_id: str) -> str:
    return f"fax:campaign:{campaign_id}:media"
