"""The ledger's desk with campaigns: short methods for lists of rows and their results."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from faxdispatch.ledger import CHUNK, CampaignRow, Campaigns, Rules, job_of_row
from faxdispatch.states import CampaignState, State
from tests.ledger.desk import SENDER, Desk

NAME = "spring"


def number_of(row: int) -> str:
    return f"+1415{2_000_000 + row}"


def job(row: int, generation: int = 1, campaign: str = NAME) -> str:
    return job_of_row(campaign, row, generation)


class CampaignDesk(Desk):
    """A desk on one empty Redis; rows have numbers of their own unless the test gives some."""

    def __init__(self, url: str, rules: Rules | None = None) -> None:
        super().__init__(url, rules)
        self.campaigns = Campaigns(self.scripts)

    @classmethod
    def by_redis_clock(cls, url: str) -> "CampaignDesk":
        """Make a desk with Redis' own time, for tests of code that asks Redis for the time."""
        desk = cls(url)
        desk.scripts.now = None
        return desk

    # The whole -----------------------------------------------------------------------------------------------------

    def draft(
        self,
        *rows: int,
        name: str = NAME,
        numbers: Mapping[int, str] | None = None,
        cells: Mapping[int, Sequence[str]] | None = None,
        **options: Any,
    ) -> None:
        """Read in a list of these rows."""
        self.campaigns.open(name, name=name, options={"media_name": "letter"}, fingerprint="f", **options)
        to, cells = numbers or {}, cells or {}
        given = [CampaignRow(row, to.get(row, number_of(row)), {}, cells.get(row, [str(row)])) for row in rows]
        for chunk in sorted({(row - 1) // CHUNK for row in rows}):
            part = [row for row in given if (row.row - 1) // CHUNK == chunk]
            assert self.campaigns.add_chunk(name, chunk, part) == "added"

    def run(self, *rows: int, name: str = NAME, **options: Any) -> None:
        """Read in a list and start it; `options` are those of `draft`."""
        self.draft(*rows, name=name, **options)
        self.go(CampaignState.CHECKED, name=name)
        self.go(CampaignState.RUNNING, name=name)

    def go(self, to: CampaignState, *, name: str = NAME, **options: Any) -> str:
        return self.campaigns.move(name, to, event=f"campaign.{to}", **options)[0]

    def pause(self) -> None:
        assert self.go(CampaignState.PAUSED) == "moved"

    def resume(self) -> None:
        assert self.go(CampaignState.RUNNING) == "moved"

    def cancel(self, *, also_in_flight: bool = False) -> None:
        self.go(CampaignState.CANCELLED, also_in_flight=also_in_flight)

    # Rows ----------------------------------------------------------------------------------------------------------

    def pending(self, name: str = NAME) -> list[dict[str, Any]]:
        """The rows that a feeder would queue now."""
        campaign = self.campaigns.get(name)
        chunks = range((campaign.size + CHUNK - 1) // CHUNK)
        rows = [row for chunk in chunks for row in self.campaigns.pending_rows(name, chunk)]
        return [self.asked(row, to, campaign.generation, name) for row, to, _ in rows]

    def asked(self, row: int, to: str, generation: int = 1, name: str = NAME) -> dict[str, Any]:
        identity = job_of_row(name, row, generation)
        request = json.dumps({"to": to, "media_name": "letter", "job_id": identity})
        about = {"connection": "c", "sender": SENDER, "priority": "bulk"}
        return {"row": row, "job": identity, "to": to, "request": request, **about}

    def feed(self, limit: int = 1000, *, rows: list[dict[str, Any]] | None = None, name: str = NAME) -> tuple[str, int]:
        """Queue rows as the scheduler does; all pending ones unless given."""
        generation = self.campaigns.get(name).generation
        given = self.pending(name) if rows is None else rows
        return self.campaigns.feed(name, given, tags=[], generation=generation, cursor=None, limit=limit)

    def send_row(self, row: int, generation: int = 1) -> None:
        """Bring a row that was picked to Telnyx."""
        self.send(job(row, generation))

    def deliver(self, row: int, generation: int = 1) -> None:
        assert self.report(job(row, generation), "delivered", pages=1, seconds=60) == "recorded"

    def end(self, name: str) -> None:
        """Give up a job whose attempt has failed, as the failure policy does."""
        attempt = self.ledger.job(name).attempt
        states = [State.DECIDING]
        self.ledger.end(
            name, event="job.exhausted", cause="wrong", states=states, attempt=attempt, counter="dials"
        )  # fmt: skip

    def fail(self, row: int, generation: int = 1) -> None:
        """Let a row at Telnyx fail for good."""
        self.report(job(row, generation), "failed", "user_busy")
        self.end(job(row, generation))

    def end_badly(self, row: int, generation: int = 1) -> None:
        """Feed what is pending, bring the row to Telnyx and let it fail for good."""
        self.feed()
        self.picked()
        self.send_row(row, generation)
        self.fail(row, generation)

    def send_and_fail(self, row: int) -> None:
        """Let a row that waits or is picked fail; it is to be tried again in a minute."""
        self.picked()
        self.send_row(row)
        self.report(job(row), "failed", "user_busy")
        self.retry(job(row))

    def suppress(self, row: int) -> None:
        self.redis.hset("fax:suppressed", number_of(row), "{}")

    def hold_reason(self, row: int) -> str | None:
        return self.ledger.job(job(row)).hold_reason

    def codes(self, name: str = NAME) -> str:
        return self.campaigns.codes(name, 1, self.campaigns.get(name).size)

    def faults(self, name: str = NAME) -> tuple[str, ...]:
        return self.campaigns.audit(name).faults

    def another(self) -> "CampaignDesk":
        other = CampaignDesk.__new__(CampaignDesk)
        other.__dict__ |= super().another().__dict__
        other.campaigns = Campaigns(other.scripts)
        return other

    def kinds(self) -> Counter[str]:
        """How many events of each kind were published."""
        return Counter(fields["type"] for _, fields in self.redis.xrange("fax:events"))
