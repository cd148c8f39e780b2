"""The estimated cost of a fax, before it is sent. Pure. The ledger settles the real cost from Telnyx's figures."""

import math
from dataclasses import dataclass

PAGE_SECONDS = 45
"""Seconds that a page takes."""
PAGES_GUESS = 3
"""Pages of a fax if neither the job nor its document says how many. What it did cost replaces the estimate."""


@dataclass(frozen=True, slots=True)
class Prices:
    """The deployment's prices, in its currency, for a page and for each started minute."""

    page: float
    minute: float

    def of(self, pages: int | None) -> int:
        """Return the estimated cost of one attempt with this many pages, in millionths."""
        pages = pages or PAGES_GUESS
        minutes = math.ceil(pages * PAGE_SECONDS / 60)
        return math.ceil(1_000_000 * (pages * self.page + minutes * self.minute))
