"""The target of a link, parsed strictly, since strangers wrote it."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from faxdispatch.errors import Misconfigured
from faxdispatch.fetching.addresses import literal
from faxdispatch.fetching.trouble import LinkRefused

LONGEST = 8192
"""Maximum length of a link. Signed links with a session token have a few thousand characters."""

_PORTS = {"https": 443, "http": 80}
_FIRST_FREE_PORT = 1024
"""Lower ports, except that of https, belong to other services."""
_INSIDE = (".localhost", ".local", ".internal", ".home.arpa")
"""Names that are never public. Their addresses would be refused as well, but a proxy may resolve them."""
_PLAIN = re.compile(r"[\x21-\x7e]+")
_NAME = re.compile(r"(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")

Origin = tuple[str, str, int]
"""Scheme, host and port."""


@dataclass(frozen=True, slots=True)
class Target:
    """A parsed link.

    `host` is a name or an address; an IPv6 address has no brackets. `path` includes the query. `unchecked` means that
    the operator excepted its origin from all checks.
    """

    scheme: str
    host: str
    port: int
    path: str
    unchecked: bool = False

    @property
    def authority(self) -> str:
        """Host and port as in a request; the port only if it is not the scheme's default."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    def redirected(self, location: str) -> "Target":
        """Return the target to which an answer of this target redirects; relative locations are allowed.

        An excepted origin may redirect to itself. All its other redirects are checked, and no checked target may
        redirect to an excepted origin.

        Raises:
            LinkRefused: see `target`.
        """
        _check_form(location)
        own = {(self.scheme, self.host, self.port)} if self.unchecked else ()
        try:
            whole = urljoin(f"{self.scheme}://{self.authority}{self.path}", location)
        except ValueError:
            raise LinkRefused("it redirects to something that is not a link") from None
        return target(whole, own)


def target(url: str, unchecked: Collection[Origin] = ()) -> Target:
    """Parse a link.

    Raises:
        LinkRefused: it is too long, is not https, has a user or characters that do not belong there, its host is not a
            public name or address form, or its port belongs to another service.
    """
    _check_form(url)
    try:
        parts = urlsplit(url)
        port = _PORTS.get(parts.scheme, 0) if parts.port is None else parts.port
    except ValueError:
        raise LinkRefused("the link is malformed") from None
    host = parts.hostname or ""
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not path.startswith("/") or ("[" in parts.netloc and ":" not in host):
        raise LinkRefused("the link is malformed")
    if "@" in parts.netloc:
        raise LinkRefused("the link contains a user name, which links to documents do not need")
    if (parts.scheme, host, port) in unchecked:
        return Target(parts.scheme, host, port, path, unchecked=True)
    if parts.scheme != "https":
        raise LinkRefused("the link is not https")
    if port != _PORTS["https"] and port < _FIRST_FREE_PORT:
        raise LinkRefused(f"the link's port {port} is not one of https")
    return Target(parts.scheme, _host(host), port, path)


def origins(texts: Collection[str]) -> frozenset[Origin]:
    """Read origins like `http://127.0.0.1:4010`.

    Raises:
        Misconfigured: one is not of that form.
    """
    return frozenset(map(_origin, texts))


def _origin(text: str) -> Origin:
    try:
        parts = urlsplit(text)
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        parts, port = urlsplit(""), 0
    if not parts.hostname or "@" in parts.netloc or parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise Misconfigured(
            "FAX_DANGEROUS_INBOUND_ORIGINS: each must be a scheme, a host and a port, like http://127.0.0.1:4010"
        )
    return parts.scheme, parts.hostname, port


def _check_form(url: str) -> None:
    """Refuse forms that URL parsers are known to read differently."""
    if len(url) > LONGEST:
        raise LinkRefused(f"the link is longer than {LONGEST} characters")
    if not _PLAIN.fullmatch(url) or "\\" in url:
        raise LinkRefused("the link has characters that are not allowed in links")


def _host(host: str) -> str:
    address = literal(host)
    if address is not None and "%" not in host:
        return address
    if not _NAME.fullmatch(host) or host.endswith(_INSIDE):
        raise LinkRefused("the link's host is not the name of a public server")
    return host
