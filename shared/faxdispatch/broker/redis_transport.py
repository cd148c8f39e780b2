"""Celery's Redis transport, connected only as `RedisAddress` says.

Kombu reads addresses in its own way: it knows fewer options, checks no certificate by default, and splits passwords
where redis-py does not. Here it gets an address that has already been read.

Also, a closed channel raises a connection error. Kombu would raise an AttributeError, which Celery takes for a mistake
and so ends the worker (seen when Redis restarts).
"""

from typing import Any

from kombu.transport import redis
from redis.connection import AbstractConnection, UnixDomainSocketConnection
from redis.exceptions import ConnectionError as RedisConnectionError

from faxdispatch.redis.address import POOL, RedisAddress

NAME = f"{__name__}:Transport"

# kombu is only partly typed; `Any` avoids false errors.
_Channel: Any = redis.Channel
_Transport: Any = redis.Transport


class Channel(_Channel):  # type: ignore[misc]
    """A channel to the Redis at `address`, with keys in `namespace`; both come with the transport's options."""

    address: RedisAddress
    namespace: str
    from_transport_options = (*_Channel.from_transport_options, "address", "namespace")

    def _connparams(self, asynchronous: bool = False) -> dict[str, Any]:
        """Return the options of kombu's connection pool; kombu gives this step its name."""
        if self.connection is None or self.connection.client is None:
            raise RedisConnectionError("the channel is closed")
        kind = self.address.kind
        defaults = {
            "max_connections": self.max_connections,
            "socket_timeout": self.socket_timeout,
            "socket_connect_timeout": self.socket_connect_timeout,
            "health_check_interval": self.health_check_interval,
        }
        if not issubclass(kind, UnixDomainSocketConnection):
            defaults["socket_keepalive"] = self.socket_keepalive
        given = {name: value for name, value in self.address.options.items() if name not in POOL}
        connection_class = _reporting_end(kind, self) if asynchronous else kind
        return {"db": 0, **defaults, **given, "namespace": self.namespace, "connection_class": connection_class}


def _reporting_end(kind: type[AbstractConnection], channel: Any) -> type[AbstractConnection]:
    """Return a kind of connection that notifies the channel when it ends, as kombu's poller requires."""

    class Connection(kind):  # type: ignore[misc, valid-type]
        def disconnect(self, *args: Any, **options: Any) -> None:
            super().disconnect(*args, **options)
            if channel._registered:  # noqa: SLF001 - as kombu's own connections do
                channel._on_connection_disconnect(self)  # noqa: SLF001

    return Connection


class Transport(_Transport):  # type: ignore[misc]
    """The transport that makes such channels."""

    Channel = Channel
    # An address is shown unchanged, since it contains no login.
    can_parse_url = True

    def as_uri(self, uri: str, include_password: bool = False, mask: str = "**") -> str:
        """Return an address for people to read."""
        del include_password, mask
        return uri
