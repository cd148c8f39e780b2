"""How the commands show a campaign: as JSON for programs, in a line for people."""

from typing import Annotated, Any

from faxdispatch.campaign import Campaign, CampaignService
from faxdispatch.campaign.causes import pause_in_words
from faxdispatch.cli.options import argument
from faxdispatch.cli.output import Answer
from faxdispatch.client import FaxClient
from faxdispatch.text.wording import clock

Id = Annotated[str, argument("Id of the campaign.", metavar="ID")]


def standing(campaign: Campaign) -> str:
    """Say in one line the state of a campaign, and why."""
    words = str(campaign.state)
    if campaign.start_at:
        words += f", starts at {clock(campaign.start_at)}"
    if campaign.reason:
        words += f" ({pause_in_words(campaign.reason)})"
    return words


def campaign_answer(campaign: Campaign, *notes: str, **more: Any) -> Answer:
    """Return the state of a campaign after a command."""
    return Answer(campaign.as_data() | more, f"campaign {campaign.id}: {standing(campaign)}", notes=notes, full=False)


def campaigns() -> CampaignService:
    """Return the campaigns of this environment."""
    return FaxClient.from_env().campaigns
