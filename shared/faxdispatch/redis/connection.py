"""Connections to Redis. Each checks the kind of its server; behind Sentinels, it first finds the primary."""

from collections.abc import Mapping, Sequence
from typing import Any

from redis import exceptions
from redis.connection import Connection, SSLConnection, UnixDomainSocketConnection

from faxdispatch.errors import Misconfigured
from faxdispatch.redis.namespace import USUAL, in_namespace

CLUSTER = (
    "Redis Cluster is not supported: set REDIS_URL, and CELERY_BROKER_URL if you use it, to a single Redis or to one "
    "behind Sentinels"
)
_SENTINEL = "this is a Sentinel, which stores no data; write sentinel://host:26379/SERVICE for it"
_MODES = {"cluster": CLUSTER, "sentinel": _SENTINEL}

# redis-py is only partly typed; `Any` avoids false errors.
_Tcp: Any = Connection
_Tls: Any = SSLConnection
_Socket: Any = UnixDomainSocketConnection


class _InNamespace:
    """Packs commands with the keys in a namespace."""

    def __init__(self, packer: Any, namespace: str) -> None:
        self._packer, self._namespace = packer, namespace

    def pack(self, *command: Any) -> Any:
        """Pack one command."""
        return self._packer.pack(*in_namespace(self._namespace, command))


class _Looking:
    """Asks a server, after signing in, what it is; `namespace` is the namespace of its keys, if not the default one."""

    _primary_only = False

    def __init__(self, *, namespace: str | None = None, **options: Any) -> None:
        # The parent class asks for the command packer during construction.
        self._namespace = namespace
        super().__init__(**options)

    def _construct_command_packer(self, packer: Any) -> Any:
        made = super()._construct_command_packer(packer)  # type: ignore[misc]
        return _InNamespace(made, self._namespace) if self._namespace not in {None, USUAL} else made

    def on_connect_check_health(self: Any, check_health: bool = True) -> None:
        """Sign in as redis-py does, then check the server.

        Raises:
            Misconfigured: it is a cluster, or a Sentinel.
            ConnectionError: Sentinels named it as the primary, but it is not one.
        """
        super().on_connect_check_health(check_health=check_health)  # type: ignore[misc]
        about = self._about()
        problem = _MODES.get(about.get("mode", ""))
        if problem:
            self.disconnect()
            raise Misconfigured(problem)
        if self._primary_only and about.get("role", "master") != "master":
            raise exceptions.ConnectionError("the Redis that the Sentinels name as the primary is a replica")

    def _about(self: Any) -> dict[str, str]:
        # With RESP3, the greeting has already been exchanged.
        metadata = self.handshake_metadata
        if not metadata:
            self.send_command("HELLO", check_health=False)
            try:
                metadata = self.read_response()
            except exceptions.ResponseError:
                # The user lacks the right, or the server is older than 6.0.
                return {}
        pairs = metadata.items() if isinstance(metadata, dict) else zip(metadata[::2], metadata[1::2], strict=True)
        return {_text(name): _text(value) for name, value in pairs if not isinstance(value, list)}


class TcpConnection(_Looking, _Tcp):  # type: ignore[misc]
    """A connection by TCP."""


class TlsConnection(_Looking, _Tls):  # type: ignore[misc]
    """A connection by TCP with TLS."""


class SocketConnection(_Looking, _Socket):  # type: ignore[misc]
    """A connection through a socket of this machine."""


class Sentinels:
    """The Sentinels of a service: `places` are their hosts and ports, `options` those of connections to them.

    All connections of a pool share one object, so that the Sentinel that answered last is asked first.
    """

    def __init__(
        self, places: Sequence[tuple[str, int]], service: str, *, encrypted: bool, options: Mapping[str, Any]
    ) -> None:
        self.places = list(places)
        self.service = service
        self._kind = _Tls if encrypted else _Tcp
        self._options = dict(options)

    def __repr__(self) -> str:
        """Name them, without passwords."""
        return f"<Sentinels {self.places} {self.service}>"

    def __eq__(self, other: object) -> bool:
        """Compare the places and options, but not which Sentinel answered last."""
        return isinstance(other, Sentinels) and self._facts() == other._facts()

    def __hash__(self) -> int:
        """Return a hash that agrees with `==`."""
        return hash(self.service)

    def _facts(self) -> tuple[Any, ...]:
        return sorted(self.places), self.service, self._kind, self._options

    def primary(self, patience: float | None) -> tuple[str, int]:
        """Ask one after the other for the primary's host and port; `patience` is how many seconds each may take.

        Raises:
            ConnectionError: none of them answers, or none knows a primary.
        """
        problems = []
        for place in list(self.places):
            try:
                found = self._ask(place, patience)
            except (exceptions.RedisError, OSError) as error:
                problems.append(f"{place[0]}:{place[1]}: {error}")
                continue
            if found:
                self.places.sort(key=lambda one, last=place: one != last)  # type: ignore[misc]
                return _text(found[0]), int(found[1])
            problems.append(f"{place[0]}:{place[1]}: it knows no primary of that name")
        raise exceptions.ConnectionError(f"no Sentinel names the primary of {self.service!r}: {'; '.join(problems)}")

    def _ask(self, place: tuple[str, int], patience: float | None) -> Any:
        timeouts = {"socket_connect_timeout": patience, "socket_timeout": patience}
        connection = self._kind(host=place[0], port=place[1], **self._options, **timeouts)
        try:
            connection.connect()
            connection.send_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self.service)
            return connection.read_response()
        finally:
            connection.disconnect()


class _Finding:
    """Asks Sentinels where to connect, each time that it connects."""

    _primary_only = True

    def __init__(self, *, sentinels: Sentinels, **options: Any) -> None:
        super().__init__(**options)
        self._sentinels = sentinels

    def _connect(self: Any) -> Any:
        self.host, self.port = self._sentinels.primary(self.socket_connect_timeout)
        return super()._connect()  # type: ignore[misc]

    def read_response(self: Any, *args: Any, **options: Any) -> Any:
        """Read an answer; if the primary has become a replica, disconnect, so that the Sentinels are asked again."""
        try:
            return super().read_response(*args, **options)  # type: ignore[misc]
        except exceptions.ReadOnlyError as error:
            self.disconnect()
            raise exceptions.ConnectionError(f"the primary has become a replica: {error}") from error


class SentinelConnection(_Finding, TcpConnection):
    """A connection by TCP to the primary."""


class SentinelTlsConnection(_Finding, TlsConnection):
    """A connection by TCP with TLS to the primary."""


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
