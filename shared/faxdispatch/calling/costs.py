"""What a fax will cost, before it is sent. Pure. What it did cost is settled by the ledger from Telnyx's figures."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Prices:
    """What the deployment says about prices, in its currency: a page, a begun minute, and how long a page takes."""

    page: float
    minute: float
    page_seconds: float
    pages_guess: int
    """Pages of a fax of which they are not known."""

    def of(self, pages: int | None) -> int:
        """Return the estimated cost of one attempt with so many pages, in millionths."""
        pages = pages or self.pages_guess
        minutes = math.ceil(pages * self.page_seconds / 60)
        return math.ceil(1_000_000 * (pages * self.page + minutes * self.minute))
