"""Celery's Redis transport, with its own records of messages that are received and not acknowledged yet.

A message is received and recorded in one atomic step. Kombu pops it first and records it afterwards, so a worker that
dies in between loses the message; found by `make chaos`, known upstream as celery#4354 and #7950. The scheduler brings
a fax that is in the ledger again, but a fax that a service has sent with `send_task` exists nowhere else.

The record is the text as it was in the queue, under our own tag and our own keys. Kombu trusts the sender's tag, so two
messages could become one. All Celery systems on one Redis share its keys, and so use the shortest visibility timeout
among them. Every list to which kombu may write a queue's messages is read: one for each priority.

A message that is too long never leaves Redis; the worker gets its size, its hash and its two ends instead.

If several faxes wait, they are received in one step. Each is recorded under its own tag. The tag of the message that
they form together consists of all these, separated by spaces, so they are also acknowledged, or given back, in one
step.

One client serves all commands; kombu builds one for each.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha1
from queue import Empty
from typing import Any
from uuid import uuid4

from kombu import message
from kombu.transport import redis
from redis.exceptions import NoScriptError, ResponseError

from faxdispatch.broker import redis_transport
from faxdispatch.broker.connection import BrokerApp
from faxdispatch.jobs import CancelFax, SendFax
from faxdispatch.redis.namespace import queue_name
from worker.messaging.envelope import CUT, KEPT, Envelope

log = logging.getLogger(__name__)

TAKEN = "fax:taken"
"""Hash: messages that are received and not acknowledged; each is the name of its list, a line feed and its text."""
TAKEN_AT = "fax:taken:at"
"""Sorted set: their tags by the time at which they were received, in seconds of Redis' clock."""

_SCRIPT = f"""
-- KEYS: what is taken, its index by time, then the queues in the order in which they are served. ARGV: a tag; how long
-- a message may be; whether the lists of other priorities go first, which is so now and then, lest they wait forever;
-- of which queue several are taken together, and how many. Gives the queue and the texts; the tag of a further one ends
-- in its number.
local function escaped(text)
  return (string.gsub(text, '[\\128-\\255]', function(c) return string.format('\\\\x%02x', string.byte(c)) end))
end

local function cut(text)
  return cjson.encode({{['{CUT}'] = {{
    size = #text, sha1 = redis.sha1hex(text),
    head = escaped(string.sub(text, 1, {KEPT})), tail = escaped(string.sub(text, -{KEPT})),
  }}}})
end

local function take(list, tag)
  local text = redis.pcall('RPOP', list)
  if not text then return nil end
  if text.err then
    -- Under the name of a queue lies something that is none; the other queues are read nevertheless.
    if string.find(text.err, 'WRONGTYPE', 1, true) then return nil end
    return error(text)
  end
  if #text > tonumber(ARGV[2]) then text = cut(text) end
  redis.call('ZADD', KEYS[2], redis.call('TIME')[1], tag)
  redis.call('HSET', KEYS[1], tag, list .. '\\n' .. text)
  return text
end

local function take_from(queue, list)
  local text = take(list, ARGV[1])
  if not text then return nil end
  local found = {{queue, text}}
  for number = 2, queue == ARGV[4] and tonumber(ARGV[5]) or 1 do
    text = take(list, ARGV[1] .. '.' .. number)
    if not text then break end
    found[#found + 1] = text
  end
  return found
end

local function take_by_priority()
  for at = 3, #KEYS do
    for priority = 1, 9 do
      local found = take_from(KEYS[at], KEYS[at] .. '\\6\\22' .. priority)
      if found then return found end
    end
  end
end

local found = ARGV[3] == '1' and take_by_priority()
if found then return found end
for at = 3, #KEYS do
  found = take_from(KEYS[at], KEYS[at])
  if found then return found end
end
return ARGV[3] ~= '1' and take_by_priority() or false
"""
_SHA = sha1(_SCRIPT.encode(), usedforsecurity=False).hexdigest()

_RESTORE = """
-- KEYS: what is taken, its index. ARGV: the end of the list to which it goes back, then tags.
for at = 2, #ARGV do
  local noted = redis.call('HGET', KEYS[1], ARGV[at])
  if noted then
    local list, text = string.match(noted, '^(.-)\\n(.*)$')
    redis.call(ARGV[1], list, text)
  end
  redis.call('HDEL', KEYS[1], ARGV[at])
  redis.call('ZREM', KEYS[2], ARGV[at])
end
"""

_OVERDUE = """
-- KEYS: what is taken, its index. ARGV: seconds after which it is given to others.
local due = redis.call('TIME')[1] - ARGV[1]
local back = 0
for _, tag in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', due, 'LIMIT', 0, 100)) do
  local noted = redis.call('HGET', KEYS[1], tag)
  if noted then
    local list, text = string.match(noted, '^(.-)\\n(.*)$')
    redis.call('RPUSH', list, text)
    back = back + 1
  end
  redis.call('HDEL', KEYS[1], tag)
  redis.call('ZREM', KEYS[2], tag)
end
return back
"""

_KOMBUS = """
-- ARGV: seconds after which a message is given to others; how many of kombu's are passed over, how many looked at; our
-- queues. Kombu notes a message, its exchange and its routing key as one JSON list; what is of other queues is another
-- system's.
local ours = {}
for at = 4, #ARGV do ours[ARGV[at]] = true end
local due = redis.call('TIME')[1] - ARGV[1]
local tags = redis.call('ZRANGEBYSCORE', 'unacked_index', '-inf', due, 'LIMIT', ARGV[2], ARGV[3])
local back = 0
for _, tag in ipairs(tags) do
  local text, queue = string.match(redis.call('HGET', 'unacked', tag) or '', '^%[(.*), ?"[^"]*", ?"([^"]*)"%]$')
  if ours[queue] then
    redis.call('RPUSH', queue, text)
    redis.call('HDEL', 'unacked', tag)
    redis.call('ZREM', 'unacked_index', tag)
    back = back + 1
  end
end
return {#tags, back}
"""

# kombu is only partly typed; `Any` avoids false errors.
_Message: Any = message.Message
_QoS: Any = redis.QoS

_NOBODY = "fax:nobody"
"""A stream that is always empty: waiting for it means waiting at the server."""
_WAIT = 50
"""Milliseconds between two reads of empty queues."""
_PAGE = 200
"""How many of kombu's messages are read together."""
_PRIORITIES_FIRST = 16
"""Once in this many reads, lists of other priorities than the default one are read first."""


class Message(_Message):  # type: ignore[misc]
    """An unread message; its body is its envelope, decoded as far as possible.

    If several were received, it stands for all of them, and its body is a tuple of their envelopes.
    """

    def __init__(self, taken: tuple[str, list[bytes], str], channel: Any = None, **_: Any) -> None:
        tag, texts, queue = taken
        envelopes = tuple(map(Envelope.from_text, texts))
        super().__init__(
            body=envelopes if len(envelopes) > 1 else envelopes[0],
            channel=channel,
            delivery_tag=" ".join((tag, *(f"{tag}.{number}" for number in range(2, len(texts) + 1)))),
            delivery_info={"exchange": "", "routing_key": queue},
        )


class QoS(_QoS):  # type: ignore[misc]
    """Keeps the records of received messages. The methods are named after kombu's own steps.

    A message's place in the prefetch count is freed even if the server temporarily refuses to delete its record. The
    message is then delivered once more, which does no harm; a place that is never freed would make the worker accept
    fewer and fewer messages.
    """

    def ack(self, delivery_tag: str) -> None:
        """Acknowledge a message."""
        self._forgotten(super().ack, delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Give a message back, or drop it."""
        self._forgotten(super().reject, delivery_tag, requeue=requeue)

    def _forgotten(self, forget: Callable[..., None], tag: str, **options: Any) -> None:
        try:
            forget(tag, **options)
        except ResponseError as error:
            log.warning("the broker refused an acknowledgement, so the message will be delivered again: %s", error)
            self._quick_ack(tag)

    def append(self, message: Any, delivery_tag: str) -> None:
        """Count a received message, which is already recorded."""
        del message
        if self._dirty:
            self._flush()
        self._quick_append(delivery_tag, None)

    def restore_by_tag(self, tag: str, client: Any = None, leftmost: bool = False) -> None:
        """Put a message back: in front, or behind all others."""
        with self.channel.conn_or_acquire(client) as redis:
            redis.eval(_RESTORE, 2, TAKEN, TAKEN_AT, "LPUSH" if leftmost else "RPUSH", *tag.split())

    def _remove_from_indices(self, delivery_tag: str, pipe: Any = None) -> Any:
        """Forget a recorded message; kombu gives this step its name."""
        tags = delivery_tag.split()
        with self.pipe_or_acquire(pipe) as pipe:
            return pipe.zrem(TAKEN_AT, *tags).hdel(TAKEN, *tags)

    _passed_over = 0

    def restore_visible(self, start: int = 0, num: int = 10, interval: int = 10) -> None:
        """Put back messages that were received so long ago that their worker must be dead.

        This includes messages of our queues under kombu's own keys, which a worker of an older version received.
        """
        del start, num
        self._vrestore_count += 1
        if (self._vrestore_count - 1) % (interval or 1):
            return
        with self.channel.conn_or_acquire() as redis:
            try:
                if back := redis.eval(_OVERDUE, 2, TAKEN, TAKEN_AT, self.visibility_timeout):
                    log.info("%d messages of dead workers were put back into their queues", back)
                queues = self.channel.active_queues
                seen, found = redis.eval(_KOMBUS, 0, self.visibility_timeout, self._passed_over, _PAGE, *queues)
                self._passed_over = 0 if seen < _PAGE else self._passed_over + seen - found
            except ResponseError as error:
                # The server refuses writes at present, or there is no right to kombu's keys.
                log.debug("no messages were put back: %s", error)


class Channel(redis_transport.Channel):
    """Receives messages so that each message is always stored somewhere.

    The methods are named after kombu's own steps.
    """

    QoS = QoS
    Message = Message

    max_bytes = 262_144
    together = 1
    from_transport_options = (*redis_transport.Channel.from_transport_options, "max_bytes", "together")

    _plain: Any = None
    _idle = False
    _waited = False
    _looks = 0

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._name = uuid4().hex
        self._tag = ""

    def _brpop_start(self, timeout: float | None = None) -> None:
        del timeout
        queues = self._queue_cycle.consume(len(self.active_queues))
        if not queues:
            return
        asked = queue_name(self.namespace, CancelFax.QUEUE)
        if self._looks % 2 and asked in queues:
            # Questions of producers go before sends, but in a flood every other message is a send.
            queues.sort(key=asked.__eq__)
        connection = self._in_poll = self.client.connection
        self._brpop_sent_at = time.monotonic()
        self._waited = self._idle
        if self._idle:
            connection.send_command("XREAD", "BLOCK", _WAIT, "STREAMS", _NOBODY, "$")
        self._looks += 1
        self._tag = f"{self._name}-{self._looks}"
        priorities_first = int(self._looks % _PRIORITIES_FIRST == 0)
        keys = (TAKEN, TAKEN_AT, *queues)
        sends = queue_name(self.namespace, SendFax.QUEUE)
        about = (self._tag, self.max_bytes, priorities_first, sends, self.together)
        connection.send_command("EVALSHA", _SHA, len(keys), *keys, *about)

    def _brpop_read(self, **options: Any) -> bool:
        try:
            taken = self._taken(options)
        finally:
            self._in_poll = None
            self._flush_brpop_reauth()
        self._idle = not taken
        if not taken:
            raise Empty
        queue, *texts = taken
        queue = queue.decode() if isinstance(queue, bytes) else queue
        self._queue_cycle.rotate(queue)
        self.connection._deliver((self._tag, texts, queue), queue)  # noqa: SLF001 - as kombu's own step does
        return True

    def _taken(self, options: dict[str, Any]) -> Any:
        # Both answers are read, whatever the first one is: an unread answer would be read as the next command's.
        if self._waited:
            self._answer("XREAD", options)
        return self._answer("EVALSHA", options)

    def _answer(self, command: str, options: dict[str, Any]) -> Any:
        connection = self.client.connection
        try:
            return self.client.parse_response(connection, command, **options)
        except NoScriptError:
            connection.send_command("SCRIPT LOAD", _SCRIPT)
            self.client.parse_response(connection, "SCRIPT LOAD", **options)
            return None
        except ResponseError as error:
            # The server is full or read-only. Nothing was received; this is logged once.
            if not self._idle:
                log.warning("the broker refuses to deliver messages: %s", error)
            return None
        except self.connection_errors:
            connection.disconnect()
            raise

    @contextmanager
    def conn_or_acquire(self, client: Any = None) -> Iterator[Any]:
        """Yield the client for single commands; each uses a connection of the pool while it runs."""
        if client is None and (self._plain is None or self._plain.connection_pool is not self.pool):
            self._plain = self._create_client()
        yield client or self._plain


class Transport(redis_transport.Transport):
    """The transport that makes such channels."""

    Channel = Channel


def install(app: BrokerApp, *, max_bytes: int, together: int) -> None:
    """Let an app use it if its broker is a Redis.

    A message of more than `max_bytes` is shortened; of faxes that wait, at most `together` are received at once.
    """
    if not app.on_redis:
        return
    app.conf.broker_transport = f"{__name__}:Transport"
    options = {"unacked_key": TAKEN, "unacked_index_key": TAKEN_AT, "max_bytes": max_bytes, "together": together}
    app.conf.broker_transport_options = app.conf.broker_transport_options | options
