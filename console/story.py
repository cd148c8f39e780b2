"""The history of one fax as a picture: its states and their durations, from its events."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup

from console.holding import meaning
from console.words import cause, clock, lasting
from faxdispatch.events import Event
from faxdispatch.ledger import JobView
from faxdispatch.reasons.words import is_known
from faxdispatch.states import State
from faxdispatch.text.wording import counted

_LEADS_TO = {
    "job.queued": State.QUEUED,
    "job.held": State.HELD,
    "job.retrying": State.HELD,
    "job.released": State.HELD,
    "job.submitted": State.SUBMITTING,
    "job.accepted": State.ACCEPTED,
    "job.unknown": State.UNKNOWN,
    "job.rejected": State.FAILED,
    "job.exhausted": State.FAILED,
    "job.cancelled": State.CANCELLED,
    "fax.delivered": State.DELIVERED,
    "fax.failed": State.DECIDING,
}
HAPPENINGS = {
    "job.queued": "Recorded",
    "job.held": "Held",
    "job.submitted": "Submitted to Telnyx",
    "job.accepted": "Accepted by Telnyx",
    "job.rejected": "Refused",
    "job.unknown": "Not known whether Telnyx accepted it",
    "job.retrying": "Another attempt is planned",
    "job.cancelling": "Cancelling was requested",
    "job.cancelled": "Cancelled",
    "job.exhausted": "Given up",
    "job.conflict": "Telnyx contradicts what is recorded",
    "job.resolved": "Settled by a person",
    "job.released": "Released by a person",
    "fax.queued": "Queued at Telnyx",
    "fax.media.processed": "Document prepared by Telnyx",
    "fax.sending.started": "The call is up, pages are being sent",
    "fax.delivered": "Delivered",
    "fax.failed": "This attempt failed",
    "fax.deleted": "Deleted at Telnyx",
    "job.invalid": "A message could not be carried out",
    "message.stripped": "A message was taken without its callbacks",
    "fax.receiving.started": "A fax is coming in",
    "fax.media.processing.started": "Telnyx prepares a received document",
    "fax.received": "A fax was received",
    "fax.email.delivered": "Telnyx sent a received fax by mail",
    "fax.refreshed": "The link of a received document was renewed",
    "fax.stored": "A received document was stored",
    "fax.store.failed": "A received document could not be stored",
    "fax.removed": "A received document was removed",
    "connection.paused": "A connection was paused",
    "connection.resumed": "The pause of a connection ended",
    "limits.changed": "Limits were changed",
    "number.quarantined": "A number was put in quarantine",
    "number.released": "A number was released from quarantine",
    "number.suppressed": "A number was suppressed",
    "number.unsuppressed": "A number is no longer suppressed",
    "numbers.imported": "A list of suppressed numbers was imported",
    "campaign.created": "A campaign was created",
    "campaign.checked": "The list of a campaign was checked",
    "campaign.planned": "The start of a campaign was planned",
    "campaign.started": "A campaign was started",
    "campaign.paused": "A campaign was paused",
    "campaign.resumed": "A campaign was resumed",
    "campaign.cancelled": "A campaign was cancelled",
    "campaign.finished": "A campaign finished",
    "campaign.retried": "Rows of a campaign are to be tried again",
    "campaign.capped": "The cap of a campaign was changed",
    "campaign.purged": "A campaign was removed",
    "operator.acted": "A person acted",
    "ledger.adopted": "The ledger sends with another account from now on",
    "ledger.went_back": "The ledger went back in time",
    "ledger.recovered": "The ledger was recovered",
}
_SAYS = {
    "webhook": "Telnyx, by webhook",
    "poll": "Telnyx, in an answer",
    "listing": "a listing of Telnyx's faxes",
    "worker": "our worker",
    "scheduler": "our scheduler",
    "producer": "its sender",
    "operator": "a person",
    "campaign": "its campaign",
}
_TELLING = {
    "reason": "reason",
    "failure_reason": "reason",
    "evidence": "evidence",
    "verdict": "verdict",
    "why": "why",
    "operator": "operator",
    "page_count": "pages",
    "call_duration_secs": "length of the call",
}
"""The facts of events that are shown, with their names for people."""


@dataclass(frozen=True, slots=True)
class Step:
    """One event: its words, its source, and the evidence."""

    at: datetime
    words: str
    state: State | None
    attempt: int | None
    by: str
    note: str | None
    evidence: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Segment:
    """A time in one state, with its place in a picture 1000 wide. Long ones are drawn shorter than they are."""

    state: State
    attempt: int
    begin: datetime
    seconds: float
    x: float
    width: float


def verdict(view: JobView) -> tuple[Markup | str, str | None]:
    """Return the result of a fax in one sentence, and further facts in another."""
    attempts = counted(view.attempt, "attempt")
    if view.state is State.DELIVERED:
        pages = f", {counted(view.page_count, 'page')}" if view.page_count else ""
        return Markup("Delivered {}{}.").format(
            clock(_ended_at(view)), pages
        ), f"Telnyx confirmed it, after {attempts}."
    if view.state is State.FAILED:
        what = cause(view.cause)
        return f"Not delivered: {what}", f"Given up after {attempts}." if view.attempt else "It was never dialled."
    if view.state is State.CANCELLED:
        return "Cancelled.", f"After {attempts}." if view.attempt else "It was never dialled."
    if view.state is State.UNKNOWN:
        return (
            "Not known: Telnyx may or may not have accepted it.",
            "faxdispatch searches for it and does not send it again until the outcome is known.",
        )
    if view.state is State.HELD:
        return "Not yet: it waits.", f"The last attempt failed: {cause(view.cause)}" if view.cause else None
    if view.state is State.QUEUED:
        return "Not yet: it waits for a worker.", None
    if view.state is State.DECIDING:
        return "Not yet: an attempt failed, and the failure policy has not yet decided about the next.", cause(
            view.cause
        )
    return "Not yet: it is on its way.", f"Attempt {view.attempt}."


def steps(view: JobView) -> list[Step]:
    """Return every event of a fax in words, in order."""
    return [_step(event) for event in view.history]


def segments(view: JobView, now: datetime) -> list[Segment]:
    """Return the times in each state, up to now if it has not ended."""
    found: list[tuple[State, int, datetime, float]] = []
    marks = _marks(view.history)
    for (at, state, attempt), following in zip(marks, [*marks[1:], None][: len(marks)], strict=True):
        end = following[0] if following else (at if view.finished else now)
        found.append((state, attempt, at, max(0.0, (end - at).total_seconds())))
    sizes = [25 + 40 * math.log1p(seconds) for *_, seconds in found]
    total, x, drawn = sum(sizes) or 1.0, 0.0, []
    for (state, attempt, at, seconds), size in zip(found, sizes, strict=True):
        width = 1000 * size / total
        drawn.append(Segment(state, attempt, at, seconds, round(x, 1), round(width, 1)))
        x += width
    return drawn


def _ended_at(view: JobView) -> datetime:
    """Return when Telnyx delivered it, by its own clock if the history is kept."""
    return next((one.occurred_at for one in view.history if one.type == "fax.delivered"), view.updated_at)


def _marks(history: Sequence[Event]) -> list[tuple[datetime, State, int]]:
    marks: list[tuple[datetime, State, int]] = []
    attempt = 0
    for event in history:
        attempt = event.attempt or attempt
        state = None if event.note else _LEADS_TO.get(event.type)
        if state and (not marks or marks[-1][1:] != (state, attempt)):
            marks.append((event.occurred_at, state, attempt))
    return marks


def _step(event: Event) -> Step:
    data = event.data
    evidence = [(words, _fact(name, data[name])) for name, words in _TELLING.items() if data.get(name) is not None]
    if isinstance(data.get("until"), (int, float)) and data["until"]:
        evidence.append(
            ("until", f"{datetime.fromtimestamp(data['until'] / 1000, event.occurred_at.tzinfo):%H:%M:%S} UTC")
        )
    if event.fax_id and event.type == "job.accepted":
        evidence.append(("Telnyx's fax", event.fax_id))
    return Step(
        event.occurred_at,
        HAPPENINGS.get(event.type, event.type),
        _LEADS_TO.get(event.type),
        event.attempt,
        _SAYS.get(event.source, event.source),
        event.note,
        evidence,
    )


def _fact(name: str, value: Any) -> str:
    if name in {"reason", "failure_reason"}:
        words = meaning(str(value))
        if words:
            return words
        return cause(str(value)) if is_known(str(value)) else str(value)
    if name == "evidence":
        return _SAYS.get(str(value), str(value))
    if name == "call_duration_secs" and isinstance(value, (int, float)):
        return lasting(value)
    return str(value)
