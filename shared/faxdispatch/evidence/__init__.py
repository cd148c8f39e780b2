"""Evidence of which faxes were sent, why they were allowed and what the results were: a ZIP file with signed hashes."""

from faxdispatch.evidence.campaign import campaign_pack
from faxdispatch.evidence.faxes import faxes_pack
from faxdispatch.evidence.pack import Packed, Verified, verify

__all__ = ["Packed", "Verified", "campaign_pack", "faxes_pack", "verify"]
