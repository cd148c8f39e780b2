"""`faxdispatch campaign status` and `list`: how campaigns stand."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from faxdispatch.campaign import Campaign, CampaignState
from faxdispatch.cli.campaigns.words import Id, Json, as_data, standing
from faxdispatch.cli.output import show, show_json
from faxdispatch.client import FaxClient
from faxdispatch.ledger import Limits, Scripts, Traffic
from faxdispatch.operations.outlook import pause_line
from faxdispatch.reasons.holds import ending
from faxdispatch.reasons.words import short
from faxdispatch.settings import Settings
from faxdispatch.states import HoldReason
from faxdispatch.wording import are, clock, counted, of_cap


def status(campaign: Id, as_json: Json = False) -> None:
    """Tell how a campaign stands: its rows by where they are, why it waits, what it cost, and why rows failed."""
    settings = Settings.load()
    desk = FaxClient.from_env(settings).campaigns
    found, holds, causes = desk.get(campaign), desk.holds(campaign), desk.ledger.causes(campaign)
    line = _connection(settings, found)
    if as_json:
        told: dict[str, Any] = {"holds": holds, "causes": causes, "a_minute": _rate(found), "connection": None}
        if line:
            told["connection"] = {
                "id": line.connection,
                "in_flight": line.in_flight,
                "channels": line.channels,
                "waiting": line.waiting,
                "paused": {"reason": line.pause.reason, "until": line.pause.until.isoformat()} if line.pause else None,
            }
        show_json(as_data(found) | told, full=False)
        return
    _show_head(found)
    _show_rows(found)
    _show_holds(holds)
    for cause, count in causes.items():
        show(f"{count:>11,}  ended for {short(cause)}")
    if line:
        _show_connection(line)


def list_(
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")] = False,
) -> None:
    """List campaigns, the newest first."""
    found = FaxClient.from_env().campaigns.list()
    for campaign in found[:limit]:
        if as_json:
            show_json(as_data(campaign), full=False)
        else:
            rows = f"{campaign.ended:,} of {counted(campaign.rows, 'row')} ended"
            show(f"{campaign.id}  {clock(campaign.created_at)}  {rows}  {standing(campaign)}")
    if not found and not as_json:
        show("there is no campaign")
    elif len(found) > limit and not as_json:
        show(f"and {len(found) - limit} more; --limit shows them")


def _show_head(campaign: Campaign) -> None:
    show(f"campaign {campaign.id} ({campaign.name}): {standing(campaign)}")
    generation = f", generation {campaign.generation}" if campaign.generation > 1 else ""
    begun = f"; ran first at {clock(campaign.started_at)}" if campaign.started_at else ""
    show(f"created {clock(campaign.created_at)}{begun}{generation}")
    if campaign.state is CampaignState.PAUSED:
        first = f"faxdispatch campaign cap {campaign.id} AMOUNT, then " if campaign.reason == "spend_cap" else ""
        show(f"{first}faxdispatch campaign resume {campaign.id} lets it go on")
    show(f"spent {of_cap(campaign.spent, campaign.cap)}")
    if left_out := campaign.counts.get("rows", campaign.rows) - campaign.rows:
        kinds = ("invalid", "no_number", "duplicate", "hidden", "opted_out", "suppressed", "quarantined")
        parts = [f"{name.replace('_', ' ')} {campaign.counts[name]:,}" for name in kinds if campaign.counts.get(name)]
        show(f"{counted(left_out, 'row')} of the list {are(left_out)} not sent: {', '.join(parts)}")


def _show_rows(campaign: Campaign) -> None:
    """Print counts of which all but the first add up to the first."""
    show(f"{campaign.rows:>11,}  rows")
    show(f"{campaign.pending:>11,}  pending")
    for state, count in campaign.open.items():
        show(f"{count:>11,}  {state}")
    for name in ("delivered", "failed", "suppressed", "cancelled"):
        show(f"{getattr(campaign, name):>11,}  {name}")
    if rate := _rate(campaign):
        show(f"{rate:>11,.1f}  rows ended a minute, since it was started")


def _show_holds(holds: dict[HoldReason, int]) -> None:
    for reason, count in holds.items():
        show(f"{count:>11,}  held for {reason}; ends by: {ending(reason)}")


def _show_connection(line: Traffic) -> None:
    show(f"connection {line.connection}: {line.in_flight} of {line.channels} channels in use, {line.waiting} waiting")
    if line.pause:
        how = f"faxdispatch resume {line.connection}"
        show(f"connection {line.connection}: {pause_line(line.pause)}; {how} ends it sooner")


def _connection(settings: Settings, campaign: Campaign) -> Traffic | None:
    """Give the connection by which a campaign is sent, None where nothing was sent on it yet."""
    name = campaign.options.get("connection_id") or settings.fax_connection_id
    lines = Limits(Scripts.from_settings(settings)).connections()
    return next((line for line in lines if line.connection == name), None)


def _rate(campaign: Campaign) -> float | None:
    """Give how many rows ended each minute on average while the first generation ran, None where that tells nothing."""
    if campaign.started_at is None or campaign.generation > 1 or not campaign.ended:
        return None
    running = campaign.state in {CampaignState.RUNNING, CampaignState.PAUSED}
    until = datetime.now(UTC) if running else campaign.changed_at
    minutes = (until - campaign.started_at).total_seconds() / 60
    return campaign.ended / minutes if minutes > 0 else None
