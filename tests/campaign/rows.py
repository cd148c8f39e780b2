"""A campaign whose rows are moved to their ends by the ledger, with the test's own clock."""

from collections.abc import Sequence
from typing import Any

from faxdispatch.ledger import Rules
from faxdispatch.states import CampaignState, State
from tests.ledger import campaign_desk
from tests.ledger.campaign_desk import CampaignDesk

CAMPAIGN = "recall"
COLUMNS = ("Praxis", "Fax #", "City")


class Rows:
    """A running campaign. Each row has its own number."""

    number = staticmethod(campaign_desk.number_of)

    def __init__(self, url: str, lists: Sequence[Sequence[str]], columns: Sequence[str] = COLUMNS) -> None:
        self.desk = CampaignDesk(url, Rules(rate=10_000, channels=1000))
        self.campaigns = self.desk.campaigns
        cells = dict(enumerate(lists, start=1))
        self.desk.run(*cells, name=CAMPAIGN, cells=cells, columns=columns)

    def move(self, to: CampaignState, **options: Any) -> None:
        assert self.desk.go(to, name=CAMPAIGN, **options) == "moved"

    def job(self, row: int) -> str:
        return campaign_desk.job(row, self.campaigns.get(CAMPAIGN).generation, CAMPAIGN)

    def open(self, *rows: int) -> None:
        """Feed rows."""
        listed = [one for one in self.desk.pending(CAMPAIGN) if one["row"] in rows]
        assert self.desk.feed(rows=listed, name=CAMPAIGN) == ("fed", len(rows))

    def send(self, *rows: int, cost: int = 0) -> None:
        """Bring rows to Telnyx."""
        self.open(*rows)
        self.desk.picked()
        for row in rows:
            self.desk.send(self.job(row), cost=cost)

    def deliver(self, row: int, *, pages: int = 2, seconds: int = 60) -> None:
        self.send(row, cost=1000)
        self.desk.report(self.job(row), "delivered", pages=pages, seconds=seconds)

    def fail(self, row: int, cause: str) -> None:
        self.send(row)
        self.desk.report(self.job(row), "failed", cause)
        self.desk.ledger.end(self.job(row), event="job.exhausted", cause=cause, states=[State.DECIDING], spent=0)

    def finish(self) -> None:
        assert self.desk.feed(rows=[], name=CAMPAIGN) == ("finished", 0)
