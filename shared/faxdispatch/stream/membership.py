"""The commands of one member to its consumer group in Redis, and the meaning of the answers."""

import logging
from dataclasses import dataclass
from time import monotonic
from typing import Any

from redis import Redis
from redis.exceptions import ResponseError

from faxdispatch.events import Event
from faxdispatch.stream.places import END, Delivery, before, last_id
from faxdispatch.text.plain import plain

log = logging.getLogger(__name__)

Entry = tuple[str, dict[str, str]]
"""Id and fields of a stream entry; the fields are empty if it was trimmed."""

_BEGINNING = "0-0"

_DEAD_LETTER = """
-- Move a pending entry to the dead letters. A second time, nothing is moved.
local group, id = ARGV[1], ARGV[2]
if #redis.call('XPENDING', KEYS[1], group, id, id, 1) == 0 then return 0 end
local found = redis.call('XRANGE', KEYS[1], id, id)
local fields = found[1] and found[1][2] or {}
-- Lua hands over only some thousands of words at once.
if #fields > 2000 then fields = {'entry', cjson.encode(fields)} end
for _, word in ipairs({'entry_id', id, 'reason', ARGV[3], 'deliveries', ARGV[4]}) do fields[#fields + 1] = word end
redis.call('XADD', KEYS[2], '*', unpack(fields))
redis.call('XACK', KEYS[1], group, id)
return 1
"""

_LEAVE = """
-- Redis forgets what is pending with a member that is deleted.
if #redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2]) > 0 then return 0 end
redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
return 1
"""


@dataclass(kw_only=True, eq=False)
class Membership:
    """The commands of a member to its group. Every method passes on errors of Redis.

    `start` (see `first_id`) is where a new group begins; `claim_after` is in seconds. `Consumer` explains the rest.
    """

    redis: Redis
    stream: str
    group: str
    name: str
    start: str
    batch: int
    claim_after: float
    max_deliveries: int
    dead_stream: str

    def __post_init__(self) -> None:
        self._below = None if self.start == END else before(self.start)
        self._dead_letter = self.redis.register_script(_DEAD_LETTER)
        self._leave = self.redis.register_script(_LEAVE)
        self._joined = False
        self._own: str | None = _BEGINNING
        self._claim_from = _BEGINNING
        self._claim_at = 0.0
        self.trimmed = 0
        """Entries known to be trimmed that were not reported yet."""

    def _join(self) -> None:
        """Create the group if it does not exist. If it is created again, it begins where the first one did."""
        if self._joined:
            return
        self._below = self._below or last_id(self.redis, self.stream)
        try:
            self.redis.xgroup_create(self.stream, self.group, self._below, mkstream=True)
        except ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise
        self._joined = True

    def begin_again(self, *, joined: bool) -> None:
        """Ask once more for unacknowledged deliveries; `joined` is False if the group is gone."""
        self._own = _BEGINNING
        self._joined = self._joined and joined

    def hand_out(self, block: float) -> list[Delivery]:
        """Return the next deliveries: leftover ones singly, then new ones, waiting up to `block` seconds."""
        self._join()
        while True:
            again = self._left_over()
            entries = again or self._new(block)
            found = [d for d in (self._examined(e, again=bool(again)) for e in entries) if d]
            if found or not entries:
                return found

    def _left_over(self) -> list[Entry]:
        """Deliver one entry again: first this member's own, then those of members that have been silent too long.

        Only one, because each delivery raises its count: otherwise an event that kills its handler would move the
        others of its batch to the dead letters, too.
        """
        if self._own is not None:
            found = self._read(self._own, count=1)
            if found:
                self._own = found[0][0]
                return found
            self._own = None
        while monotonic() >= self._claim_at:
            found = self._claimed()
            if found:
                return found
        return []

    def _new(self, block: float) -> list[Entry]:
        """Deliver new entries, waiting for them up to `block` seconds."""
        with self.redis.pipeline() as pipe:
            pipe.xinfo_stream(self.stream)
            pipe.xinfo_groups(self.stream)
            pipe.xreadgroup(self.group, self.name, {self.stream: ">"}, count=self.batch)
            state, groups, answer = pipe.execute()
        found: list[Entry] = answer[0][1] if answer else []
        if found:
            self.trimmed += _unread(state, next(g for g in groups if g["name"] == self.group))
        elif block:
            found = self._read(">", count=self.batch, block=max(1, round(block * 1000)))
        return found

    def _deliveries(self, entry_id: str) -> int:
        """Return how often a pending entry was delivered; 0 if it is no longer pending."""
        found: Any = self.redis.xpending_range(self.stream, self.group, entry_id, entry_id, 1)
        return int(found[0]["times_delivered"]) if found else 0

    def ack(self, entry_ids: list[str]) -> int:
        """Acknowledge. Return how many were pending."""
        return int(self.redis.xack(self.stream, self.group, *entry_ids))

    def dead_letter(self, entry_id: str, *, reason: str, deliveries: int) -> bool:
        """Move a pending entry to the dead letters and acknowledge it, as one step.

        Return False if it is not pending.
        """
        words = [self.group, entry_id, reason, str(deliveries)]
        moved = bool(self._dead_letter(keys=[self.stream, self.dead_stream], args=words))
        if moved:
            log.error("entry %s went to %s: %s", entry_id, self.dead_stream, plain(reason))
        return moved

    def set_position(self, target: str) -> None:
        """Let the next new entry be the first from `target` (see `first_id`) on."""
        self._joined = False
        self._join()
        self.redis.xgroup_setid(self.stream, self.group, END if target == END else before(target))

    def leave(self) -> bool:
        """Remove this member from the group. Return False if something is pending with it."""
        self._joined = False
        return bool(self._leave(keys=[self.stream], args=[self.group, self.name]))

    def _examined(self, entry: Entry, *, again: bool) -> Delivery | None:
        """Return the entry as a delivery, or None if it no longer exists or never was an event."""
        entry_id, fields = entry
        if not fields:
            self.trimmed += self.ack([entry_id])
            return None
        deliveries = self._deliveries(entry_id) if again else 1
        if deliveries > self.max_deliveries:
            self.dead_letter(
                entry_id, reason="delivered too often without an acknowledgement", deliveries=deliveries - 1
            )
            return None
        try:
            return Delivery(entry_id, Event.from_fields(fields), deliveries)
        except ValueError as error:
            self.dead_letter(entry_id, reason=f"not an event: {type(error).__name__}", deliveries=deliveries)
            return None

    def _read(self, after: str, *, count: int, block: int | None = None) -> list[Entry]:
        answer: Any = self.redis.xreadgroup(self.group, self.name, {self.stream: after}, count=count, block=block)
        found: list[Entry] = answer[0][1] if answer else []
        return found

    def _claimed(self) -> list[Entry]:
        answer: Any = self.redis.xautoclaim(
            self.stream,
            self.group,
            self.name,
            min_idle_time=round(self.claim_after * 1000),
            start_id=self._claim_from,
            count=1,
        )
        self._claim_from, found, trimmed = answer
        self.trimmed += len(trimmed)
        if self._claim_from == _BEGINNING:
            self._claim_at = monotonic() + self.claim_after / 4
        entries: list[Entry] = found
        return entries


def _unread(state: dict[str, Any], group: dict[str, Any]) -> int:
    """Return the least number of entries that were trimmed before the group had read them.

    Redis' own figure `lag` counts them as still to come, and so hides them.
    """
    first, read_to = state["first-entry"], group["last-delivered-id"]
    if not first or read_to == _BEGINNING or _order(before(first[0])) <= _order(read_to):
        return 0
    gone = int(state["entries-added"]) - int(state["length"])
    read = group["entries-read"]
    return max(0, gone - int(read)) if read is not None else 0


def _order(entry_id: str) -> tuple[int, ...]:
    return tuple(int(part) for part in entry_id.split("-"))
