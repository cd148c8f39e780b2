"""An address of Redis with its options, read once for redis-py and for Celery's transport."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self
from urllib.parse import parse_qs, quote, urlsplit

from redis.connection import Connection, SSLConnection, UnixDomainSocketConnection, parse_url
from redis.exceptions import RedisError

from faxdispatch.errors import Misconfigured

SCHEMES = frozenset({"redis", "rediss", "unix"})

_OURS = frozenset({"decode_responses", "encoding", "encoding_errors", "legacy_responses", "protocol", "retry_on_error"})
"""What a process must set itself to read replies rightly and to repeat only what may be repeated."""
_LOGIN = frozenset({"username", "password", "db", "client_name", "lib_name", "lib_version"})
_POSITIVE = frozenset({"socket_timeout", "socket_connect_timeout", "socket_read_size", "max_connections", "timeout"})
_POOL = frozenset({"max_connections", "timeout"})
_TRANSPORT = frozenset(
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
"""The options that Celery's transport has under the same names; there is no way to give it others."""
_KNOWN = _LOGIN | _POSITIVE | _TRANSPORT
_PLACE = frozenset({"host", "port", "path", "connection_class"})
"""What redis-py makes of the parts of an address that are no options."""
_parse: Any = parse_url
_HINT = "write it like redis://localhost:6379/0"


@dataclass(frozen=True)
class RedisAddress:
    """Where a Redis is and how to connect to it; `options` are those of redis-py's connections and pools."""

    kind: type
    options: Mapping[str, Any]

    @classmethod
    def read(cls, url: str, *, setting: str = "REDIS_URL") -> Self:
        """Read `redis://`, `rediss://` (TLS) or `unix://` with the options that redis-py documents.

        Options that only we can set, such as `decode_responses`, are left out.

        Raises:
            Misconfigured: it is no such address, names its database by anything but a number, or has an option that
                redis-py does not know or cannot take so; the message names `setting` and the option, no value.
        """
        try:
            _check_parts(url)
            options = {name: value for name, value in _parse(url).items() if name not in _OURS}
            _check_options(options)
            kind = options.pop("connection_class", Connection)
            # Made and thrown away, since it does not connect: only it knows what it takes.
            kind(**{name: value for name, value in options.items() if name not in _POOL})
        except TypeError:
            raise Misconfigured(f"{setting}: an option that begins with ssl_ is not known; {_HINT}") from None
        except (ValueError, RedisError) as error:
            raise Misconfigured(f"{setting}: {error}; {_HINT}") from None
        return cls(kind, options)

    @cached_property
    def broker_url(self) -> str:
        """The address alone, as Celery's transport reads it."""
        user, password = (quote(self.options.get(name) or "", safe="") for name in ("username", "password"))
        login = f"{user}:{password}@" if user or password else ""
        database = self.options.get("db", 0)
        if self.kind is UnixDomainSocketConnection:
            path = quote(self.options["path"])
            return f"redis+socket://{login}{path}?virtual_host={database}"
        host, port = self.options.get("host", "localhost"), self.options.get("port", 6379)
        scheme = "rediss" if self.kind is SSLConnection else "redis"
        return f"{scheme}://{login}{f'[{host}]' if ':' in host else quote(host, safe='')}:{port}/{database}"

    @cached_property
    def transport_options(self) -> dict[str, Any]:
        """The options that Celery's transport takes."""
        return {name: value for name, value in self.options.items() if name in _TRANSPORT}

    @cached_property
    def tls(self) -> dict[str, Any] | None:
        """The options of TLS for Celery's transport, which would check no certificate without any; None without TLS."""
        if self.kind is not SSLConnection:
            return None
        given = {name: value for name, value in self.options.items() if name.startswith("ssl_")}
        return {"ssl_cert_reqs": "required"} | given


def _check_parts(url: str) -> None:
    """Look at what the library reads too kindly; what is wrong may hold a password, so it is not quoted."""
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES:
        raise ValueError("must begin with redis://, rediss:// or unix://")
    if parts.scheme == "unix":
        if not parts.path.strip("/"):
            raise ValueError("names no socket, as unix:///run/redis.sock?db=0 does")
    # The library takes database 0 for a name, and so for every other one.
    elif not re.fullmatch("/?[0-9]*", parts.path):
        raise ValueError("what stands after the host is no database, which have numbers only")
    try:
        parts.port  # noqa: B018 - reading it is the check
    except ValueError:
        raise ValueError(
            "what stands after the host's colon is no port; in a password, / is %2F and @ is %40"
        ) from None
    if set(parse_qs(parts.query)) & _PLACE:
        raise ValueError("host, port and path belong in front of the question mark")


def _check_options(options: Mapping[str, Any]) -> None:
    encrypted = options.get("connection_class") is SSLConnection
    for name in options.keys() - _KNOWN - _PLACE:
        if not name.startswith("ssl_"):
            raise ValueError(f"option {name} is not known; known are {', '.join(sorted(_KNOWN))}, and with TLS ssl_…")
        if not encrypted:
            raise ValueError(f"option {name} is for TLS; write rediss:// for it")
    for name in _POSITIVE & options.keys():
        if not (math.isfinite(options[name]) and options[name] > 0):
            raise ValueError(f"option {name} must be above 0")
    for name in {"db", "health_check_interval"} & options.keys():
        if options[name] < 0:
            raise ValueError(f"option {name} must not be below 0")
