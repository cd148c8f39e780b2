"""Following one job to its end, for people: one live line on a terminal, a line for each event elsewhere."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.markup import escape

from faxdispatch.cli.output import clock, hidden, is_terminal, note, show
from faxdispatch.client import FaxClient
from faxdispatch.errors import Unavailable
from faxdispatch.events import Event
from faxdispatch.ledger import JobView
from faxdispatch.states import State

EVERY = 0.3
"""Seconds between two looks."""
AWAY = 300.0
"""Seconds for which Redis may be away before nobody waits for it any more."""

_FIRST = ("reason", "evidence", "verdict")
_TELLING = ("status", "failure_reason", "internal_failure_reason", "page_count", "call_duration_secs")
_CAUSED = {State.UNKNOWN, State.DECIDING, State.FAILED}

Look = Callable[[JobView], object]


def wait_for(client: FaxClient, job_id: str, *, quiet: bool = False, every: float = EVERY) -> JobView:
    """Show what becomes of a job until it has ended, and give it as it ended. Interrupting it stops the watching only.

    Raises:
        NotKnown: there is no such job.
        Unavailable: Redis did not answer for five minutes.
    """
    seen_at, away = time.monotonic(), False
    try:
        with _shown(quiet) as look:
            while True:
                try:
                    view = client.status(job_id, history=True)
                except Unavailable as error:
                    if time.monotonic() - seen_at > AWAY:
                        raise
                    if not away:
                        note(f"Redis is away; the fax goes on, and so does the watching once it is back ({error})")
                    away = True
                else:
                    seen_at, away = time.monotonic(), False
                    look(view)
                    if view.finished:
                        return view
                time.sleep(every)
    except (KeyboardInterrupt, Unavailable):
        note(f"no longer watching; the fax goes on: faxdispatch status {job_id}")
        raise


def event_line(event: Event, *, full: bool = False) -> str:
    """Write an event of a job's history as one line: when, what, which attempt and fax, who says so, on what evidence.

    Of Telnyx's payload only what tells the outcome is shown; of our own events everything.
    """
    ours = event.type.startswith("job.")
    known = sorted(event.data, key=lambda name: (name not in _FIRST, name))
    facts = {name: _fact(name, event.data[name]) for name in known if ours or name in _TELLING}
    if event.fax_id and "fax_id" not in facts:
        facts["fax"] = event.fax_id
    said = " ".join(f"{name}={value}" for name, value in (facts if full else hidden(facts)).items())
    attempt = f"attempt {event.attempt}" if event.attempt else ""
    marks = " ".join(filter(None, [attempt, f"by {event.source}", event.note, said]))
    return f"{clock(event.occurred_at)}  {event.seq:>3}  {event.type:<22} {marks}"


def _fact(name: str, value: Any) -> Any:
    if name == "until" and isinstance(value, (int, float)):
        return clock(datetime.fromtimestamp(value / 1000, UTC))
    return value if isinstance(value, (str, int, float)) else json.dumps(value, ensure_ascii=False)


def state_line(view: JobView) -> str:
    """Write where a job stands: state, why and until when it is held or why it failed, Telnyx's own status."""
    words = [f"{view.state}"]
    if view.hold_reason:
        words.append(f"because {view.hold_reason}" + (f" until {clock(view.due_at)}" if view.due_at else ""))
    elif view.cause and view.state in _CAUSED:
        words.append(f"because {view.cause}")
    if view.provider_status and not view.finished:
        words.append(f"(Telnyx: {view.provider_status})")
    if view.cancel_requested and not view.finished:
        words.append("(cancelling)")
    return " ".join(words)


@contextmanager
def _shown(quiet: bool) -> Iterator[Look]:
    if quiet:
        yield lambda _: None
    elif is_terminal():
        with Console().status("…") as live:
            yield lambda view: live.update(escape(f"job {view.job_id}: {state_line(view)}"))
    else:
        yield _Lines()


class _Lines:
    """Prints each event of a job's history once."""

    def __init__(self) -> None:
        self._told = 0

    def __call__(self, view: JobView) -> None:
        for event in view.history[self._told :]:
            show(event_line(event))
        self._told = len(view.history)
