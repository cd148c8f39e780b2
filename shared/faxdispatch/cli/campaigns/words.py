"""How the commands of campaigns speak of one: as JSON for programs, in a line for people."""

from typing import Annotated, Any

import typer

from faxdispatch.campaign import Campaign, CampaignService
from faxdispatch.campaign.causes import pause_in_words
from faxdispatch.cli.output import Answer
from faxdispatch.client import FaxClient
from faxdispatch.text.wording import clock

Id = Annotated[str, typer.Argument(metavar="ID", help="Id of the campaign.", show_default=False)]


def as_data(campaign: Campaign) -> dict[str, Any]:
    """Return a campaign as JSON; the counts of its rows add up to `rows`."""
    return {
        "id": campaign.id,
        "name": campaign.name,
        "state": campaign.state,
        "reason": campaign.reason,
        "generation": campaign.generation,
        "rows": campaign.rows,
        "pending": campaign.pending,
        "open": {state.value: count for state, count in campaign.open.items()},
        "delivered": campaign.delivered,
        "failed": campaign.failed,
        "suppressed": campaign.suppressed,
        "cancelled": campaign.cancelled,
        "also_in_flight": campaign.also_in_flight,
        "cap": campaign.cap,
        "spent": campaign.spent,
        "list": campaign.counts,
        "options": campaign.options,
        "created_at": campaign.created_at.isoformat(),
        "changed_at": campaign.changed_at.isoformat(),
        "start_at": campaign.start_at.isoformat() if campaign.start_at else None,
        "started_at": campaign.started_at.isoformat() if campaign.started_at else None,
    }


def standing(campaign: Campaign) -> str:
    """Say in a line how a campaign stands, and why."""
    words = str(campaign.state)
    if campaign.start_at:
        words += f", starts at {clock(campaign.start_at)}"
    if campaign.reason:
        words += f" ({pause_in_words(campaign.reason)})"
    return words


def told(campaign: Campaign, *notes: str, **more: Any) -> Answer:
    """Return how a campaign stands after a command."""
    return Answer(as_data(campaign) | more, f"campaign {campaign.id}: {standing(campaign)}", notes=notes, full=False)


def campaigns() -> CampaignService:
    """Return the campaigns of this environment."""
    return FaxClient.from_env().campaigns
