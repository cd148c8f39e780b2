"""`faxdispatch campaign watch`: follow a campaign to its end; a live view on a terminal, plain lines elsewhere."""

import time
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from itertools import chain
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from faxdispatch.campaign.causes import in_words, pause_in_words
from faxdispatch.campaign.watching import Standing, looks
from faxdispatch.cli.campaigns.status import Id
from faxdispatch.cli.options import option
from faxdispatch.cli.output import Csv, Json, Rows, is_terminal, watching
from faxdispatch.ledger import Campaign, Campaigns, Limits, Scripts
from faxdispatch.ledger.campaign import FAILED
from faxdispatch.reasons.words import short
from faxdispatch.settings import Settings
from faxdispatch.states import CampaignState, State
from faxdispatch.text.plain import plain
from faxdispatch.text.wording import channels_in_use, clock, counted

_EVERY, _EVERY_LINE = 0.5, 10.0
_CAUSES = 8


def watch(
    campaign: Id,
    every: Annotated[float | None, option("Seconds between two looks: 0.5 on a terminal, else 10.", min=0.05)] = None,
    as_json: Json = False,
    as_csv: Csv = False,
) -> Rows[Standing]:
    """Follow a campaign until it is finished or cancelled.

    It shows how many rows have ended and how, the rate of the last minute, the channels in use, why faxes failed so
    far, and when the campaign ends at this rate. Interrupting the command only stops the view. Exit code 1 if the
    campaign was cancelled.
    """
    live = is_terminal() and not as_json and not as_csv
    return Rows(
        _looks(campaign, every or (_EVERY if live else _EVERY_LINE), live=live),
        data=Standing.as_data,
        line=lambda standing: None if live else (clock(datetime.now(UTC)), line(standing)),
    )


def _looks(campaign: str, every: float, *, live: bool) -> Iterator[Standing]:
    """Look until the campaign is over; exit code 1 if it was cancelled. If `live`, the terminal shows each look."""
    settings = Settings.load()
    scripts = Scripts.from_settings(settings)
    standings = looks(Campaigns(scripts), Limits(scripts), campaign, settings)
    # Whether the campaign continues is known only once it was seen.
    standings = chain([next(standings)], standings)
    words = f"the campaign continues: faxdispatch campaign status {campaign}"
    with watching(words), Live(auto_refresh=False) if live else nullcontext() as screen:
        for standing in standings:
            if screen:
                screen.update(view(standing), refresh=True)
            yield standing
            if standing.over:
                break
            time.sleep(every)
    if standing.campaign.state is CampaignState.CANCELLED:
        raise typer.Exit(1)


def line(standing: Standing) -> str:
    """Write the state of a campaign as one line."""
    campaign = standing.campaign
    counts = [f"{count:,} {name}" for count, name in _counts(campaign)]
    words = [_ended(campaign), *counts, _pace(standing), _channels(standing)]
    if standing.causes:
        words.append("causes: " + ", ".join(f"{count:,} {short(cause)}" for cause, count in _first(standing.causes)))
    return f"{_state(campaign)}: {'; '.join(words)}"


def view(standing: Standing) -> RenderableType:
    """Return the state of a campaign as a terminal shows it."""
    campaign = standing.campaign
    causes = ((count, in_words(cause, FAILED)) for cause, count in _first(standing.causes))
    figures = (plain(f"{count:>11,}  {words}") for count, words in (*_counts(campaign), *causes))
    # A bar by itself ends no line.
    bar = Table.grid(expand=True)
    bar.add_row(ProgressBar(total=campaign.rows or 1, completed=campaign.ended))
    return Group(
        Text(plain(f"{campaign.name} ({campaign.id})  {_state(campaign)}")),
        bar,
        Text(f"{_ended(campaign)}; {_pace(standing)}; {_channels(standing)}"),
        *map(Text, figures),
    )


def _state(campaign: Campaign) -> str:
    if campaign.state is CampaignState.PAUSED:
        return f"paused because {pause_in_words(campaign.reason)}"
    if campaign.state is CampaignState.CHECKED:
        return f"starts at {clock(campaign.start_at)}" if campaign.start_at else "not started"
    return str(campaign.state)


def _ended(campaign: Campaign) -> str:
    share = 100 * campaign.ended / campaign.rows if campaign.rows else 0.0
    return f"{campaign.ended:,} of {campaign.rows:,} ended ({share:.1f} %)"


def _counts(campaign: Campaign) -> list[tuple[int, str]]:
    ends = [(getattr(campaign, name), name) for name in ("delivered", "failed", "cancelled", "suppressed")]
    states = [(campaign.open.get(state, 0), state.value) for state in State]
    return [(count, name) for count, name in (*ends, *states, (campaign.pending, "pending")) if count]


def _pace(standing: Standing) -> str:
    if standing.per_minute is None:
        return "no rate yet"
    finish = f", ends about {clock(standing.finish)} (an estimate)" if standing.finish else ""
    return f"{counted(round(standing.per_minute), 'fax')} a minute{finish}"


def _channels(standing: Standing) -> str:
    return channels_in_use(standing.in_flight, standing.channels)


def _first(causes: dict[str, int]) -> list[tuple[str, int]]:
    return list(causes.items())[:_CAUSES]
