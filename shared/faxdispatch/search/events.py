"""The events that the stream still has of a campaign's row, whose history is not kept after its end."""

from typing import Any

from faxdispatch.events import STREAM, Event
from faxdispatch.ledger import Scripts
from faxdispatch.ledger.scripts import redis_trouble
from faxdispatch.search.found import Found

_PAGE = 1000
_AFTERWARDS = 300_000
"""Milliseconds after its end in which Telnyx may still have reported something about a fax."""


def events_of_row(scripts: Scripts, found: Found) -> tuple[Event, ...]:
    """Return the events of a row's job that the stream still has, in order.

    The stream is read from the row's end back to its first event, a page at a time.

    Raises:
        Unavailable: Redis did not answer.
    """
    # redis-py's types cannot say that replies are text.
    redis: Any = scripts.redis
    if found.changed_at is None:
        return ()
    events: list[Event] = []
    newest = f"{round(found.changed_at.timestamp() * 1000) + _AFTERWARDS}"
    oldest = round(found.recorded_at.timestamp() * 1000)
    while not events or events[-1].seq > 1:
        with redis_trouble():
            page = redis.xrevrange(STREAM, max=newest, min=oldest, count=_PAGE)
        events += [Event.from_fields(fields) for _, fields in page if fields and fields.get("job_id") == found.job_id]
        if len(page) < _PAGE:
            break
        newest = f"({page[-1][0]}"
    return tuple(sorted(events, key=lambda event: event.seq))
