"""History that can be searched: every fax that is known, open or ended, single or a row of a campaign.

`Wanted` is what is looked for, `Search` looks, and `Found` is what is known of one fax.
"""

from faxdispatch.search.events import events_of_row
from faxdispatch.search.finder import Page, Search
from faxdispatch.search.found import Found
from faxdispatch.search.wanted import STATES, Wanted

__all__ = ["STATES", "Found", "Page", "Search", "Wanted", "events_of_row"]
