"""The progress of a campaign, read repeatedly: its ended rows, its pace, and its forecast end."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from faxdispatch.campaign.planning.forecast import Forecaster
from faxdispatch.campaign.planning.pace import Pace
from faxdispatch.ledger import Account, Campaign, Campaigns, Limits, Traffic
from faxdispatch.settings import Settings
from faxdispatch.states import CampaignState
from faxdispatch.text.privacy import hidden

_COUNTS = ("state", "rows", "ended", "delivered", "failed", "cancelled", "suppressed", "pending", "open", "spent")


@dataclass(frozen=True, slots=True)
class Standing:
    """One look at a campaign. All faxes share the channels, not only this campaign's."""

    campaign: Campaign
    causes: dict[str, int]
    in_flight: int
    channels: int
    per_minute: float | None
    finish: datetime | None

    @property
    def over(self) -> bool:
        """Whether nothing more happens unless a person acts."""
        state = self.campaign.state
        return state is CampaignState.FINISHED or (
            state is CampaignState.CANCELLED and not self.campaign.opened and not self.campaign.pending
        )

    def as_data(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "campaign_id": self.campaign.id,
            **{name: getattr(self.campaign, name) for name in _COUNTS},
            "reason": hidden(self.campaign.reason),
            "causes": self.causes,
            "per_minute": None if self.per_minute is None else round(self.per_minute, 1),
            "finish_estimate": self.finish and self.finish.replace(microsecond=0),
            "channels_in_use": self.in_flight,
            "channels": self.channels,
        }


def looks(campaigns: Campaigns, limits: Limits, campaign_id: str, settings: Settings) -> Iterator[Standing]:
    """Yield the state of a campaign each time it is requested, without end.

    Raises:
        NotKnown: there is no such campaign.
        Unavailable: Redis did not answer.
    """
    pace, forecaster = Pace(), Forecaster(campaigns, settings)
    while True:
        campaign = campaigns.get(campaign_id)
        pace.look(time.monotonic(), campaign.ended)
        connections, account = limits.connections(), limits.account()
        in_flight, channels = _channels(connections, account)
        finish = None
        if campaign.state is CampaignState.RUNNING and pace.per_minute is not None:
            name = campaign.options.get("connection_id") or settings.connection_id
            traffic = next((one for one in connections if one.connection == name), None)
            # No fax is sent while a connection is paused, so its earlier pace says nothing about the time after.
            forecast = forecaster.of(
                campaign, datetime.now(UTC), traffic=traffic, account=account, per_minute=pace.per_minute or None
            )
            finish = forecast.low if forecast else None
        yield Standing(campaign, campaigns.causes(campaign_id), in_flight, channels, pace.per_minute, finish)


def _channels(connections: list[Traffic], account: Account) -> tuple[int, int]:
    """Return the numbers of used and of all channels of the connections that are not paused."""
    there = sum(traffic.channels for traffic in connections if traffic.pause is None)
    return account.in_flight, there if account.channels is None else min(there, account.channels)
