"""A campaign as stored in Redis: its state, and how many of its rows are in which state."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from faxdispatch.errors import NotKnown
from faxdispatch.ledger.clock import moment
from faxdispatch.states import CampaignState, State

NONE, PENDING, OPENED, DELIVERED, FAILED, CANCELLED, SUPPRESSED = "-", "p", "o", "d", "f", "c", "s"
"""A row's code: not in the campaign, pending, open (it has a job), or how it ended."""


_SHOWN = (
    "id", "name", "state", "reason", "generation", "rows", "pending", "open", "delivered", "failed", "suppressed",
    "cancelled", "also_in_flight", "cap", "spent", "options", "created_at", "changed_at", "start_at", "started_at",
)  # fmt: skip
"""The fields of a campaign that programs get."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """The state of a campaign. `rows` is the sum of all other counts, always."""

    id: str
    name: str
    state: CampaignState
    reason: str | None
    """Why it is paused, or why it was last moved."""
    options: dict[str, Any]
    """The options for every row, as given when the campaign was made."""
    columns: tuple[str, ...]
    """The names of the list's columns; empty if none were given."""
    rows: int
    size: int
    """The highest number of a row."""
    generation: int
    cursor: int
    """The row after which feeding continues."""
    created_at: datetime
    changed_at: datetime
    start_at: datetime | None
    """When it is planned to start, until it has started."""
    started_at: datetime | None
    """When it was first started."""
    started_by: str | None
    """The person who started it first, or planned its start."""
    sender: str | None
    """The sender's number (E.164) that was last used for rows that set none."""
    suppression: dict[str, Any] | None
    """The version of the suppression list against which its list was checked: `version`, which counts its changes,
    and `at`."""
    counts: dict[str, int]
    """The counts of the check of its list, including rows that are not in the campaign."""
    cap: float | None
    spent: float
    pending: int
    open: dict[State, int]
    """Rows that have a job, by the job's state."""
    delivered: int
    failed: int
    suppressed: int
    cancelled: int
    also_in_flight: bool
    """Faxes under way are cancelled too."""
    parked: int
    """The open rows that wait for the campaign itself."""

    @property
    def opened(self) -> int:
        """How many rows have a job."""
        return sum(self.open.values())

    @property
    def ended(self) -> int:
        """How many rows have ended."""
        return self.delivered + self.failed + self.suppressed + self.cancelled

    @property
    def per_minute(self) -> float | None:
        """The average number of rows that ended in a minute of the first generation, or None if too few ended."""
        if self.started_at is None or self.generation > 1 or not self.ended:
            return None
        running = self.state in {CampaignState.RUNNING, CampaignState.PAUSED}
        until = datetime.now(UTC) if running else self.changed_at
        minutes = (until - self.started_at).total_seconds() / 60
        return self.ended / minutes if minutes > 0 else None

    def as_data(self) -> dict[str, Any]:
        """Return it for programs; the counts of its rows add up to `rows`."""
        return {name: getattr(self, name) for name in _SHOWN} | {"list": self.counts}


def campaign_of(campaign_id: str, facts: Mapping[str, str], *, parked: int, spent: int) -> Campaign:
    """Build a campaign from its hash, the number of its rows that wait for it, and the money it spent (millionths)."""
    return Campaign(
        id=campaign_id,
        name=facts["name"],
        state=CampaignState(facts["state"]),
        reason=facts.get("reason") or None,
        options=json.loads(facts["options"]),
        columns=tuple(json.loads(facts.get("columns") or "[]")),
        rows=int(facts["rows"]),
        size=int(facts["size"]),
        generation=int(facts["generation"]),
        cursor=int(facts["cursor"]),
        created_at=moment(int(facts["created"])),
        changed_at=moment(int(facts["changed"])),
        start_at=moment(int(facts["start_at"])) if facts.get("start_at") else None,
        started_at=moment(int(facts["started"])) if facts.get("started") else None,
        started_by=facts.get("started_by") or None,
        sender=facts.get("sender") or None,
        suppression=_suppression(facts),
        counts=json.loads(facts.get("counts") or "{}"),
        cap=int(facts["cap"]) / 1_000_000 if facts.get("cap") else None,
        spent=spent / 1_000_000,
        pending=int(facts.get(PENDING, 0)),
        open={state: number for state in State if (number := int(facts.get(f"open:{state}", 0)))},
        delivered=int(facts.get(DELIVERED, 0)),
        failed=int(facts.get(FAILED, 0)),
        suppressed=int(facts.get(SUPPRESSED, 0)),
        cancelled=int(facts.get(CANCELLED, 0)),
        also_in_flight=facts.get("also_in_flight") == "1",
        parked=parked,
    )


def state_in(campaign_id: str, reply: Mapping[str, Any]) -> CampaignState:
    """Return the state in which a script found a campaign. Raises NotKnown if there is no such campaign."""
    if reply["state"] == "gone":
        raise NotKnown(f"campaign {campaign_id}: not known here")
    return CampaignState(reply["state"])


def job_of_row(campaign_id: str, row: int, generation: int = 1) -> str:
    """Return the id of a row's job. It never changes, so that no row can have two jobs.

    No row of another campaign has the same id, whatever the ids of the two campaigns.
    """
    return f"{campaign_id}-{row}" if generation == 1 else f"{campaign_id}-{row}_{generation}"


def _suppression(facts: Mapping[str, str]) -> dict[str, Any] | None:
    if "suppression" not in facts:
        return None
    return {"version": int(facts["suppression"]), "at": moment(int(facts["checked"])).isoformat()}
