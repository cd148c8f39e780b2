"""How much a search may read before it gives back what it has found so far."""


class Spent(Exception):
    """The search has read what it may."""


class Effort:
    """What may be read: so many blocks of a thousand records or rows; any number where `blocks` is None."""

    def __init__(self, blocks: int | None) -> None:
        # A search that goes on reads the block of the next single fax before the rows that come first: with two
        # blocks, each page gets further.
        self._left = None if blocks is None else max(2, blocks)

    def spend(self, blocks: int = 1) -> None:
        """Count some blocks; of the last ones that are left, more may be read at once.

        Raises:
            Spent: there is none left.
        """
        if self._left is None:
            return
        if self._left <= 0:
            raise Spent
        self._left -= blocks
