"""A job and the events of its history as lines for people."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from faxdispatch.events import Event
from faxdispatch.ledger import JobView
from faxdispatch.reasons.words import short
from faxdispatch.states import State
from faxdispatch.text.privacy import hidden
from faxdispatch.text.wording import clock

_FIRST = ("reason", "evidence", "verdict")
_OUTCOME = ("status", "failure_reason", "internal_failure_reason", "page_count", "call_duration_secs")
_CODES = {"reason", "cause", "code"}
_EMPTY = ("", "null", "{}", "[]")
_CAUSED = {State.UNKNOWN, State.DECIDING, State.FAILED}


def event_line(event: Event, *, full: bool = False) -> str:
    """Write an event of a job's history as one line: when, what, attempt and fax, who reported it, evidence.

    Telnyx's events are shown with their outcome only, those of faxdispatch with all facts.
    """
    is_job_event = event.type.startswith("job.")
    known = sorted(event.data, key=lambda name: (name not in _FIRST, name))
    facts = {name: _fact(name, event.data[name]) for name in known if is_job_event or name in _OUTCOME}
    facts = {name: fact for name, fact in facts.items() if fact not in _EMPTY}
    if event.fax_id and "fax_id" not in facts:
        facts["fax"] = event.fax_id
    said = " ".join(f"{name}={value}" for name, value in (facts if full else hidden(facts)).items())
    attempt = f"attempt {event.attempt}" if event.attempt else ""
    marks = " ".join(filter(None, [attempt, f"by {event.source}", event.note, said]))
    return f"{clock(event.occurred_at)}  {event.seq:>3}  {event.type:<22} {marks}"


def _fact(name: str, value: Any) -> Any:
    if name == "until" and isinstance(value, (int, float)):
        return clock(datetime.fromtimestamp(value / 1000, UTC))
    if name in _CODES and isinstance(value, str):
        return short(value)
    return value if isinstance(value, (str, int, float)) else json.dumps(value, ensure_ascii=False)


def state_line(view: JobView) -> str:
    """Write the state of a job: why and until when it is held, or why it failed, and Telnyx's own status."""
    words = [f"{view.state}"]
    if view.hold_reason:
        words.append(f"({view.hold_reason})" + (f" until {clock(view.due_at)}" if view.due_at else ""))
    elif view.cause and view.state in _CAUSED:
        words.append(f"({short(view.cause)})")
    if view.provider_status and not view.finished:
        words.append(f"(Telnyx: {view.provider_status})")
    if view.cancel_requested and not view.finished:
        words.append("(cancelling)")
    return " ".join([*words, *unread_words(view.unread)])


def unread_words(fields: Sequence[str]) -> list[str]:
    """Write which fields of a job this version does not know; empty if it knows all."""
    return [f"(a later version recorded it with {', '.join(fields)}, which this one does not know)"] if fields else []
