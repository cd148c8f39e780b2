"""Searching the history: every known fax, open or ended, single or a row of a campaign.

`Wanted` says what to look for, `Search` looks, and `Found` has the facts about one fax.
"""

from faxdispatch.search.events import events_of_row
from faxdispatch.search.finder import Page, Search
from faxdispatch.search.found import Found
from faxdispatch.search.wanted import STATES, Wanted

__all__ = ["STATES", "Found", "Page", "Search", "Wanted", "events_of_row"]
