"""Campaigns: one document, or one each, to a list of recipients.

`FaxClient.campaigns` is a `CampaignService`, `FaxClient.suppressions` a `SuppressionList`; what they give and take:
"""

from faxdispatch.campaign.importing import Imported, Reading
from faxdispatch.campaign.service import CampaignService, Retried
from faxdispatch.campaign.suppression import SuppressionImport, SuppressionList
from faxdispatch.campaign.trial import Trial
from faxdispatch.ledger import Audit, Campaign, RowResult, Suppression
from faxdispatch.states import CampaignState

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
