"""Limits how much a search reads before it returns its results so far."""


class Spent(Exception):
    """The search has read as much as it may."""


class Effort:
    """The number of blocks, of a thousand records or rows each, that may be read; no limit if `blocks` is None."""

    def __init__(self, blocks: int | None) -> None:
        # A continued search reads the block of the next single fax before the rows that come first, so with two blocks
        # each page advances.
        self._left = None if blocks is None else max(2, blocks)

    def spend(self, blocks: int = 1) -> None:
        """Count some blocks; if fewer are left, more may be read at once.

        Raises:
            Spent: no block is left.
        """
        if self._left is None:
            return
        if self._left <= 0:
            raise Spent
        self._left -= blocks
