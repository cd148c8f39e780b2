"""Campaigns: one document, or one each, to a list of recipients.

`FaxClient.campaigns` is a `CampaignService`, `FaxClient.suppressions` a `SuppressionList`; what they give and take is
here. As with the package itself, what takes time to load is loaded when it is first used: a worker needs none of it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from faxdispatch.ledger import Audit, Campaign, RowResult, Suppression
from faxdispatch.states import CampaignState

_PLACES = {
    "Imported": "importing",
    "Reading": "importing",
    "CampaignService": "service",
    "Retried": "service",
    "SuppressionImport": "suppression",
    "SuppressionList": "suppression",
    "Trial": "trial",
}
"""Modules that take time to load, by the names of theirs that are public."""

if TYPE_CHECKING:
    from faxdispatch.campaign.importing import Imported, Reading
    from faxdispatch.campaign.service import CampaignService, Retried
    from faxdispatch.campaign.suppression import SuppressionImport, SuppressionList
    from faxdispatch.campaign.trial import Trial
else:

    def __getattr__(name: str) -> Any:
        """Load a public name when it is first used (PEP 562)."""
        if name not in _PLACES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = found = getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
        return found


__all__ = [
    "Audit",
    "Campaign",
    "CampaignService",
    "CampaignState",
    "Imported",
    "Reading",
    "Retried",
    "RowResult",
    "Suppression",
    "SuppressionImport",
    "SuppressionList",
    "Trial",
]
