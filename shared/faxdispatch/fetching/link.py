"""Fetches the document behind a link from outside, safely even if the link is hostile.

The checks prevent requests into our own network (by name, by address, by redirect, by a name that resolves differently
the second time), answers of endless size or time, and compressed answers that unpack to huge ones.
"""

import hashlib
import logging
import socket
import ssl
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import httpcore

from faxdispatch.fetching.addresses import is_public, literal
from faxdispatch.fetching.authorities import tls_context
from faxdispatch.fetching.network import Network
from faxdispatch.fetching.proxy import proxy_for
from faxdispatch.fetching.target import Target, origins, target
from faxdispatch.fetching.trouble import LinkExpired, LinkFailed, LinkRefused
from faxdispatch.text.trouble import why

__all__ = ["Fetched", "LinkExpired", "LinkFailed", "LinkRefused", "Links", "Patience"]

MOST_REDIRECTS = 3
LONGEST_WORDS = 200
"""How many characters of an error's text are passed on: some contain what the server sent."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_EXPIRED = frozenset({400, 401, 403, 404, 410})
"""Statuses of an expired link. S3 and Google report a signature with an expired token by 400."""
_OK = 200
_TROUBLE = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
)

Resolve = Callable[..., Sequence[tuple[Any, ...]]]
"""Called like socket.getaddrinfo(host, port, type=…)."""

# At level DEBUG, httpcore would log the headers of answers; that of a redirect contains a link with its key.
logging.getLogger("httpcore").setLevel(logging.INFO)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What was fetched: bytes, their SHA-256 in hexadecimal, and the server's name for it (which proves nothing)."""

    size: int
    sha256: str
    content_type: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to HEAD: the status, and what the server says about the document (which proves nothing)."""

    status: int
    content_type: str | None
    length: int | None


@dataclass(frozen=True, slots=True)
class Patience:
    """Time limits in seconds: to connect to one address, until the next byte, and for one fetch with redirects."""

    connect: float = 5.0
    read: float = 20.0
    total: float = 120.0


class Links:
    """Fetches links; threads can share it.

    A link must be https. All addresses of its host must be public, and the connection goes to one of exactly these
    addresses, with TLS verified against the name. Redirects are checked the same way. Nothing is carried from one
    request to the next: no headers, no cookies, no connection.

    If the environment names a proxy for https, requests go through it, and the proxy resolves names: it must then
    refuse addresses of its own network. Addresses in place of names are checked even then. (We keep the time for the
    whole fetch ourselves, with two exceptions: a name's lookup ends with the resolver's own time-out, and with a proxy
    that itself uses TLS, only the pauses are limited.)

    `max_bytes` is the largest document, `redirects` how many are followed. Links to `unchecked_origins`, like
    `http://127.0.0.1:4010`, are fetched directly and without checks: these are for a simulated Telnyx. `resolve` and
    `network` are for tests.
    """

    def __init__(
        self,
        *,
        max_bytes: int,
        redirects: int = MOST_REDIRECTS,
        unchecked_origins: Collection[str] = (),
        ssl_context: ssl.SSLContext | None = None,
        patience: Patience = Patience(),
        resolve: Resolve = socket.getaddrinfo,
        network: httpcore.NetworkBackend | None = None,
    ) -> None:
        self._max_bytes = max_bytes
        self._redirects = redirects
        self._unchecked = origins(unchecked_origins)
        self._ssl_context = ssl_context or tls_context()
        self._patience = patience
        self._resolve = resolve
        self._network = network or httpcore.SyncBackend()

    def fetch(self, url: str, into: BinaryIO) -> Fetched:
        """Write the document to `into`, an open file whose content is replaced by it.

        After an error it is empty.

        Raises:
            LinkExpired: the answer was 400, 401, 403, 404 or 410.
            LinkRefused: the link or a redirect is not public https; or the document is too large, or encoded.
            LinkFailed: there was another answer, none, or one that is incomplete.
            OSError: `into` cannot be written.
        """
        until = time.monotonic() + self._patience.total
        _empty(into)
        try:
            fetched = self._follow(target(url, self._unchecked), into, until)
            into.flush()
        except BaseException:
            _empty(into)
            raise
        return fetched

    def ask(self, url: str) -> Answer:
        """Ask about a link by HEAD, and follow no redirect.

        Raises:
            LinkRefused: it is not public https.
            LinkFailed: there is no answer.
        """
        where = target(url, self._unchecked)
        try:
            with self._pool(where, time.monotonic() + self._patience.total) as pool:
                response = pool.handle_request(self._request(where, b"HEAD"))
                response.close()
        except _TROUBLE as error:
            raise LinkFailed(f"{where.authority}: {why(error)}") from None
        types, lengths = _header(response, b"content-type"), _header(response, b"content-length")
        length = int(lengths[0]) if lengths and lengths[0].isdecimal() else None
        return Answer(response.status, types[0][:LONGEST_WORDS] if types else None, length)

    def _follow(self, where: Target, into: BinaryIO, until: float) -> Fetched:
        for _ in range(1 + self._redirects):
            try:
                outcome = self._ask(where, into, until)
            except _TROUBLE as error:
                # Not chained, so that the answer's content does not get into logs with it.
                raise LinkFailed(f"{where.authority}: {why(error)}") from None
            if isinstance(outcome, Fetched):
                return outcome
            where = where.redirected(outcome)
        if not self._redirects:
            raise LinkRefused("the link redirects to another address, which Telnyx does not follow")
        raise LinkRefused(f"the link redirects more than {self._redirects} times")

    def _ask(self, where: Target, into: BinaryIO, until: float) -> Fetched | str:
        """Make one request. Returns the document, or the location to which the answer redirects."""
        with self._pool(where, until) as pool:
            response = pool.handle_request(self._request(where, b"GET"))
            try:
                return self._judge(where, response, into)
            finally:
                response.close()

    def _request(self, where: Target, method: bytes) -> httpcore.Request:
        return httpcore.Request(
            method,
            httpcore.URL(
                scheme=where.scheme.encode(), host=where.host.encode(), port=where.port, target=where.path.encode()
            ),
            headers={
                "Host": where.authority,
                "User-Agent": "faxdispatch",
                "Accept": "*/*",
                "Accept-Encoding": "identity",
                "Connection": "close",
            },
            extensions={
                "timeout": {
                    "connect": self._patience.connect,
                    "read": self._patience.read,
                    "write": self._patience.read,
                }
            },
        )

    def _pool(self, where: Target, until: float) -> httpcore.ConnectionPool:
        proxy = None if where.unchecked else proxy_for(where.authority)
        if proxy is None:
            addresses = self._addresses(where)
        else:
            addresses = None
            address = literal(where.host)
            if address is not None:
                _check([address])
        return httpcore.ConnectionPool(
            ssl_context=self._ssl_context,
            proxy=proxy,
            network_backend=Network(self._network, addresses, until),
        )

    def _addresses(self, where: Target) -> list[str]:
        """Return the addresses of a host, all of them public unless its origin is excepted."""
        address = literal(where.host)
        if address is not None:
            found = [address]
        else:
            try:
                infos = self._resolve(where.host, where.port, type=socket.SOCK_STREAM)
            except OSError as error:
                raise LinkFailed(f"{where.authority}: {why(error)}") from None
            found = list(dict.fromkeys(str(info[4][0]) for info in infos))
        if not where.unchecked:
            _check(found)
        return found

    def _judge(self, where: Target, response: httpcore.Response, into: BinaryIO) -> Fetched | str:
        status = response.status
        if status in _REDIRECTS:
            locations = _header(response, b"location")
            if len(locations) != 1:
                raise LinkFailed(f"{where.authority}: answered {status} without an address")
            return locations[0]
        if status in _EXPIRED:
            raise LinkExpired(f"{where.authority}: answered {status}; the link has expired, or what it named is gone")
        if status != _OK:
            raise LinkFailed(f"{where.authority}: answered {status}")
        if any(value.strip().lower() not in {"", "identity"} for value in _header(response, b"content-encoding")):
            raise LinkRefused(
                f"{where.authority}: the document is encoded (compressed), although it was requested without encoding"
            )
        lengths = _header(response, b"content-length")
        if not lengths and not _header(response, b"transfer-encoding"):
            raise LinkFailed(
                f"{where.authority}: answered without a length, so nobody can check whether the document is complete"
            )
        if any(int(length) > self._max_bytes for length in lengths):
            raise self._too_large(where)
        return self._receive(where, response, into)

    def _receive(self, where: Target, response: httpcore.Response, into: BinaryIO) -> Fetched:
        """Write the body to `into`. httpcore checks that it is complete, and raises if it is not."""
        digest, size = hashlib.sha256(), 0
        for part in response.iter_stream():
            size += len(part)
            if size > self._max_bytes:
                raise self._too_large(where)
            digest.update(part)
            into.write(part)
        types = _header(response, b"content-type")
        return Fetched(size, digest.hexdigest(), types[0][:LONGEST_WORDS] if types else None)

    def _too_large(self, where: Target) -> LinkRefused:
        return LinkRefused(f"{where.authority}: the document is larger than {self._max_bytes} bytes")


def _check(addresses: Sequence[str]) -> None:
    """Refuse a host with any address that is not public, since any of them might be used."""
    inside = next((address for address in addresses if not is_public(address)), None)
    if inside is not None:
        raise LinkRefused(f"the link leads to {inside[:LONGEST_WORDS]}, which is not an address of the public internet")


def _header(response: httpcore.Response, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in response.headers if key.lower() == name]


def _empty(file: BinaryIO) -> None:
    file.seek(0)
    file.truncate()
