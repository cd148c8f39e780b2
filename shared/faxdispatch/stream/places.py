"""Places in the event stream, its entries, and reading it without a consumer group."""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from redis import Redis

from faxdispatch.errors import BadInput
from faxdispatch.events import STREAM, Event
from faxdispatch.ledger import Patience, connect
from faxdispatch.ledger.scripts import redis_trouble

log = logging.getLogger(__name__)

Position = str | datetime
"""A place in the stream: an entry id, a time, `0` for its beginning, `$` for its end."""

END = "$"
_LAST = 2**64 - 1
_PAGE = 500
_ID = re.compile(r"(\d{1,20})(?:-(\d{1,20}))?")


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivered event.

    `entry_id` is its place in the stream, `deliveries` how often the group delivered it, including this time; 0 if it
    was read without a group.
    """

    entry_id: str
    event: Event
    deliveries: int = 0


def open_stream(redis_url: str) -> Redis:
    """Make a client for reading events.

    Bytes that are not UTF-8 are replaced, so that they do not stop everything that follows.

    Raises:
        Misconfigured: Redis does not understand the address.
    """
    return connect(redis_url, Patience.READER, encoding_errors="replace", protocol=2)


def first_id(position: Position) -> str:
    """Return the lowest entry id that an entry at or after `position` can have. `$` has none and stays `$`.

    Raises:
        BadInput: it is neither an entry id nor an aware datetime.
    """
    if isinstance(position, datetime):
        if position.tzinfo is None:
            raise BadInput("position: give a datetime with a time zone; without one the wrong events could be read")
        return f"{max(0, round(position.timestamp() * 1000))}-0"
    if position == END:
        return position
    found = _ID.fullmatch(position)
    if not found or any(int(part or 0) > _LAST for part in found.groups()):
        raise BadInput(f"position: {position!r} is not an entry id such as 1735689600000-0, a time, 0 or $")
    return f"{int(found[1])}-{int(found[2] or 0)}"


def place(entry_id: str) -> tuple[int, int]:
    """Return the two numbers of an entry id, by which ids are compared."""
    millis, sequence = entry_id.split("-")
    return int(millis), int(sequence)


def before(entry_id: str) -> str:
    """Return the id just below `entry_id`: a group at that id reads that entry next."""
    millis, sequence = place(entry_id)
    if sequence:
        return f"{millis}-{sequence - 1}"
    return f"{millis - 1}-{_LAST}" if millis else "0-0"


def moment(entry_id: str) -> datetime:
    """Return the time at which an entry was written, by Redis' clock."""
    return datetime.fromtimestamp(int(entry_id.partition("-")[0]) / 1000, UTC)


def replay(
    redis: Redis, start: Position = "0", end: Position | None = None, *, stream: str = STREAM
) -> Iterator[Delivery]:
    """Read from the first entry at or after `start` to the last at or before `end`, or to the end of the stream.

    Entries that are not events are left out, with a log line.

    Raises:
        BadInput: one is not a position.
        Unavailable: Redis did not answer.
    """
    low, high = first_id(start), _highest(end)
    if low == END:
        return
    while True:
        with redis_trouble():
            entries: Any = redis.xrange(stream, low, high, count=_PAGE)
        yield from readable(entries)
        if len(entries) < _PAGE:
            return
        low = f"({entries[-1][0]}"


def follow(
    redis: Redis, start: Position = END, *, stream: str = STREAM, block: float = 5.0
) -> Iterator[Delivery | None]:
    """Read from the first entry at or after `start`, and then each new one, forever.

    Yields None each time that nothing came for `block` seconds (at most 10), so that the caller can stop.

    Raises:
        BadInput: it is not a position.
        Unavailable: Redis did not answer.
    """
    last = last_id(redis, stream) if start == END else before(first_id(start))
    while True:
        with redis_trouble():
            found: Any = redis.xread({stream: last}, count=_PAGE, block=round(block * 1000))
        entries = found[0][1] if found else []
        yield from readable(entries)
        if entries:
            last = entries[-1][0]
        else:
            yield None


def last_id(redis: Redis, stream: str = STREAM) -> str:
    """Return the id of the last entry that was written, or `0-0` if there was none. Raises `Unavailable`."""
    with redis_trouble():
        newest: Any = redis.xrevrange(stream, count=1)
        if newest:
            return str(newest[0][0])
        if not redis.exists(stream):
            return "0-0"
        state: Any = redis.xinfo_stream(stream)
        return str(state["last-generated-id"])


def readable(entries: list[tuple[str, dict[str, str]]]) -> Iterator[Delivery]:
    """Yield the entries that are events; log that the others are not."""
    for entry_id, fields in entries:
        try:
            yield Delivery(entry_id, Event.from_fields(fields))
        except ValueError as error:
            log.warning("entry %s of the event stream is not an event: %s", entry_id, type(error).__name__)


def _highest(end: Position | None) -> str:
    if end is None or end == END:
        return "+"
    text = first_id(end)
    # An id without its second part, and a time, mean all entries of their millisecond.
    whole = isinstance(end, datetime) or "-" not in end
    return text.partition("-")[0] if whole else text
