"""A server that clients cannot block: each has limited time, and a full server disconnects the busiest client."""

import logging
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from waitress.server import TcpWSGIServer

from faxdispatch.serving.channel import Channel

log = logging.getLogger(__name__)

_REPORT_EVERY = 60.0
_HEAD = 16 * 1024
_AT_WORK = 100
"""How many connections beyond the limit may be open while the app works on all others."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The limits of a server for its clients."""

    threads: int
    """How many requests the app works on at once."""
    connections: int
    """Maximum number of connections; each uses a file and at most `body` bytes of memory or of the temporary folder."""
    seconds: float
    """The time in which a client must have sent a whole request, and received a whole answer."""
    body: int
    """Maximum size of a body in bytes, including the framing of chunks."""


class Server(TcpWSGIServer):  # type: ignore[misc] # waitress has no types
    """waitress with `Channel`: the app gets requests when they are complete, so slow clients hold no thread.

    The number of connections is limited. `scheme` is that of the address in the browser. `proxy` is the address of
    a proxy that names the client in `X-Forwarded-For`; `*` means any.
    """

    channel_class = Channel

    def __init__(
        self,
        app: Callable[..., Iterable[bytes]],
        sock: socket.socket,
        bounds: Bounds,
        *,
        scheme: str = "http",
        proxy: str | None = None,
    ) -> None:
        self._bounds = bounds
        self._report_again = 0.0
        self.port: int = sock.getsockname()[1]
        trusted: dict[str, Any] = (
            {"trusted_proxy": proxy, "trusted_proxy_headers": {"x-forwarded-for"}} if proxy else {}
        )
        super().__init__(
            app,
            _sock=sock,
            bind_socket=False,
            sockinfo=(sock.family, sock.type, sock.proto, sock.getsockname()),
            sockets=[sock],
            threads=bounds.threads,
            connection_limit=bounds.connections + _AT_WORK,
            # The default, select, fails for file numbers above 1023.
            asyncore_use_poll=True,
            cleanup_interval=1,
            max_request_header_size=_HEAD,
            max_request_body_size=bounds.body,
            url_scheme=scheme,
            clear_untrusted_proxy_headers=True,
            log_socket_errors=False,
            ident=None,
            **trusted,
        )

    def maintenance(self, now: float) -> None:  # noqa: ARG002 - waitress's clock, which may be set
        """Disconnect clients whose time is over."""
        end = time.monotonic() - self._bounds.seconds
        for channel in list(self.active_channels.values()):
            if channel.since < end and channel.waits_for_client():
                channel.hang_up()

    def make_room(self, newcomer: Channel) -> None:
        """If there are too many, disconnect the longest waiting connection of the client that has the most."""
        staying = [channel for channel in self.active_channels.values() if not channel.will_close]
        if len(staying) <= self._bounds.connections:
            return
        idle = [channel for channel in staying if channel is not newcomer and channel.waits_for_client()]
        if idle:
            self._report_full()
            held = Counter(channel.origin for channel in idle)
            max(idle, key=lambda channel: (held[channel.origin], -channel.since)).hang_up()

    def _report_full(self) -> None:
        now = time.monotonic()
        if now >= self._report_again:
            self._report_again = now + _REPORT_EVERY
            log.warning("all %d connections are in use; slow clients are disconnected", self._bounds.connections)

    def fix_addr(self, addr: Any) -> Any:
        """Return the address of a client as the app sees it."""
        return (_plain(addr[0]), *addr[1:])

    def run_aside(self) -> None:
        """Serve in a thread that ends with the process."""
        threading.Thread(target=self.run, name=f"server on {self.port}", daemon=True).start()


def listen(host: str, port: int) -> socket.socket:
    """Open a listening socket; `::` means every address of both kinds, or of IPv4 if the machine has no IPv6.

    Raises:
        OSError: the address is not available; `strerror` says why.
    """
    try:
        return _listen(host, port)
    except OSError as error:
        # Python adds the address to its message, and callers name it too.
        raise OSError(error.errno, str(error.strerror).partition(" (while ")[0]) from error


def _listen(host: str, port: int) -> socket.socket:
    if host == "::":
        if not socket.has_dualstack_ipv6():
            return socket.create_server(("0.0.0.0", port))  # noqa: S104 - the setting asks for it
        return socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family)


def _plain(address: str) -> str:
    """Return the address of an IPv4 client as IPv4, even if it reached a socket for both kinds."""
    return address.removeprefix("::ffff:") if "." in address else address
