"""The figures of campaigns that run or are paused, for a limited number of them."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from faxdispatch.errors import NotKnown
from faxdispatch.ledger import Campaign, Campaigns
from faxdispatch.states import CampaignState

MOST = 20
"""How many campaigns have figures; each has seven time series, which monitoring keeps for months."""


def campaign_figures(campaigns: Campaigns) -> Iterator[Metric]:
    """Yield the rows of each by state, and which are paused."""
    rows = GaugeMetricFamily(
        "faxdispatch_campaign_rows",
        f"Rows of campaigns that run or are paused, by state; of the first {MOST} by id.",
        labels=["campaign", "state"],
    )
    paused = GaugeMetricFamily("faxdispatch_campaign_paused", "1 for a campaign that is paused.", labels=["campaign"])
    for campaign in _some(campaigns):
        for state, count in (
            ("pending", campaign.pending),
            ("open", campaign.opened),
            ("delivered", campaign.delivered),
            ("failed", campaign.failed),
            ("suppressed", campaign.suppressed),
            ("cancelled", campaign.cancelled),
        ):
            rows.add_metric([campaign.id, state], count)
        paused.add_metric([campaign.id], int(campaign.state is CampaignState.PAUSED))
    yield from (rows, paused)


def _some(campaigns: Campaigns) -> Iterator[Campaign]:
    for campaign_id in campaigns.running()[:MOST]:
        try:
            yield campaigns.get(campaign_id)
        except NotKnown:
            continue  # purged a moment ago
