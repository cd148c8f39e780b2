"""What a fax will cost, before it is sent. Pure. The ledger settles the real cost from Telnyx's figures."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prices:
    """The deployment's prices, in its currency, for a page and for each started minute, and how long a page takes."""

    page: float
    minute: float
    page_seconds: float
    pages_guess: int
    """Pages of a fax whose number of pages is not known."""

    def of(self, pages: int | None) -> int:
        """Return the estimated cost of one attempt with this many pages, in millionths."""
        pages = pages or self.pages_guess
        minutes = math.ceil(pages * self.page_seconds / 60)
        return math.ceil(1_000_000 * (pages * self.page + minutes * self.minute))
