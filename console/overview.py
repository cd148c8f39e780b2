"""The first page: alarms, and the number of faxes in each state."""

from datetime import datetime

from flask import Blueprint, render_template

from console.alarms import alarms
from console.chart import course
from console.desk import desk
from faxdispatch.events import Event
from faxdispatch.ledger import Overview, Sample, newest_events, read_overview, samples
from faxdispatch.states import State

pages = Blueprint("overview", __name__)


@pages.get("/")
def page() -> str:
    """Show it."""
    here = desk()
    found = read_overview(here.scripts)
    events = newest_events(here.scripts)
    return render_template(
        "overview.html",
        found=found,
        alarms=alarms(found, here.settings, _lag(events)),
        columns=course(samples(here.scripts), _now(found)),
        events=events[:12],
        State=State,
    )


def _now(found: Overview) -> Sample:
    counts = found.counts
    return Sample(found.now, counts[State.DELIVERED], counts[State.FAILED], counts[State.CANCELLED])


def _lag(events: list[tuple[datetime, Event]]) -> float | None:
    """Return how many seconds late the last webhooks were on average, or None if there were none lately."""
    late = [(at - event.occurred_at).total_seconds() for at, event in events if event.source == "webhook"]
    return sum(late) / len(late) if late else None
