"""One connection to one API, kept between calls, for one thread at a time.

It does what httpx's own transport does for one connection, with less processor time. httpx's transport handles proxies.
"""

import http.client
import select
import socket
import ssl
import struct
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx

_PART = 65_536
"""How many bytes of a body are read at once, and of a request are written at once."""

_DROP_AT_CLOSE = (socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
"""Socket option: data that has not left when a connection is closed is dropped, even if its process is killed.

Without it, the kernel would try for minutes to send what we have given up, when its outcome may already be resolved.
"""

Trace = Callable[[str, Mapping[str, Any]], None]


class DirectTransport(httpx.BaseTransport):
    """Makes requests over one connection, which is kept unused for at most `keepalive` seconds.

    Head and body of a request leave with one write unless it is as large as a document, so a process that is stopped
    has sent all of it or nothing. The request's `trace` is called as httpx calls it, before anything is done and before
    the first byte leaves; it may raise. Nothing is ever sent twice, and nothing leaves after the connection is closed.
    `url` names scheme, host and port.
    """

    def __init__(self, url: httpx.URL, context: ssl.SSLContext, *, keepalive: float) -> None:
        self._connection: http.client.HTTPConnection = (
            http.client.HTTPSConnection(url.host, url.port, context=context)
            if url.scheme == "https"
            else http.client.HTTPConnection(url.host, url.port)
        )
        self._keepalive = keepalive
        self._used_at = 0.0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Make one request; the connection is free for the next when its response is closed.

        Raises:
            httpx.TransportError: its class says what went wrong; and whatever `trace` raises.
        """
        trace: Trace = request.extensions["trace"]
        trace("connection.connect.started", {})
        timeouts = request.extensions["timeout"]
        parts = _parts(request)
        try:
            connected = self._connected(timeouts["connect"])
            connected.settimeout(timeouts["read"])
            trace("http11.send_request_headers.started", {"request": request})
            _send(connected, parts)
            return self._answer(connected, request.method)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        self._connection.close()

    def free(self) -> None:
        """Keep the connection for the next request."""
        self._used_at = time.monotonic()

    def _connected(self, timeout: float) -> socket.socket:
        idle = self._connection.sock
        if idle and (time.monotonic() - self._used_at > self._keepalive or _has_spoken(idle)):
            self.close()
        if not self._connection.sock:
            self._connection.timeout = timeout
            with _as(httpx.ConnectTimeout, httpx.ConnectError, to=self._connection.host):
                self._connection.connect()
            self._connection.sock.setsockopt(*_DROP_AT_CLOSE)
        return self._connection.sock

    def _answer(self, connected: socket.socket, method: str) -> httpx.Response:
        answer = http.client.HTTPResponse(connected, method=method)
        try:
            _begin(answer)
        except BaseException:
            answer.close()
            raise
        return httpx.Response(answer.status, headers=answer.getheaders(), stream=_Body(answer, self))


class _Body(httpx.SyncByteStream):
    """The body of an answer. Once it is read and closed, the connection may be used again."""

    def __init__(self, answer: http.client.HTTPResponse, transport: DirectTransport) -> None:
        self._answer = answer
        self._transport = transport
        self._whole = False

    def __iter__(self) -> Iterator[bytes]:
        left = self._answer.length
        while left != 0:
            with _as(httpx.ReadTimeout, httpx.ReadError):
                part = self._answer.read1(_PART if left is None else min(left, _PART))
            if not part:
                break
            if left is not None:
                left -= len(part)
            yield part
        if left:
            raise httpx.RemoteProtocolError(f"the connection was closed with {left} bytes of the answer to come")
        self._whole = True

    def close(self) -> None:
        self._answer.close()
        if self._whole and not self._answer.will_close:
            self._transport.free()
        else:
            self._transport.close()


def _begin(answer: http.client.HTTPResponse) -> None:
    """Read the head of an answer.

    Data that came before the request answers nothing, and the data after it could be anything.
    """
    with _as(httpx.ReadTimeout, httpx.ReadError):
        answer.begin()
    if answer.status < 200:
        raise httpx.RemoteProtocolError(f"status {answer.status} is not an answer")


def _head(request: httpx.Request) -> bytes:
    lines = [b"%b %b HTTP/1.1" % (request.method.encode("ascii"), request.url.raw_path)]
    lines += [b"%b: %b" % header for header in request.headers.raw]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def _parts(request: httpx.Request) -> list[bytes]:
    """Return the bytes of a request: joined, unless it contains a document, which is not copied for that."""
    parts = [_head(request), *request.stream]  # type: ignore[misc] # a request of ours has a stream that is not async
    return parts if sum(map(len, parts)) > _PART else [b"".join(parts)]


def _send(connected: socket.socket, parts: list[bytes]) -> None:
    """Write a request in parts, each within the time-out; `sendall`, and TLS, have only one for all of it."""
    try:
        for part in parts:
            left = memoryview(part)
            while left:
                left = left[connected.send(left[:_PART]) :]
    except TimeoutError as error:
        raise httpx.WriteTimeout(str(error)) from error
    except OSError:
        # A server may refuse a request before it has arrived completely, and close: its answer can still be read.
        return


def _has_spoken(connected: socket.socket) -> bool:
    """Return whether something came over an idle connection: its end, or data that answers no request."""
    poll = select.poll()
    poll.register(connected, select.POLLIN)
    return bool(poll.poll(0))


@contextmanager
def _as(late: type[httpx.TimeoutException], lost: type[httpx.NetworkError], *, to: str = "") -> Iterator[None]:
    """Raise connection errors under httpx's names."""
    try:
        yield
    except TimeoutError as error:
        raise late(str(error)) from error
    except http.client.HTTPException as error:
        raise httpx.RemoteProtocolError(f"{type(error).__name__}: {error}") from error
    except OSError as error:
        raise lost(f"connecting to {to}: {error}" if to else str(error)) from error
