"""The progress of a campaign, its pace, and its end."""

import threading
import time
from dataclasses import dataclass

from console.desk import Desk
from faxdispatch.campaign.planning.forecast import Forecast
from faxdispatch.campaign.planning.pace import Pace
from faxdispatch.ledger import Campaign, Overview, Traffic
from faxdispatch.recent import Recent
from faxdispatch.states import CampaignState, State

_paces: Recent[str, Pace] = Recent(200)
"""The pace of each campaign that somebody looks at; it is lost with the process, and soon measured again."""
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress that the page of a campaign draws.

    `parts` are name, kind and count; the counts add up to its rows.
    """

    parts: list[tuple[str, str, int]]
    per_minute: float | None
    traffic: Traffic | None
    forecast: Forecast | None
    cap_is_short: bool
    """Whether the remaining rows cost more than the cap leaves, by the mean cost so far."""

    @property
    def drawn(self) -> list[tuple[str, str, int, float, float]]:
        """The parts with position and width in a picture 1000 wide."""
        total, at, drawn = sum(count for *_, count in self.parts) or 1, 0.0, []
        for name, kind, count in self.parts:
            width = 1000 * count / total
            drawn.append((name, kind, count, round(at, 2), round(width, 2)))
            at += width
        return drawn


def look(here: Desk, campaign: Campaign, found: Overview) -> Progress:
    """Return the progress, from figures of one moment."""
    connection = campaign.options.get("connection_id") or here.settings.connection_id
    traffic = next((one for one in found.connections if one.connection == connection), None)
    pace = _pace(campaign)
    return Progress(
        parts=_parts(campaign),
        per_minute=pace,
        traffic=traffic,
        forecast=here.forecaster.of(campaign, found.now, traffic=traffic, account=found.account, per_minute=pace),
        cap_is_short=_cap_is_short(campaign),
    )


def _pace(campaign: Campaign) -> float | None:
    pace = _paces.get(campaign.id, Pace)
    with _lock:
        pace.look(time.monotonic(), campaign.ended)
        return pace.per_minute if campaign.state is CampaignState.RUNNING else None


def _parts(campaign: Campaign) -> list[tuple[str, str, int]]:
    held = campaign.open.get(State.HELD, 0)
    parts = [
        ("delivered", "good", campaign.delivered),
        ("failed", "bad", campaign.failed),
        ("cancelled", "off", campaign.cancelled),
        ("suppressed", "doubt", campaign.suppressed),
        ("under way", "moving", campaign.opened - held),
        ("held", "waiting", held),
        ("pending", "rest", campaign.pending),
    ]
    return [part for part in parts if part[2]]


def _cap_is_short(campaign: Campaign) -> bool:
    if campaign.cap is None or not campaign.ended:
        return False
    left = campaign.rows - campaign.ended
    return campaign.spent + left * campaign.spent / campaign.ended > campaign.cap
