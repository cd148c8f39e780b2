"""Messages for our workers in places that no worker reads, because of how a plain Celery app sent them.

A message without a queue goes to Celery's default queue or to that of the sender's app, which may belong to another
service. Such messages are counted and left in place. With a `global_keyprefix`, another priority separator or a
misspelt queue name, the lists in Redis have other names than ours. Keys that our user may not read are skipped.
"""

import re
import time
from collections.abc import Iterator
from typing import Any

from redis.exceptions import ResponseError

from faxdispatch.broker.connection import BrokerApp
from faxdispatch.jobs import JOBS, URGENT
from faxdispatch.redis.namespace import FORM, USUAL

DEFAULT_QUEUE = "celery"
"""Celery's own default queue (Celery documentation, `task_default_queue`)."""
EVERY = 10.0
"""Seconds between two searches by the leading scheduler."""
SLICE = 5_000
"""Number of Redis keys that one search looks at."""
WHOLE = 10_000_000
"""Number of keys that one search looks at if a person waits for the answer, at most `PATIENCE` seconds."""
PATIENCE = 10.0
MOST = 20
"""Maximum number of places to report."""

_QUEUES = sorted({URGENT, *(kind.QUEUE for kind in JOBS), "fax.dispatch", "fax.checks"})
"""The queues of producers, and the two through which workers send themselves reminders."""
_OF_A_DEPLOYMENT = re.compile(
    rf"(?P<namespace>{FORM})"
    rf"(?::|(?:{'|'.join(re.escape(queue.removeprefix(USUAL)) for queue in _QUEUES)})(?:\x06\x16[1-9])?$)"
)
"""Keys and queues of a deployment, in any namespace."""
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
_ENDS = """
-- Whether the newest or the oldest message of a list names one of the tasks in ARGV.
for _, at in ipairs({0, -1}) do
  local text = redis.call('LINDEX', KEYS[1], at)
  for _, task in ipairs(ARGV) do
    if text and string.find(text, '"' .. task .. '"', 1, true) then return 1 end
  end
end
return 0
"""
_TASKS = [kind.TASK for kind in JOBS]


def _is_deployment(redis: Any, namespace: str) -> bool:
    """Return whether there is a ledger in that namespace; False if our user may not read it."""
    try:
        return bool(redis.exists(f"{namespace}:ledger"))
    except ResponseError:
        return True


class Lookout:
    """Looks for such messages, in a part of Redis' keys at a time."""

    def __init__(self, app: BrokerApp) -> None:
        self._app = app
        self._cursor = 0
        self._suspects: set[str] = set()

    def look(self, *, keys: int = SLICE) -> dict[str, int]:
        """Return the places where messages for us lie unread, and how many there are at least.

        Raises:
            Exception: the broker does not answer; its errors have no common class.
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
            if found := self._count(redis, name):
                yield name.replace("\x06\x16", " priority "), found
            else:
                self._suspects.discard(name)

    def _count(self, redis: Any, name: str) -> int:
        try:
            return int(redis.eval(_COUNT, 1, name, *_TASKS))
        except ResponseError:
            # It may not be read, or is not a list.
            return 0

    def _is_read(self, redis: Any, name: str) -> bool:
        """Return whether a list belongs to a ledger or is a queue of workers, ours or another deployment's."""
        found = _OF_A_DEPLOYMENT.match(name)
        if found is None:
            return False
        namespace = found["namespace"]
        return namespace in {self._app.namespace, USUAL} or _is_deployment(redis, namespace)

    def _search(self, redis: Any, keys: int) -> None:
        end = time.monotonic() + PATIENCE
        for _ in range(max(1, keys // 1000)):
            self._cursor, found = redis.scan(self._cursor, count=1000, _type="list")
            texts = (name.decode(errors="replace") if isinstance(name, bytes) else name for name in found)
            names = [name for name in texts if not self._is_read(redis, name)]
            pipe = redis.pipeline(transaction=False)
            for name in names:
                pipe.eval(_ENDS, 1, name, *_TASKS)
            replies = pipe.execute(raise_on_error=False)
            self._suspects.update(name for name, reply in zip(names, replies, strict=True) if reply == 1)
            if not self._cursor or time.monotonic() > end:
                return


_PRIORITIES = tuple(f"\x06\x16{step}" for step in range(1, 10))


def _on_rabbitmq(connection: Any) -> Iterator[tuple[str, int]]:
    """Look into the default queue if nobody consumes from it. The messages go back to their places."""
    try:
        with connection.channel() as channel:
            state = channel.queue_declare(DEFAULT_QUEUE, passive=True)
            if not state.message_count or state.consumer_count:
                return
            messages = [channel.basic_get(DEFAULT_QUEUE, no_ack=False) for _ in range(min(state.message_count, 20))]
    except connection.channel_errors:
        # There is no such queue, or it belongs to another service.
        return
    tasks = {kind.TASK for kind in JOBS}
    found = sum(1 for message in messages if message is not None and _task(message) in tasks)
    if found:
        yield DEFAULT_QUEUE, found


def _task(message: Any) -> Any:
    properties = message.properties or {}
    return (properties.get("application_headers") or {}).get("task")
