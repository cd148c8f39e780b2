"""`faxdispatch campaign status`, `list`, `audit` and `report`: the state of campaigns and the results of their rows."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from faxdispatch.campaign import Campaign, CampaignService, CampaignState
from faxdispatch.campaign.causes import pause_in_words
from faxdispatch.campaign.report.files import write_report
from faxdispatch.campaign.report.totals import RESULTS
from faxdispatch.cli.lists import progress
from faxdispatch.cli.options import Limit, argument, option
from faxdispatch.cli.output import Answer, Rows
from faxdispatch.client import FaxClient
from faxdispatch.ledger import Campaigns, Limits, Scripts, Traffic
from faxdispatch.operations.next_step import pause_line
from faxdispatch.operations.overview import pause_data
from faxdispatch.reasons.holds import ending
from faxdispatch.reasons.words import plain, short
from faxdispatch.settings import Settings
from faxdispatch.text.wording import are, channels_in_use, clock, counted, of_cap

Id = Annotated[str, argument("Id of the campaign.", metavar="ID")]


def standing(campaign: Campaign) -> str:
    """Return the state of a campaign and its reason in one line."""
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


def status(campaign: Id) -> Answer:
    """Show the state of a campaign.

    It shows the rows by state, why it waits, what it cost, and why rows failed.
    """
    settings = Settings.load()
    desk = FaxClient.from_env(settings).campaigns
    found, holds, causes = desk.get(campaign), desk.holds(campaign), desk.ledger.causes(campaign)
    connection = found.options.get("connection_id") or settings.connection_id
    traffic = Limits(Scripts.from_settings(settings)).connection(connection)
    data = {
        "holds": holds,
        "causes": causes,
        "causes_in_words": {cause: plain(cause) for cause in causes},
        "a_minute": found.per_minute,
        "connection": _traffic_data(traffic) if traffic else None,
    }
    lines = [
        *_head(found),
        *_rows(found),
        *(f"{count:>11,}  held for {reason}; what ends it: {ending(reason)}" for reason, count in holds.items()),
        *(f"{count:>11,}  ended for {short(cause)}" for cause, count in causes.items()),
        *(_traffic(traffic) if traffic else ()),
    ]
    return Answer(found.as_data() | data, lines, full=False)


def list_(limit: Limit = 50) -> Rows[Campaign]:
    """List campaigns, the newest first."""
    found = FaxClient.from_env().campaigns.list()
    wide = max((len(one.id) for one in found[:limit]), default=0)
    return Rows(
        found,
        data=Campaign.as_data,
        line=lambda one: (
            f"{one.id:<{wide}}",
            clock(one.created_at),
            f"{one.ended:,} of {one.rows:,}",
            standing(one),
        ),
        widths={"campaign": 20, "created": 20, "rows ended": 14, "state": 0},
        full=False,
        limit=limit,
        total=lambda: len(found),
        none="there is no campaign",
    )


def audit(campaign: Id) -> Answer:
    """Count every row of a campaign again, and compare the totals.

    All rows are counted at one moment, even while the campaign runs: each is pending, has a job, or has ended, in
    exactly one way. Exit code 1 if something is wrong.
    """
    found = campaigns().audit(campaign)
    right = f"campaign {campaign}: {counted(found.campaign.rows, 'row')}, all accounted for"
    data = found.campaign.as_data() | {"codes": found.codes, "letters": found.codes, "faults": found.faults}
    return Answer(data, found.faults or right, full=False, ok=not found.faults)


def _head(campaign: Campaign) -> Iterator[str]:
    yield f"campaign {campaign.id} ({campaign.name}): {standing(campaign)}"
    generation = f", generation {campaign.generation}" if campaign.generation > 1 else ""
    begun = f"; first started at {clock(campaign.started_at)}" if campaign.started_at else ""
    yield f"created {clock(campaign.created_at)}{begun}{generation}"
    if campaign.state is CampaignState.PAUSED:
        how = f"cap {campaign.id} AMOUNT" if campaign.reason == "spend_cap" else f"resume {campaign.id}"
        yield f"faxdispatch campaign {how} continues it"
    yield f"spent {of_cap(campaign.spent, campaign.cap)}"
    if left_out := campaign.counts.get("rows", campaign.rows) - campaign.rows:
        kinds = ("invalid", "no_number", "duplicate", "hidden", "opted_out", "suppressed", "quarantined")
        parts = [f"{name.replace('_', ' ')} {campaign.counts[name]:,}" for name in kinds if campaign.counts.get(name)]
        yield f"{counted(left_out, 'row')} of the list {are(left_out)} not sent: {', '.join(parts)}"


def _rows(campaign: Campaign) -> Iterator[str]:
    """Yield counts; the first is the sum of the others."""
    yield f"{campaign.rows:>11,}  rows"
    yield f"{campaign.pending:>11,}  pending"
    for state, count in campaign.open.items():
        yield f"{count:>11,}  {state}"
    for name in ("delivered", "failed", "suppressed", "cancelled"):
        yield f"{getattr(campaign, name):>11,}  {name}"
    if rate := campaign.per_minute:
        yield f"{rate:>11,.1f}  rows ended a minute, since it was started"


def _traffic(traffic: Traffic) -> Iterator[str]:
    name = f"connection {traffic.connection}"
    yield f"{name}: {channels_in_use(traffic.in_flight, traffic.channels)}, {traffic.waiting} waiting"
    if traffic.pause:
        yield f"{name}: {pause_line(traffic.pause)}; faxdispatch resume {traffic.connection} ends it sooner"


def _traffic_data(traffic: Traffic) -> dict[str, Any]:
    return {
        "id": traffic.connection,
        "in_flight": traffic.in_flight,
        "channels": traffic.channels,
        "waiting": traffic.waiting,
        "paused": pause_data(traffic.pause),
    }


def report(
    campaign: Id,
    to: Annotated[Path, option("Folder for the files.", metavar="FOLDER")] = Path(),
    force: Annotated[bool, option("Overwrite an earlier report there.")] = False,
) -> Answer:
    """Write the result for each recipient to files.

    ID-delivered.csv has the delivered rows, ID-failed.csv those that ended otherwise and why, ID-open.csv those
    that have not ended, and ID.html the totals, for a browser. The CSV files have the list's own columns. All files
    name the recipients: store them as carefully as the list.
    """
    campaigns = Campaigns(Scripts.from_settings(Settings.load()))
    with progress(campaign) as on_progress:
        written = write_report(campaigns, campaign, to, force=force, on_progress=on_progress)
    counts = written.totals.results
    words = ", ".join(f"{counts[code]:,} {name}" for code, name in RESULTS.items() if counts[code]) or "no rows"
    return Answer(written.as_data(), [words, *map(str, written.files.values())])
