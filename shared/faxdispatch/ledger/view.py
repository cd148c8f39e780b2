"""A job as the ledger knows it, for reading only."""

import json
import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from faxdispatch.errors import InvalidJob
from faxdispatch.events import Event
from faxdispatch.jobs import SendFax
from faxdispatch.ledger.clock import moment
from faxdispatch.states import TERMINAL, State

log = logging.getLogger(__name__)


class JobView(BaseModel):
    """The state of a job, and what was requested."""

    # Built when first used: `faxdispatch status` without a job does not need them.
    model_config = ConfigDict(frozen=True, defer_build=True)

    job_id: str
    state: State
    attempt: int
    """Number of the last attempt that was claimed; 0 before the first."""
    fax_id: str | None
    """Telnyx's id of the last attempt."""
    provider_status: str | None
    """Telnyx's status of the last attempt."""
    hold_reason: str | None
    """Why it is held."""
    due_at: datetime | None
    """Until when it is held, if that is known."""
    cause: str | None
    """Why the last attempt failed, or why its outcome is unknown."""
    cancel_requested: bool
    connection_id: str | None
    sender: str | None
    created_at: datetime
    updated_at: datetime
    submitted_at: datetime | None
    """When the last attempt was claimed."""
    submitted_at_telnyx: datetime | None = None
    """The same by Telnyx's clock, or None if no answer had shown that clock."""
    dials: int
    """Failed attempts that never connected."""
    connects: int
    """Failed attempts that connected."""
    holds: int
    """How often it was put back without costing an attempt."""
    unfetched: int = 0
    """How many tries to fetch its document failed since one last succeeded."""
    composed: str | None = None
    """The stored document that was made from its cover and a link. Every attempt sends the same one."""
    untaken: int = 0
    """Attempts that Telnyx provably never accepted, since a person last released it."""
    ladder_step: int
    """The step of the ladder of changed settings that the last attempt had, or that the next one will have."""
    waived: frozenset[str]
    """Reasons that no longer hold it, since a person released it."""
    spent: float
    """The estimated cost of its attempts, in the currency of the settings, including what is reserved."""
    unknown_since: datetime | None
    """Since when the attempt's outcome is unknown; None in every other state."""
    listings: int
    """Complete listings of Telnyx that did not show the unknown attempt."""
    tries: dict[str, int]
    """Failed attempts by the kind of their cause."""
    page_count: int | None
    campaign_id: str | None
    row: int | None
    """Row of the campaign."""
    trace: str | None = None
    """The `traceparent` (W3C Trace Context) of the trace that its spans belong to, or None if it is not traced."""
    request: SendFax
    """The request, as far as this version knows its fields."""
    unread: tuple[str, ...] = ()
    """The names of further fields of the request, which a later version recorded and this one does not know."""
    history: tuple[Event, ...] = ()

    @classmethod
    def from_hash(cls, job_id: str, row: Mapping[str, str], history: tuple[Event, ...] = ()) -> Self:
        """Build the view from the ledger's hash.

        Raises:
            InvalidJob: its state is one of a later version, or the known fields of its request are not a valid request.
        """
        request, unread = _request(row["request"])
        return cls(
            job_id=job_id,
            state=_state(row["state"]),
            attempt=int(row["attempt"]),
            fax_id=row.get("fax_id") or None,
            provider_status=row.get("provider") or None,
            hold_reason=row.get("hold") or None,
            due_at=_moment(row.get("due")),
            cause=row.get("cause") or None,
            cancel_requested=row.get("cancel") == "1",
            connection_id=row.get("connection") or None,
            sender=row.get("sender") or None,
            created_at=_moment(row["created"]),
            updated_at=_moment(row["updated"]),
            submitted_at=_moment(row.get("submitted")),
            submitted_at_telnyx=_moment(row.get("submitted_telnyx")),
            dials=int(row.get("dials") or 0),
            connects=int(row.get("connects") or 0),
            holds=int(row.get("holds") or 0),
            unfetched=int(row.get("unfetched") or 0),
            composed=row.get("letter") or None,
            untaken=int(row.get("untaken") or 0),
            ladder_step=int(row.get("rung") or 0),
            waived=frozenset((row.get("waived") or "").split()),
            spent=(int(row.get("spent") or 0) + int(row.get("cost") or 0)) / 1_000_000,
            unknown_since=_moment(row.get("unknown_since")) if row["state"] == State.UNKNOWN else None,
            listings=int(row.get("listings") or 0),
            tries=json.loads(row["tries"]) if row.get("tries") else {},
            page_count=int(row["pages"]) if row.get("pages") else None,
            campaign_id=row.get("campaign") or None,
            row=int(row["row"]) if row.get("row") else None,
            trace=row.get("trace"),
            request=request,
            unread=unread,
            history=history,
        )

    @classmethod
    def listed(cls, job_id: str, row: Mapping[str, str]) -> Self | None:
        """Build the view for a listing.

        None if there is no row or it cannot be read; the log says which ones could not be read.
        """
        if not row:
            return None
        try:
            return cls.from_hash(job_id, row)
        except InvalidJob as error:
            about = {"job": job_id}
            log.warning("job %s cannot be read by this version and is left out: %s", job_id, error, extra=about)
            return None

    def known(self) -> Self:
        """Return the job if all fields of its request are known: only then may this version act on it.

        Raises:
            InvalidJob: some fields are not known; the message names them.
        """
        if self.unread:
            raise InvalidJob([(field, "is not known to this version") for field in self.unread])
        return self

    @property
    def finished(self) -> bool:
        """Return whether nothing more will happen to it."""
        return self.state in TERMINAL


def _moment(millis: str | None) -> Any:
    return moment(millis) if millis else None


def _state(name: str) -> State:
    try:
        return State(name)
    except ValueError:
        raise InvalidJob([("state", f"{name} is not known to this version")]) from None


def _request(text: str) -> tuple[SendFax, tuple[str, ...]]:
    """Return the known fields of a recorded request, and the names of the unknown ones."""
    try:
        return SendFax.decode(text, recorded=True), ()
    except InvalidJob as error:
        unread = sorted({field.partition(".")[0] for field, _ in error.problems})
        asked = json.loads(text)
        known = {name: value for name, value in asked.items() if name not in unread}
        if len(known) == len(asked):
            raise
    return SendFax.decode(known, recorded=True), tuple(unread)
