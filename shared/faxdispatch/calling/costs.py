"""What a fax will cost, before it is sent. Pure. What it did cost is settled by the ledger from Telnyx's figures."""

import math

from faxdispatch.jobs import SendFax
from faxdispatch.settings import Settings


def estimate(request: SendFax, settings: Settings) -> int:
    """Give the estimated cost of one attempt, in millionths of the currency of the settings.

    Pages are the job's, or `FAX_PAGES_GUESS`.
    """
    return cost_of(request.pages or settings.fax_pages_guess, settings)


def cost_of(pages: int, settings: Settings) -> int:
    """Give the estimated cost of one attempt with so many pages, in millionths; minutes are begun ones."""
    minutes = math.ceil(pages * settings.fax_page_seconds / 60)
    return math.ceil(1_000_000 * (pages * settings.fax_price_page + minutes * settings.fax_price_minute))
