"""Campaigns: one document, or one each, to a list of recipients.

`FaxClient.campaigns` is a `CampaignService`, `FaxClient.suppressions` a `SuppressionList`; their arguments and results
are here. As in the package itself, modules that take time to load are loaded when first used: a worker needs none of
them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from faxdispatch.ledger import Audit, Campaign, RowResult, Suppression
from faxdispatch.lists.reading import Reading
from faxdispatch.states import CampaignState

_PLACES = {
    "Imported": "importing",
    "CampaignService": "service",
    "Retried": "moving",
    "SuppressionImport": "suppression",
    "SuppressionList": "suppression",
    "Trial": "trial",
}
"""Modules that take time to load, with their public names."""

if TYPE_CHECKING:
    from faxdispatch.campaign.importing import Imported
    from faxdispatch.campaign.moving import Retried
    from faxdispatch.campaign.service import CampaignService
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
