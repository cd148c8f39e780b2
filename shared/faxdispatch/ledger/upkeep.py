"""Removing expired data that Redis does not remove by itself."""

from faxdispatch.events import STREAM
from faxdispatch.ledger.index import Index
from faxdispatch.ledger.scripts import Scripts, redis_trouble


class Upkeep:
    """The upkeep of one Redis. Several processes may do everything at once, and more than once."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._index = Index(scripts)

    def run(self) -> None:
        """Remove jobs from the index, and events from the stream, that are older than the retention.

        Raises:
            Unavailable: Redis did not answer; the rest is removed the next time.
        """
        self._index.sweep()
        with redis_trouble():
            self._scripts.redis.xtrim(STREAM, minid=self._scripts.oldest_kept(), approximate=True)
