"""The facts about one fax that was found, a single one or a row of a campaign."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from faxdispatch.ledger import Campaign, JobView, RowResult, job_of_row
from faxdispatch.ledger.campaign import CANCELLED, DELIVERED, FAILED, OPENED
from faxdispatch.ledger.campaign import SUPPRESSED as SUPPRESSED_ROW
from faxdispatch.search.wanted import PENDING, SUPPRESSED
from faxdispatch.states import State

_STATE = {DELIVERED: "delivered", FAILED: "failed", CANCELLED: "cancelled", SUPPRESSED_ROW: SUPPRESSED}


@dataclass(frozen=True, slots=True)
class Found:
    """One fax.

    `state` is one of `search.STATES`, but neither `open` nor `ended`. `attempts` counts those that were begun. `pages`,
    `cost` (in the currency of the settings) and `fax_id` (Telnyx's, of the last attempt) are None if they are not
    known. `recorded_at` is when it was recorded, or for a row when its campaign was made; `ended_at` is None while it
    is open. `document` is the name or link of its document, `document_name` its name for people. `hold` is why it is
    held. `campaign_id` and `row` are those of a row. `unread` names the fields that a later version recorded and this
    one does not know.
    """

    job_id: str
    to: str
    state: str
    cause: str | None
    attempts: int
    fax_id: str | None
    recorded_at: datetime
    changed_at: datetime | None
    ended_at: datetime | None
    pages: int | None
    cost: float | None
    sender: str | None
    document: str | None
    document_name: str | None
    hold: str | None
    tags: tuple[str, ...]
    idempotency_key: str | None
    campaign_id: str | None
    row: int | None
    unread: tuple[str, ...] = ()

    def as_data(self) -> dict[str, Any]:
        """Return it as JSON types."""
        facts = {
            name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(self).items()
        }
        return facts | {"tags": list(self.tags), "unread": list(self.unread)}


def found_job(view: JobView) -> Found:
    """Describe a single fax."""
    request = view.request
    return Found(
        job_id=view.job_id,
        to=request.to,
        state=view.state.value,
        cause=view.cause,
        attempts=view.attempt,
        fax_id=view.fax_id,
        recorded_at=view.created_at,
        changed_at=view.updated_at,
        ended_at=view.updated_at if view.finished else None,
        pages=view.page_count,
        cost=view.spent if view.attempt else None,
        sender=view.sender or request.from_,
        document=request.media_name or request.media_url,
        document_name=request.document_name,
        hold=_hold(view),
        tags=request.tags,
        idempotency_key=request.idempotency_key,
        campaign_id=view.campaign_id,
        row=view.row,
        unread=view.unread,
    )


def found_row(campaign: Campaign, to: str, fields: dict[str, Any], result: RowResult, job: JobView | None) -> Found:
    """Describe a row of a campaign; `fields` are its own options, `job` is its job if it has one."""
    asked = campaign.options | fields
    ended = result.ended_at is not None
    open_job = job if job is not None and result.code == OPENED else None
    generation = result.generation if ended else campaign.generation
    return Found(
        job_id=job_of_row(campaign.id, result.row, generation),
        to=to,
        state=open_job.state.value if open_job else _STATE.get(result.code, PENDING),
        cause=open_job.cause if open_job else result.cause,
        attempts=open_job.attempt if open_job else result.attempts,
        fax_id=open_job.fax_id if open_job else result.fax_id,
        recorded_at=campaign.created_at,
        changed_at=open_job.updated_at if open_job else result.ended_at,
        ended_at=result.ended_at,
        pages=open_job.page_count if open_job else result.pages or None,
        cost=open_job.spent if open_job else result.cost if ended else None,
        sender=(open_job.sender if open_job else None) or asked.get("from"),
        document=asked.get("media_name") or asked.get("media_url"),
        document_name=asked.get("document_name"),
        hold=_hold(open_job) if open_job else None,
        tags=tuple(asked.get("tags") or ()),
        idempotency_key=None,
        campaign_id=campaign.id,
        row=result.row,
        unread=open_job.unread if open_job else (),
    )


def _hold(view: JobView) -> str | None:
    return view.hold_reason if view.state is State.HELD else None
