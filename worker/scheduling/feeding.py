"""Feeds rows of running campaigns to admission, as many as it can soon admit, and ends cancelled ones."""

import logging
from collections.abc import Callable
from typing import Any

from kombu.exceptions import KombuError

from faxdispatch.campaign.requests import row_to_feed
from faxdispatch.errors import NotKnown, Unavailable
from faxdispatch.jobs import CancelFax
from faxdispatch.ledger import CHUNK, Campaign, job_of_row
from faxdispatch.states import CampaignState, State
from worker.context import Collaborators

log = logging.getLogger(__name__)

SECONDS_AHEAD = 3.0
"""How many seconds of the rate rows wait in advance; more would only cost memory."""
LEAST_AHEAD = 50
PAGE = 200
"""Maximum number of rows that are fed at once."""


class Feeder:
    """The feeding of all campaigns, by the leading scheduler."""

    def __init__(self, w: Collaborators) -> None:
        self._w = w
        self._ahead = max(LEAST_AHEAD, round(w.settings.fax_rate * SECONDS_AHEAD))

    def feed(self) -> None:
        """Do the work that is due for all campaigns.

        Raises:
            Unavailable: Redis did not answer. Rows that were fed are not fed again.
            KombuError, OSError: the broker cannot be reached.
        """
        for campaign_id in self._w.campaigns.starting():
            self._each(self._start, campaign_id)
        for campaign_id in self._w.campaigns.running():
            self._each(self._feed, campaign_id)
        for campaign_id in self._w.campaigns.ending():
            self._each(self._end, campaign_id)

    def _each(self, work: Callable[[str], None], campaign_id: str) -> None:
        """Do one campaign's work. A list that cannot be read must not stop other campaigns or other faxes."""
        try:
            work(campaign_id)
        except NotKnown:
            log.info("campaign %s is gone", campaign_id, extra={"campaign": campaign_id})
        except (Unavailable, KombuError, OSError):
            raise
        except Exception:
            log.exception("campaign %s: unexpected error; it is paused", campaign_id, extra={"campaign": campaign_id})
            self._w.campaigns.move(campaign_id, CampaignState.PAUSED, event="campaign.paused", reason="fault")

    def _start(self, campaign_id: str) -> None:
        campaign = self._w.campaigns.get(campaign_id)
        late = (self._w.now() - campaign.start_at).total_seconds() if campaign.start_at else 0.0
        if late > self._w.settings.fax_too_late:
            self._w.campaigns.move(campaign_id, CampaignState.PAUSED, event="campaign.paused", reason="too_late")
        else:
            self._w.campaigns.move(campaign_id, CampaignState.RUNNING, event="campaign.started", reason="planned")

    def _feed(self, campaign_id: str) -> None:
        campaign = self._w.campaigns.get(campaign_id)
        room = min(self._ahead - campaign.open.get(State.QUEUED, 0), PAGE)
        if campaign.state is not CampaignState.RUNNING or room <= 0:
            return
        connection = campaign.options.get("connection_id") or self._w.settings.connection_id
        sender = campaign.options.get("from") or self._w.settings.sender
        if not connection or not sender:
            missing = "no_connection" if not connection else "no_sender"
            self._w.campaigns.move(campaign.id, CampaignState.PAUSED, event="campaign.paused", reason=missing)
            return
        rows, cursor = self._next(campaign, room)
        self._w.campaigns.feed(
            campaign.id,
            [{"connection": connection, "sender": sender} | row for row in rows],
            tags=campaign.options.get("tags", ()),
            generation=campaign.generation,
            cursor=cursor,
            limit=room,
            sender=sender,
        )

    def _next(self, campaign: Campaign, room: int) -> tuple[list[dict[str, Any]], int | None]:
        """Return the next pending rows, at most `room`, and the row after which to continue."""
        rows: list[dict[str, Any]] = []
        cursor = campaign.cursor
        while len(rows) < room and cursor < campaign.size and campaign.pending:
            chunk = cursor // CHUNK
            wanted = room - len(rows)
            # One more than needed shows whether the chunk has others.
            pending = self._w.campaigns.pending_rows(campaign.id, chunk, after=cursor, limit=wanted + 1)
            chosen = pending[:wanted]
            rows += [row_to_feed(campaign, *row) for row in chosen]
            cursor = chosen[-1][0] if len(chosen) < len(pending) else (chunk + 1) * CHUNK
        if not rows and cursor >= campaign.size and campaign.pending:
            # There are pending rows before the present place: continue from the beginning.
            cursor = 0
        return rows, cursor if cursor != campaign.cursor else None

    def _end(self, campaign_id: str) -> None:
        """Cancel the jobs of a cancelled campaign that have not left; those in flight continue to their end."""
        open_rows = self._w.campaigns.open_rows(campaign_id, limit=PAGE)
        campaign = self._w.campaigns.get(campaign_id)
        if campaign.pending:
            self._w.campaigns.sweep(campaign_id)
        elif not open_rows:
            self._w.campaigns.ended(campaign_id)
        jobs = [job_of_row(campaign_id, row, campaign.generation) for row in open_rows]
        for job in self._w.ledger.jobs(jobs):
            if job and job.state in {State.QUEUED, State.HELD}:
                self._w.ledger.cancel(job.job_id, source="scheduler")
            elif job and campaign.also_in_flight and not job.cancel_requested:
                self._recall(job.job_id)

    def _recall(self, job_id: str) -> None:
        """Request the cancel of a fax in flight. The cancel is recorded first, so that workers get one message."""
        reply = self._w.ledger.cancel(job_id, source="scheduler")
        if reply["outcome"] == "wished" and reply["state"] == State.ACCEPTED:
            self._w.post(CancelFax.TASK, CancelFax.QUEUE, {"job_id": job_id})
