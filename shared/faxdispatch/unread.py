"""Messages for our workers that lie where no worker reads, because of how a plain Celery app sends them.

Without a queue they lie in Celery's default one, which may be another service's: they are counted there and left alone.
With a `global_keyprefix` or another separator of priorities, the lists in Redis have other names than ours.
"""

import re
import time
from collections.abc import Iterator
from typing import Any

from faxdispatch.broker import BrokerApp
from faxdispatch.jobs import JOBS, URGENT

DEFAULT_QUEUE = "celery"
"""Celery's own (Celery documentation, `task_default_queue`)."""
EVERY = 10.0
"""Seconds between two looks of the leading scheduler."""
SLICE = 5_000
"""Keys of Redis that are looked at in one of them."""
WHOLE = 10_000_000
"""Keys that are looked at where a person waits for the answer, for at most `PATIENCE` seconds."""
PATIENCE = 10.0
MOST = 20
"""Places that are told."""

_QUEUES = sorted({URGENT, *(kind.QUEUE for kind in JOBS)})
_READ = re.compile(rf"(?:{'|'.join(map(re.escape, _QUEUES))})(?:\x06\x16[1-9])?")
_LIKE = re.compile(rf".*(?:{'|'.join(map(re.escape, _QUEUES))})(?:\W{{1,4}}\d{{1,3}})?")
_COUNT = """
-- How many of the newest and the oldest 500 messages of a list name one of the tasks in ARGV.
local size, found = redis.call('LLEN', KEYS[1]), 0
local pages = {redis.call('LRANGE', KEYS[1], 0, 499)}
if size > 500 then pages[2] = redis.call('LRANGE', KEYS[1], math.max(500, size - 500), -1) end
for _, page in ipairs(pages) do
  for _, text in ipairs(page) do
    for _, task in ipairs(ARGV) do
      if string.find(text, '"' .. task .. '"', 1, true) then
        found = found + 1
        break
      end
    end
  end
end
return found
"""


class Lookout:
    """Looks for them, a part of Redis' keys at a time."""

    def __init__(self, app: BrokerApp) -> None:
        self._app = app
        self._cursor = 0
        self._suspects: set[str] = set()

    def look(self, *, keys: int = SLICE) -> dict[str, int]:
        """Give the places where messages for us lie unread, and how many there are at least.

        Raises:
            Exception: the broker does not answer; what it raises has no common class.
        """
        with self._app.connection_for_read() as connection:
            driver = connection.transport.driver_type
            if driver == "redis":
                with connection.default_channel.conn_or_acquire() as client:
                    return dict(list(self._on_redis(client, keys))[:MOST])
            return dict(_on_rabbitmq(connection)) if driver == "amqp" else {}

    def _on_redis(self, redis: Any, keys: int) -> Iterator[tuple[str, int]]:
        self._search(redis, keys)
        for name in sorted(self._suspects | {f"{DEFAULT_QUEUE}{end}" for end in ("", *_PRIORITIES)}):
            if found := redis.eval(_COUNT, 1, name, *(kind.TASK for kind in JOBS)):
                yield name.replace("\x06\x16", " priority "), found
            else:
                self._suspects.discard(name)

    def _search(self, redis: Any, keys: int) -> None:
        end = time.monotonic() + PATIENCE
        for _ in range(max(1, keys // 1000)):
            self._cursor, names = redis.scan(self._cursor, match="*fax.*", count=1000, _type="list")
            texts = (name.decode(errors="replace") if isinstance(name, bytes) else name for name in names)
            self._suspects.update(name for name in texts if _LIKE.fullmatch(name) and not _READ.fullmatch(name))
            if not self._cursor or time.monotonic() > end:
                return


_PRIORITIES = tuple(f"\x06\x16{step}" for step in range(1, 10))


def _on_rabbitmq(connection: Any) -> Iterator[tuple[str, int]]:
    """Look into the default queue where nobody consumes from it. What is looked at goes back to its place."""
    try:
        with connection.channel() as channel:
            state = channel.queue_declare(DEFAULT_QUEUE, passive=True)
            if not state.message_count or state.consumer_count:
                return
            messages = [channel.basic_get(DEFAULT_QUEUE, no_ack=False) for _ in range(min(state.message_count, 20))]
    except connection.channel_errors:
        # There is no such queue, or it is another service's own.
        return
    tasks = {kind.TASK for kind in JOBS}
    found = sum(1 for message in messages if message is not None and _task(message) in tasks)
    if found:
        yield DEFAULT_QUEUE, found


def _task(message: Any) -> Any:
    properties = message.properties or {}
    return (properties.get("application_headers") or {}).get("task")
