"""Feeds the rows of running campaigns to the line, as many as admission can take soon, and ends what was cancelled."""

import json
import logging
from collections.abc import Mapping
from typing import Any

from faxdispatch.errors import NotKnown
from faxdispatch.jobs import CancelFax
from faxdispatch.ledger import CHUNK, Campaign, job_of_row
from faxdispatch.states import CampaignState, State
from worker.collaborators import Collaborators

log = logging.getLogger(__name__)

SECONDS_AHEAD = 3.0
"""Rows for so many seconds of the rate stand in line; more would only cost memory."""
LEAST_AHEAD = 50
MOST_OPEN = 20_000
"""Rows of one campaign that have a job. With so many waiting for a retry or a busy number, no more are begun."""
PAGE = 200
"""Rows that are given to the line at once."""


class Feeder:
    """The feeding of all campaigns, by the scheduler that leads."""

    def __init__(self, w: Collaborators) -> None:
        self._w = w
        self._ahead = max(LEAST_AHEAD, round(w.settings.fax_rate * SECONDS_AHEAD))

    def feed(self) -> None:
        """Do what the campaigns need now.

        Raises:
            Unavailable: Redis did not answer. Whatever was fed is fed once.
        """
        for campaign_id in self._w.campaigns.starting():
            self._start(campaign_id)
        for campaign_id in self._w.campaigns.running():
            try:
                self._feed(self._w.campaigns.get(campaign_id))
            except NotKnown:
                log.info("campaign %s is gone", campaign_id)
        for campaign_id in self._w.campaigns.ending():
            self._end(campaign_id)

    def _start(self, campaign_id: str) -> None:
        campaign = self._w.campaigns.get(campaign_id)
        late = (self._w.now() - campaign.start_at).total_seconds() if campaign.start_at else 0.0
        if late > self._w.settings.fax_too_late:
            self._w.campaigns.move(campaign_id, CampaignState.PAUSED, event="campaign.paused", reason="too_late")
        else:
            self._w.campaigns.move(campaign_id, CampaignState.RUNNING, event="campaign.started", reason="planned")

    def _feed(self, campaign: Campaign) -> None:
        if campaign.state is not CampaignState.RUNNING:
            return
        room = min(self._ahead - campaign.open.get(State.QUEUED, 0), MOST_OPEN - campaign.opened)
        if room <= 0:
            return
        connection = campaign.options.get("connection_id") or self._w.settings.fax_connection_id
        sender = campaign.options.get("from") or self._w.settings.sender
        if not connection or not sender:
            missing = "no_connection" if not connection else "no_sender"
            self._w.campaigns.move(campaign.id, CampaignState.PAUSED, event="campaign.paused", reason=missing)
            return
        rows, cursor = self._next(campaign, min(room - campaign.parked, PAGE))
        self._w.campaigns.feed(
            campaign.id,
            rows,
            connection=connection,
            sender=sender,
            tags=campaign.options.get("tags", ()),
            generation=campaign.generation,
            cursor=cursor,
            limit=min(room, PAGE),
        )

    def _next(self, campaign: Campaign, room: int) -> tuple[list[dict[str, Any]], int | None]:
        """Give the next pending rows, and the row after which to go on."""
        rows: list[dict[str, Any]] = []
        cursor = campaign.cursor
        while room > 0 and len(rows) < room and cursor < campaign.size and campaign.pending:
            chunk = cursor // CHUNK
            pending = [row for row in self._w.campaigns.pending_rows(campaign.id, chunk) if row[0] > cursor]
            chosen = pending[: room - len(rows)]
            rows += [self._job(campaign, *row) for row in chosen]
            cursor = chosen[-1][0] if len(chosen) < len(pending) else (chunk + 1) * CHUNK
        if room > 0 and not rows and cursor >= campaign.size and campaign.pending:
            # Something is pending behind the place that was reached: look once more from the beginning.
            cursor = 0
        return rows, cursor if cursor != campaign.cursor else None

    def _job(self, campaign: Campaign, row: int, to: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        job_id = job_of_row(campaign.id, row, campaign.generation)
        options = {**campaign.options, **fields, "to": to, "job_id": job_id}
        return {
            "row": row,
            "job": job_id,
            "to": to,
            "request": json.dumps(options),
            "priority": options.get("priority", "bulk"),
            "client_state": options.get("client_state", ""),
        }

    def _end(self, campaign_id: str) -> None:
        """Cancel the jobs of a cancelled campaign that have not left; those in flight go on to their end."""
        open_rows = self._w.campaigns.open_rows(campaign_id, limit=PAGE)
        campaign = self._w.campaigns.get(campaign_id)
        if not open_rows and not campaign.pending:
            self._w.campaigns.ended(campaign_id)
            return
        self._w.campaigns.sweep(campaign_id)
        jobs = [job_of_row(campaign_id, row, campaign.generation) for row in open_rows]
        for job in self._w.ledger.jobs(jobs):
            if job and job.state in {State.QUEUED, State.HELD}:
                self._w.ledger.cancel(job.job_id, source="scheduler")
            elif job and campaign.also_in_flight and not job.cancel_requested:
                self._w.post(CancelFax.TASK, CancelFax.QUEUE, {"job_id": job.job_id})
