"""Connections that go only to checked addresses, and that end when their time has run out."""

import ssl
import time
from collections.abc import Iterable, Sequence
from typing import Any

import httpcore

_NO_TIME = "the time for the whole download has run out"


class Network(httpcore.NetworkBackend):
    """Connects to the first of `addresses` that answers, for any requested host.

    The address that was resolved and checked is the one that is connected to, so a name that resolves differently a
    moment later gains nothing. Without `addresses`, for a proxy, it connects to the host that it is asked for.

    `until`, in the time of time.monotonic(), ends everything, even if single bytes keep coming.
    """

    def __init__(self, beneath: httpcore.NetworkBackend, addresses: Sequence[str] | None, until: float) -> None:
        self._beneath = beneath
        self._addresses = addresses
        self._until = until

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect; raises the error of the last address."""
        failure: Exception = httpcore.ConnectError("there is no address")
        for address in [host] if self._addresses is None else self._addresses:
            left = _left(self._until, timeout, httpcore.ConnectTimeout)
            try:
                stream = self._beneath.connect_tcp(address, port, left, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(stream, self._until)
        raise failure


class _Stream(httpcore.NetworkStream):
    """A connection on which no step lasts longer than `until`."""

    def __init__(self, beneath: httpcore.NetworkStream, until: float) -> None:
        self._beneath = beneath
        self._until = until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._beneath.read(max_bytes, _left(self._until, timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._beneath.write(buffer, _left(self._until, timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._beneath.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _left(self._until, timeout, httpcore.ConnectTimeout)
        return _Stream(self._beneath.start_tls(ssl_context, server_hostname, left), self._until)

    def get_extra_info(self, info: str) -> Any:
        return self._beneath.get_extra_info(info)


def _left(until: float, timeout: float | None, late: type[httpcore.TimeoutException]) -> float:
    """Return how long one step may last: its own time-out or the remaining time, whichever is shorter."""
    left = until - time.monotonic()
    if left <= 0:
        raise late(_NO_TIME)
    return left if timeout is None else min(left, timeout)
