"""Letting go of what is kept no longer and does not expire by itself."""

from faxdispatch.events import STREAM
from faxdispatch.ledger.index import Index
from faxdispatch.ledger.scripts import Scripts, redis_trouble


class Upkeep:
    """The upkeep of one Redis. Everything may be done twice, by several at once."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._index = Index(scripts)

    def run(self) -> None:
        """Take out of the index the jobs, and out of the stream the events, that are older than the retention.

        Raises:
            Unavailable: Redis did not answer; what is left goes the next time.
        """
        self._index.sweep()
        with redis_trouble():
            self._scripts.redis.xtrim(STREAM, minid=self._scripts.oldest_kept(), approximate=True)
