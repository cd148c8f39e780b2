"""Events: each entry of the event stream is one fact, Telnyx's or ours.

An unknown type is a value, not an error.

The stream is `fax:events`. Every entry has the fields of `Event`. `data` has the facts of its type: for Telnyx's events
the payload as Telnyx sent it, for our own the facts that the classes below describe.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, TypeAdapter

STREAM = "fax:events"
"""Name of the event stream in Redis."""

_Underway = Literal[
    "fax.queued",
    "fax.media.processed",
    "fax.sending.started",
    "fax.receiving.started",
    "fax.media.processing.started",
    "fax.received",
    "fax.email.delivered",
]
_Delivered = Literal["fax.delivered"]
_Failed = Literal["fax.failed"]
_Job = Literal[
    "job.queued",
    "job.held",
    "job.submitted",
    "job.accepted",
    "job.rejected",
    "job.unknown",
    "job.retrying",
    "job.cancelling",
    "job.cancelled",
    "job.exhausted",
    "job.conflict",
    "job.resolved",
    "job.released",
    "job.invalid",
]
_Message = Literal["message.stripped"]
_Refreshed = Literal["fax.refreshed"]
_Document = Literal["fax.stored", "fax.store.failed", "fax.removed", "fax.deleted"]
_Connection = Literal["connection.paused", "connection.resumed", "limits.changed"]
_Number = Literal[
    "number.quarantined",
    "number.released",
    "number.suppressed",
    "number.unsuppressed",
    "numbers.imported",
]
_Ledger = Literal["ledger.adopted", "ledger.went_back", "ledger.recovered"]
_Campaign = Literal[
    "campaign.created",
    "campaign.checked",
    "campaign.planned",
    "campaign.started",
    "campaign.paused",
    "campaign.resumed",
    "campaign.cancelled",
    "campaign.finished",
    "campaign.retried",
    "campaign.capped",
    "campaign.purged",
]
_Operator = Literal["operator.acted"]

TELNYX_TYPES: tuple[str, ...] = (*get_args(_Underway), *get_args(_Delivered), *get_args(_Failed))
"""Every event type that Telnyx is known to send for faxes (API reference and developer guide)."""

JOB_TYPES: tuple[str, ...] = (
    *get_args(_Job),
    *get_args(_Message),
    *get_args(_Refreshed),
    *get_args(_Document),
    *get_args(_Connection),
    *get_args(_Number),
    *get_args(_Campaign),
    *get_args(_Operator),
    *get_args(_Ledger),
)
"""Every event type of our own."""

TYPE_OF_STATUS = {
    "queued": "fax.queued",
    "media.processed": "fax.media.processed",
    "sending": "fax.sending.started",
    "delivered": "fax.delivered",
    "failed": "fax.failed",
}
"""The event for each of Telnyx's outbound statuses; `originated` has none (Telnyx API reference)."""

TYPE_OF_INBOUND_STATUS = {
    "receiving": "fax.receiving.started",
    "media.processing": "fax.media.processing.started",
    "received": "fax.received",
    "failed": "fax.failed",
}
"""The same for inbound faxes; `initiated` has none (Telnyx developer guide, "Receive a fax")."""

INBOUND_TYPES = frozenset(
    {"fax.receiving.started", "fax.media.processing.started", "fax.received", "fax.email.delivered"}
)
"""Telnyx's event types that only an inbound fax has."""


class Event(BaseModel):
    """One fact.

    Telnyx's facts and ours share these fields; `from_fields` returns the subclass for the type if there is one.
    """

    # Built when first used, since a process that only sends reads no events.
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    id: str
    """Unique. Telnyx's own event id for its facts; `<job>-<seq>` for ours. Use it to make effects idempotent."""
    type: str
    job_id: str | None = None
    fax_id: str | None = None
    attempt: int | None = None
    seq: int
    """Position in the job's own history, from 1, without gaps. Facts without a job are counted for each fax id."""
    occurred_at: datetime
    source: str
    """Who reported it: `webhook`, `poll`, `listing`, `worker`, `producer`, `operator` …"""
    note: str | None = None
    """`overtaken` if a later status was already known, `conflict` if it contradicts the record."""
    campaign_id: str | None = None
    tags: tuple[str, ...] = ()
    client_state: str | None = None
    """The producer's own state, as given with the job."""
    data: dict[str, Any] = Field(default_factory=dict)

    @classmethod
    def from_fields(cls, fields: Mapping[str, str]) -> "AnyEvent":
        """Build the event from the fields of a stream entry or of a job's history.

        Raises:
            ValueError: a field that every event has is missing or unreadable.
        """
        values: dict[str, Any] = {name: value for name, value in fields.items() if value != ""}
        try:
            values["occurred_at"] = datetime.fromtimestamp(int(fields["occurred_at"]) / 1000, UTC)
            values["data"] = json.loads(fields.get("data") or "{}")
            values["tags"] = json.loads(fields.get("tags") or "[]")
        except (KeyError, OSError, OverflowError, RecursionError) as error:
            raise ValueError(f"not an event: {type(error).__name__}: {error}") from error
        event: AnyEvent = _ANY_EVENT.validate_python(values)
        return event


class FaxEvent(Event):
    """Telnyx reported something about an outbound or inbound fax; `data` is Telnyx's payload."""

    type: _Underway

    @property
    def partial_content(self) -> bool | None:
        """Whether only a part of an inbound fax came through, if Telnyx says."""
        return self.data.get("partial_content")


class FaxDelivered(Event):
    """Telnyx confirmed delivery."""

    type: _Delivered

    @property
    def page_count(self) -> int | None:
        """Pages transferred, if Telnyx says."""
        return self.data.get("page_count")


class FaxFailed(Event):
    """Telnyx reports that this attempt failed. The job may be tried again: `job.exhausted` reports its end.

    An inbound fax that failed has this event too; it has no `job_id`.
    """

    type: _Failed

    @property
    def failure_reason(self) -> str | None:
        """Telnyx's reason, from an open set."""
        return self.data.get("failure_reason")


class JobEvent(Event):
    """An action or a finding of ours about a job; `data` says why and until when."""

    type: _Job

    @property
    def reason(self) -> str | None:
        """The reason, in one word of ours or of Telnyx's."""
        return self.data.get("reason")


class ConnectionEvent(Event):
    """An alarm about a whole connection: it was paused, or sends again."""

    type: _Connection


class NumberEvent(Event):
    """A recipient's number was put in quarantine or on the suppression list, or was taken off; `data` names it."""

    type: _Number


class CampaignEvent(Event):
    """A campaign as a whole changed its state; its rows have their own events."""

    type: _Campaign


class OperatorEvent(Event):
    """A person did something in the console that no other event reports.

    `data` has the action, its subject, the person and the reason.
    """

    type: _Operator


class LedgerEvent(Event):
    """The ledger as a whole: it went back in time, was recovered, or now sends with another account."""

    type: _Ledger


class FaxRefreshed(Event):
    """An inbound fax's media link was renewed; `data` is the fax as Telnyx returns it, with the new link."""

    type: _Refreshed


class DocumentEvent(Event):
    """A fax's document was stored here, given up or removed (inbound ones), or was deleted at Telnyx."""

    type: _Document

    @property
    def file(self) -> str | None:
        """Where the document is, or was, stored."""
        return self.data.get("file")


_CLASSES: tuple[type[Event], ...] = (
    FaxEvent,
    FaxDelivered,
    FaxFailed,
    JobEvent,
    ConnectionEvent,
    NumberEvent,
    CampaignEvent,
    OperatorEvent,
    LedgerEvent,
    FaxRefreshed,
    DocumentEvent,
)
_TAGS = {kind: cls.__name__ for cls in _CLASSES for kind in get_args(cls.model_fields["type"].annotation)}


def _tag(value: Any) -> str:
    kind = value.get("type") if isinstance(value, Mapping) else getattr(value, "type", None)
    return _TAGS.get(kind, "Event") if isinstance(kind, str) else "Event"


AnyEvent = Annotated[
    Annotated[FaxEvent, Tag("FaxEvent")]
    | Annotated[FaxDelivered, Tag("FaxDelivered")]
    | Annotated[FaxFailed, Tag("FaxFailed")]
    | Annotated[JobEvent, Tag("JobEvent")]
    | Annotated[ConnectionEvent, Tag("ConnectionEvent")]
    | Annotated[NumberEvent, Tag("NumberEvent")]
    | Annotated[CampaignEvent, Tag("CampaignEvent")]
    | Annotated[OperatorEvent, Tag("OperatorEvent")]
    | Annotated[LedgerEvent, Tag("LedgerEvent")]
    | Annotated[FaxRefreshed, Tag("FaxRefreshed")]
    | Annotated[DocumentEvent, Tag("DocumentEvent")]
    | Annotated[Event, Tag("Event")],
    Discriminator(_tag),
]
_ANY_EVENT: TypeAdapter[Any] = TypeAdapter(AnyEvent, config=ConfigDict(defer_build=True))
