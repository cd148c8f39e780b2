"""One connection to a client."""

import ipaddress
import socket
import time
from contextlib import suppress
from typing import Any

from waitress.channel import HTTPChannel
from waitress.task import WSGITask

from faxdispatch.serving.framing import StrictRequest


class Task(WSGITask):  # type: ignore[misc] # waitress has no types
    """waitress's answer; after an answer that the request is too large, the connection is closed."""

    def build_response_header(self) -> bytes:
        """Return status line and headers."""
        if self.status.startswith("413"):
            self.set_close_on_finish()
        head: bytes = super().build_response_header()
        return head


class Channel(HTTPChannel):  # type: ignore[misc] # waitress has no types
    """waitress's connection, which remembers when it last made a step.

    A step is a complete request or a complete answer. Single bytes do not extend the time; otherwise a client that
    sends or receives them one by one could stay as long as it likes.
    """

    parser_class = StrictRequest
    task_class = Task

    def __init__(self, server: Any, sock: socket.socket, addr: Any, adj: Any, map: Any = None) -> None:  # noqa: A002
        super().__init__(server, sock, addr, adj, map=map)
        self.since = time.monotonic()
        self.origin = origin(addr[0])
        server.make_room(self)

    def received(self, data: bytes) -> bool:
        """Receive bytes from the client."""
        before = len(self.requests)
        taken: bool = super().received(data)
        if len(self.requests) > before:
            self.since = time.monotonic()
        return taken

    def writable(self) -> bool:
        """Return whether the server's loop has something to send.

        While a thread of the app works on a request, it sends the answer itself, unless it waits for the loop because
        too much is buffered. waitress's loop would go round and round until that thread is done, and slow it down.
        """
        if self.requests and not self.will_close and not self.close_when_flushed:
            return bool(self.total_outbufs_len >= self.adj.outbuf_high_watermark)
        return bool(super().writable())

    def service(self) -> None:
        """Let the app answer the oldest request; runs in a thread of the app."""
        super().service()
        self.since = time.monotonic()

    def waits_for_client(self) -> bool:
        """Return whether the server waits for the client to send a request or to receive what is ready."""
        return not self.will_close and (not self.requests or self.total_outbufs_len > 0)

    def hang_up(self) -> None:
        """Let the server's loop close the connection in its next round.

        If it were closed at once, the next client would get the same file descriptor, and the loop's remaining work for
        the old connection would affect the new one.
        """
        self.will_close = True
        # The loop notices that at once, and not only when the client receives something.
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)


def origin(address: str) -> str:
    """Return the addresses that one client controls: an IPv4 address, or the /64 network of an IPv6 one."""
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    return str(known if known.version == 4 else ipaddress.ip_network((known, 64), strict=False))
