"""A Redis address with its options, read once for the ledger and for Celery's transport."""

import math
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qs, unquote

from redis.connection import parse_url
from redis.exceptions import RedisError

from faxdispatch.errors import Misconfigured
from faxdispatch.redis.connection import (
    SentinelConnection,
    Sentinels,
    SentinelTlsConnection,
    SocketConnection,
    TcpConnection,
    TlsConnection,
)
from faxdispatch.redis.namespace import FORM, USUAL

_TCP, _TLS = frozenset({"redis"}), frozenset({"rediss"})
_SOCKET = frozenset({"unix", "redis+socket"})
_SENTINEL = frozenset({"sentinel", "redis+sentinel"})
_SENTINEL_TLS = frozenset({"rediss+sentinel"})
SCHEMES = _TCP | _TLS | _SOCKET | _SENTINEL | _SENTINEL_TLS

_OWN = frozenset({"decode_responses", "encoding", "encoding_errors", "legacy_responses", "protocol", "retry_on_error"})
"""Options that we must set ourselves to read replies correctly and to repeat only commands that may be repeated."""
_LOGIN = frozenset({"username", "password", "db", "client_name", "lib_name", "lib_version"})
_NAMESPACE = frozenset({"namespace"})
"""An option of our own: see `faxdispatch.redis.namespace`."""
_POSITIVE = frozenset({"socket_timeout", "socket_connect_timeout", "socket_read_size", "max_connections", "timeout"})
POOL = frozenset({"max_connections", "timeout"})
"""Options of the pool, not of its connections."""
TRANSPORT = frozenset(
    {
        "socket_timeout",
        "socket_connect_timeout",
        "socket_keepalive",
        "max_connections",
        "health_check_interval",
        "retry_on_timeout",
        "client_name",
    }
)
"""The options that Celery's transport itself reads."""
_KNOWN = _LOGIN | _POSITIVE | TRANSPORT | _NAMESPACE
_OF_SENTINELS = frozenset({"sentinel_username", "sentinel_password"})
_FILES = frozenset({"ssl_ca_certs", "ssl_certfile", "ssl_keyfile"})
_PLACE = frozenset({"host", "port", "path", "connection_class"})
"""The options that redis-py makes from the other parts of an address."""

_FORM = re.compile(
    r"(?P<scheme>[^:/?#@]+)://(?:(?P<login>[^/?#]*)@)?(?P<place>[^/?#@]*)(?P<path>/[^?#@]*)?(?:\?(?P<query>[^#@]*))?"
)
_WAYS = "redis://, rediss://, unix:// or sentinel://"
_SALT = secrets.token_bytes(16)
_parse: Any = parse_url
_HINT = "write it like redis://localhost:6379/0"


class _Parts(NamedTuple):
    scheme: str
    username: str
    password: str
    place: str
    path: str
    query: str


@dataclass(frozen=True, repr=False)
class RedisAddress:
    """Where a Redis is and how to connect to it; `options` are those of redis-py's connections and pools.

    `place` is the address without login and options, for people to read.
    """

    kind: Any
    options: Mapping[str, Any]
    place: str

    @classmethod
    def read(cls, url: str, *, setting: str = "REDIS_URL") -> Self:
        """Read an address in any usual form, with the options that redis-py documents.

        `redis://HOST:PORT/DB`; `rediss://` with TLS; `unix:///PATH?db=DB` and, as Celery writes it,
        `redis+socket:///PATH?virtual_host=DB`; `sentinel://HOST:PORT,HOST:PORT/SERVICE/DB`, which may be written
        `redis+sentinel://`, and `rediss+sentinel://` if Redis and Sentinels use TLS. Options that only we can set, such
        as `decode_responses`, are left out.

        Raises:
            Misconfigured: it is not such an address, the name of its database is not a number, or redis-py does not
                know
                an option or its value; the message names `setting` and the option, but no value.
        """
        try:
            parts = _split(url)
            options = _options(parts)
            kind, place, more = _where(parts, options)
            options = {name: value for name, value in options.items() if name not in _OF_SENTINELS} | more
            # Made only to be checked, since only redis-py knows which options it accepts; it does not connect.
            kind(**{name: value for name, value in options.items() if name not in POOL})
        except TypeError:
            raise Misconfigured(f"{setting}: an option that begins with ssl_ is not known; {_HINT}") from None
        except (ValueError, RedisError) as error:
            raise Misconfigured(f"{setting}: {error}; {_HINT}") from None
        return cls(kind, options, place)

    def __repr__(self) -> str:
        """Return a digest that identifies the address and its password, from which the password cannot be guessed."""
        facts = repr((self.kind, sorted(self.options.items(), key=lambda item: item[0])))
        return f"<RedisAddress {self.place} {blake2b(facts.encode(), key=_SALT, digest_size=8).hexdigest()}>"

    @property
    def namespace(self) -> str:
        """The namespace of our keys and queues."""
        return str(self.options.get("namespace", USUAL))

    @property
    def transport_options(self) -> dict[str, Any]:
        """The options that Celery's transport itself reads."""
        return {name: value for name, value in self.options.items() if name in TRANSPORT}


def same_redis(one: str, other: str) -> bool:
    """Return whether two addresses mean the same database of the same Redis, in whatever form they are written.

    Raises:
        Misconfigured: one of them begins like a Redis address, and is not one.
    """
    if not all(url.partition("://")[0] in SCHEMES for url in (one, other)):
        return False
    mine, theirs = RedisAddress.read(one), RedisAddress.read(other)
    return (mine.place, mine.options.get("db", 0)) == (theirs.place, theirs.options.get("db", 0))


def split_login(url: str) -> None:
    """Refuse an address in which the end of the login is unclear: parts of a password could be misread as other parts.

    Raises:
        ValueError: it is unclear; the message quotes nothing of the address.
    """
    if not _FORM.fullmatch(url):
        raise ValueError(
            "it has /, ?, # or @ in a wrong place; in user and password write %2F, %3F, %23 and %40 for them"
        )


def _split(url: str) -> _Parts:
    scheme, found, _ = url.partition("://")
    if not found or scheme not in SCHEMES:
        raise ValueError(f"must begin with {_WAYS}")
    split_login(url)
    # This form needs no further check.
    groups: dict[str, str] = _FORM.fullmatch(url).groupdict(default="")  # type: ignore[union-attr]
    username, _, password = groups["login"].partition(":")
    return _Parts(scheme, unquote(username), unquote(password), groups["place"], groups["path"], groups["query"])


def _options(parts: _Parts) -> dict[str, Any]:
    """Return the options of an address as redis-py reads them, including login and database."""
    given = parse_qs(parts.query, keep_blank_values=True)
    if set(given) & _PLACE:
        raise ValueError("host, port and path belong in front of the question mark")
    for namespace in given.get("namespace", ()):
        if not re.fullmatch(FORM, namespace) or namespace != given["namespace"][0]:
            raise ValueError(
                "option namespace (FAX_NAMESPACE) must be one word of lower-case letters, digits and hyphens that "
                "begins with a letter"
            )
    query = parts.query
    if parts.scheme == "redis+socket":
        query = re.sub(r"(^|&)virtual_host=", r"\1db=", query)
    options = {name: value for name, value in _parse(f"redis://?{query}").items() if name not in _OWN}
    if (asked := options.get("ssl_cert_reqs")) is not None:
        options["ssl_cert_reqs"] = asked.lower().removeprefix("cert_")
    _check_options(options, parts.scheme)
    options |= {name: value for name in ("username", "password") if (value := getattr(parts, name))}
    return options


def _check_options(options: Mapping[str, Any], scheme: str) -> None:
    known = _KNOWN | (_OF_SENTINELS if scheme in _SENTINEL | _SENTINEL_TLS else frozenset())
    for name in options.keys() - known:
        if not name.startswith("ssl_"):
            raise ValueError(f"option {name} is not known; known are {', '.join(sorted(known))}, and with TLS ssl_…")
        if scheme not in _TLS | _SENTINEL_TLS:
            raise ValueError(f"option {name} is for TLS; write rediss:// for it")
    for name in _POSITIVE & options.keys():
        if not (math.isfinite(options[name]) and options[name] > 0):
            raise ValueError(f"option {name} must be above 0")
    for name in {"db", "health_check_interval"} & options.keys():
        if options[name] < 0:
            raise ValueError(f"option {name} must not be below 0")
    for name in _FILES & options.keys():
        if not Path(options[name]).is_file():
            raise ValueError(f"option {name} names a file that does not exist")


def _where(parts: _Parts, options: Mapping[str, Any]) -> tuple[Any, str, dict[str, Any]]:
    """Return the kind of connection, the place in words, and the options that say where it is."""
    if parts.scheme in _SOCKET:
        path = unquote(parts.path)
        if parts.place or not path.strip("/"):
            raise ValueError("names no socket, as unix:///run/redis.sock?db=0 does")
        return SocketConnection, f"unix://{path}", {"path": path}
    if parts.scheme in _SENTINEL | _SENTINEL_TLS:
        return _behind_sentinels(parts, options)
    host, port = _host(parts.place, 6379)
    database = _database(parts.path) if "db" not in options else {}
    kind = TlsConnection if parts.scheme in _TLS else TcpConnection
    place = f"{parts.scheme}://{_written(host, port)}/{options.get('db', database.get('db', 0))}"
    return kind, place, {"host": host, "port": port, **database}


def _behind_sentinels(parts: _Parts, options: Mapping[str, Any]) -> tuple[Any, str, dict[str, Any]]:
    service, _, database = parts.path.removeprefix("/").partition("/")
    if not service:
        raise ValueError("names no service, as sentinel://host-a:26379,host-b:26379/SERVICE/0 does")
    db = _database(database) if "db" not in options else {}
    places = [_host(place, 26379) for place in parts.place.split(",")]
    login = {"username": options.get("sentinel_username"), "password": options.get("sentinel_password")}
    tls = {name: value for name, value in options.items() if name.startswith("ssl_")}
    encrypted = parts.scheme in _SENTINEL_TLS
    sentinels = Sentinels(places, unquote(service), encrypted=encrypted, options={**tls, **login})
    named = ",".join(_written(*place) for place in places)
    kind = SentinelTlsConnection if encrypted else SentinelConnection
    return kind, f"sentinel://{named}/{sentinels.service}", {"sentinels": sentinels, **db}


def _host(place: str, usual: int) -> tuple[str, int]:
    found = re.fullmatch(r"(?:\[(?P<v6>[0-9A-Fa-f:.%]+)\]|(?P<name>[^:;,\[\]]*))(?::(?P<port>\d{1,5})?)?", place)
    if not found:
        raise ValueError("the text after the host's colon is not a port; in a password, write / as %2F and @ as %40")
    port = int(found["port"] or usual)
    if not 0 < port < 65536:
        raise ValueError("the text after the host's colon is not a port")
    return found["v6"] or unquote(found["name"]) or "localhost", port


def _written(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _database(path: str) -> dict[str, int]:
    # Otherwise the library would take database 0 for any name.
    if not re.fullmatch("/?[0-9]*", path):
        raise ValueError("the text after the host is not the number of a database")
    number = path.strip("/")
    return {"db": int(number)} if number else {}
