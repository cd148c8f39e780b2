"""What a fax will cost, before it is sent. Pure. What it did cost is settled by the ledger from Telnyx's figures."""

import math

from faxdispatch.jobs import SendFax
from faxdispatch.settings import Settings


def estimate(request: SendFax, settings: Settings) -> int:
    """Give the estimated cost of one attempt, in millionths of the currency of the settings.

    Pages are the job's, or `FAX_PAGES_GUESS`; minutes are begun ones.
    """
    pages = request.pages or settings.fax_pages_guess
    minutes = math.ceil(pages * settings.fax_page_seconds / 60)
    return math.ceil(1_000_000 * (pages * settings.fax_price_page + minutes * settings.fax_price_minute))
