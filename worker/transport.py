"""Celery's Redis transport, with four differences.

A message is taken and noted as unacknowledged in one atomic step. Kombu pops it first and notes it afterwards, so a
worker that dies in between takes the message along; found by `make chaos`, known upstream as celery#4354 and #7950. A
fax that is in the ledger is brought again by the scheduler; one that a service has sent with `send_task` is nowhere
else.

And a channel that is closed says so with a connection error. Kombu stumbles over it with an AttributeError, which
Celery takes for a mistake and ends the worker (seen when Redis restarts).

And what lies in a queue and is no message is made one, without headers and with its text as the body, so that the
consumer can keep and tell it. Kombu stumbles over it and ends the worker, and over a restored one every worker.

And it asks Redis no more than it must: what was noted when it was taken is not noted again, and one client serves for
all commands, where kombu builds one for each.
"""

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Empty
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, redis, virtual
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from faxdispatch.broker import BrokerApp

log = logging.getLogger(__name__)

_TAKE = """
-- KEYS: unacknowledged messages, their index by time, then the queues in the order in which they are served.
local function is_message(fields)
  if type(fields) ~= 'table' or type(fields.properties) ~= 'table' then return false end
  local tag, about = fields.properties.delivery_tag, fields.properties.delivery_info
  return type(tag) == 'string' and type(about) == 'table'
    and type(about.exchange) == 'string' and type(about.routing_key) == 'string'
end

local function as_message(text, queue)
  local body = string.gsub(text, '[\\128-\\255]', function(c) return string.format('\\\\x%02x', string.byte(c)) end)
  return {
    body = body, ['content-type'] = 'text/plain', ['content-encoding'] = 'utf-8', headers = {},
    properties = {
      delivery_tag = redis.sha1hex(text .. ARGV[1]), delivery_info = {exchange = queue, routing_key = queue},
    },
  }
end

for at = 3, #KEYS do
  local message = redis.call('RPOP', KEYS[at])
  if message then
    local readable, fields = pcall(cjson.decode, message)
    if not readable or not is_message(fields) then
      fields = as_message(message, KEYS[at])
      message = cjson.encode(fields)
    end
    local tag, about = fields.properties.delivery_tag, fields.properties.delivery_info
    local address = cjson.encode(about.exchange) .. ',' .. cjson.encode(about.routing_key)
    redis.call('ZADD', KEYS[2], ARGV[1], tag)
    redis.call('HSET', KEYS[1], tag, '[' .. message .. ',' .. address .. ']')
    return {KEYS[at], message, tag}
  end
end
return false
"""

# kombu's types are half there; as Any they do not get in the way.
_Channel: Any = redis.Channel
_QoS: Any = redis.QoS
_virtual_qos: Any = virtual.QoS
_Transport: Any = redis.Transport

_NOBODY = "fax:nobody"
"""A stream that is always empty: to wait for it is to wait at the server."""
_WAIT = 50
"""Milliseconds between two looks into empty queues."""


class QoS(_QoS):  # type: ignore[misc]
    """Knows which messages are unacknowledged; Redis knew it when they were taken."""

    def append(self, message: Any, delivery_tag: str) -> None:
        """Remember a message in this process, and no more."""
        _virtual_qos.append(self, message, delivery_tag)


class Channel(_Channel):  # type: ignore[misc]
    """Takes messages without a moment in which a message is nowhere. The names are those of kombu's own steps."""

    QoS = QoS

    _plain: Any = None
    _idle = False
    _waited = False

    def _brpop_start(self, timeout: float | None = None) -> None:
        del timeout
        queues = self._queue_cycle.consume(len(self.active_queues))
        if not queues:
            return
        connection = self._in_poll = self.client.connection
        self._brpop_sent_at = time.monotonic()
        self._waited = self._idle
        if self._idle:
            connection.send_command("XREAD", "BLOCK", _WAIT, "STREAMS", _NOBODY, "$")
        keys = [self.unacked_key, self.unacked_index_key]
        keys += [self._q_for_pri(queue, step) for step in self.priority_steps for queue in queues]
        connection.send_command("EVAL", _TAKE, len(keys), *keys, time.time())

    def _brpop_read(self, **options: Any) -> bool:
        try:
            taken = self._taken(options)
        finally:
            self._in_poll = None
            self._flush_brpop_reauth()
        self._idle = not taken
        if not taken:
            raise Empty
        queue, message, tag = (part.decode(errors="replace") if isinstance(part, bytes) else part for part in taken)
        queue = queue.rsplit(self.sep, 1)[0]
        self._queue_cycle.rotate(queue)
        self.connection._deliver(self._readable(message, tag, queue), queue)  # noqa: SLF001 - as kombu's own step does
        return True

    def _readable(self, text: str, tag: str, queue: str) -> dict[str, Any]:
        """Read a message; one that kombu could not open is put into another, under the tag by which it is noted."""
        try:
            message: dict[str, Any] = json.loads(text)
            self.Message(message, channel=self)
        except (TypeError, ValueError, LookupError, AttributeError, RecursionError):
            properties = {"delivery_tag": tag, "delivery_info": {"exchange": queue, "routing_key": queue}}
            message = {"body": text, "content-type": "text/plain", "headers": {}, "properties": properties}
        return message

    def _taken(self, options: dict[str, Any]) -> Any:
        connection = self.client.connection
        try:
            if self._waited:
                self.client.parse_response(connection, "XREAD", **options)
            return self.client.parse_response(connection, "EVAL", **options)
        except ResponseError as error:
            # A full or read-only server. Nothing was taken; it is told once.
            if not self._idle:
                log.warning("the broker hands out no messages: %s", error)
            return None
        except self.connection_errors:
            connection.disconnect()
            raise

    @contextmanager
    def conn_or_acquire(self, client: Any = None) -> Iterator[Any]:
        """Give the client for single commands; each takes a connection of the pool for as long as it lasts."""
        if client is None and (self._plain is None or self._plain.connection_pool is not self.pool):
            self._plain = self._create_client()
        yield client or self._plain

    def _connparams(self, asynchronous: bool = False) -> dict[str, Any]:
        if self.connection is None or self.connection.client is None:
            raise RedisConnectionError("the channel is closed")
        found: dict[str, Any] = super()._connparams(asynchronous)
        return found


class Transport(_Transport):  # type: ignore[misc]
    """The transport that makes such channels."""

    Channel = Channel


def install(app: BrokerApp) -> None:
    """Let an app use it where its broker is a Redis."""
    scheme = app.address.partition("://")[0]
    if scheme in {"redis", "rediss"}:
        app.conf.broker_transport = f"{__name__}:Transport"
    elif scheme == "redis+socket":
        # An address of a socket names its transport itself, by an alias.
        TRANSPORT_ALIASES["faxdispatch"] = f"{__name__}:Transport"
        app.address = app.address.replace("redis+", "faxdispatch+", 1)
