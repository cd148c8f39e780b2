"""A campaign whose rows are brought to their ends by the moves of the ledger, by a clock that the test holds."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from faxdispatch.ledger import CampaignRow, Campaigns, Rules, job_of_row
from faxdispatch.states import CampaignState, State
from tests.ledger.desk import SENDER, Desk

CAMPAIGN = "recall"
COLUMNS = ("Praxis", "Fax #", "City")


class Rows:
    """A running campaign. Each row has its own number."""

    def __init__(
        self, url: str, lists: Sequence[Sequence[str]], columns: Sequence[str] = COLUMNS, *, name: str = "Recall"
    ) -> None:
        self.desk = Desk(url, Rules(rate=10_000, channels=1000))
        self.campaigns = Campaigns(self.desk.scripts)
        self.campaigns.open(CAMPAIGN, name=name, options={"media_name": "letter"}, fingerprint="f", columns=columns)
        rows = [CampaignRow(row, self.number(row), {}, cells) for row, cells in enumerate(lists, start=1)]
        for chunk in range(0, len(rows), 1000):
            assert self.campaigns.add_chunk(CAMPAIGN, chunk // 1000, rows[chunk : chunk + 1000]) == "added"
        self.move(CampaignState.CHECKED)
        self.move(CampaignState.RUNNING)

    @staticmethod
    def number(row: int) -> str:
        return f"+1415{2_000_000 + row}"

    def move(self, to: CampaignState, **options) -> None:
        assert self.campaigns.move(CAMPAIGN, to, event=f"campaign.{to}", **options)[0] == "moved"

    def job(self, row: int) -> str:
        return job_of_row(CAMPAIGN, row, self.campaigns.get(CAMPAIGN).generation)

    def open(self, *rows: int) -> None:
        """Feed rows."""
        told = [
            {
                "row": row,
                "job": self.job(row),
                "to": self.number(row),
                "request": json.dumps({"to": self.number(row), "media_name": "letter", "job_id": self.job(row)}),
                "priority": "bulk",
                "connection": "c",
                "sender": SENDER,
            }
            for row in rows
        ]
        assert self._feed(told) == ("fed", len(rows))

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
        assert self._feed([]) == ("finished", 0)

    def _feed(self, told: Sequence[Mapping[str, Any]]) -> tuple[str, int]:
        generation = self.campaigns.get(CAMPAIGN).generation
        return self.campaigns.feed(CAMPAIGN, told, tags=[], generation=generation, cursor=None, limit=max(1, len(told)))
