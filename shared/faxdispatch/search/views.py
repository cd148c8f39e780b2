"""Views of a campaign's rows whose jobs are no longer stored: the view of a job, made from the row's record."""

from collections.abc import Mapping
from typing import Any

from faxdispatch.events import Event
from faxdispatch.jobs import SendFax
from faxdispatch.ledger import Campaign, JobView
from faxdispatch.search.found import Found
from faxdispatch.search.wanted import PENDING, SUPPRESSED
from faxdispatch.states import State

_STATES = {PENDING: State.QUEUED, SUPPRESSED: State.CANCELLED}
"""The states of a job that correspond to those of a row: a row without a job is queued, and a suppressed one is
cancelled."""


def view_of_row(campaign: Campaign, found: Found, fields: Mapping[str, Any], history: tuple[Event, ...]) -> JobView:
    """Return the view of a row; `fields` are its own options.

    A record has only permanent facts, so the counters of retries, holds and listings are 0.
    """
    asked = {name: value for name, value in {**campaign.options, **fields}.items() if value is not None}
    state = _STATES.get(found.state) or State(found.state)
    return JobView(
        job_id=found.job_id,
        state=state,
        attempt=found.attempts,
        fax_id=found.fax_id,
        provider_status=State.DELIVERED.value if state is State.DELIVERED else None,
        hold_reason=None,
        due_at=None,
        cause=SUPPRESSED if found.state == SUPPRESSED else found.cause,
        cancel_requested=False,
        connection_id=asked.get("connection_id"),
        sender=found.sender or campaign.sender,
        created_at=found.recorded_at,
        updated_at=found.changed_at or found.recorded_at,
        submitted_at=next((one.occurred_at for one in reversed(history) if one.type == "job.submitted"), None),
        dials=0,
        connects=0,
        holds=0,
        ladder_step=0,
        waived=frozenset(),
        spent=found.cost or 0.0,
        unknown_since=None,
        listings=0,
        tries={},
        page_count=found.pages,
        campaign_id=campaign.id,
        row=found.row,
        request=SendFax.decode({**asked, "to": found.to, "job_id": found.job_id}, recorded=True),
        history=history,
    )
