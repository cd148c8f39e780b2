"""A server on this machine that answers as the test says, under names and addresses of the public internet."""

import socket
import ssl
import threading
from contextlib import suppress
from pathlib import Path

import httpcore

from faxdispatch.fetching.link import Links, Patience

CERTIFICATES = Path(__file__).parent / "certificates"
PUBLIC = "93.184.216.34"
LIMIT = 100_000


def reply(body=b"", *, status="200 OK", **headers):
    """An answer that is whole: `content_type="…"` becomes the header Content-Type."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Server:
    """Answers each request with the entry of `answers` for its path: bytes, or a function of the connection.

    `requests` are the heads that came. A function may talk as long as the other side listens.
    """

    def __init__(self, context):
        self.answers = {}
        self.requests = []
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def close(self):
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(60)

    def _accept(self):
        while True:
            try:
                connection = self._listener.accept()[0]
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection):
        connection.settimeout(60)
        with suppress(OSError):
            if self._context:
                connection = self._context.wrap_socket(connection, server_side=True)
            head = b""
            while b"\r\n\r\n" not in head:
                more = connection.recv(65536)
                if not more:
                    return
                head += more
            self.requests.append(head.decode("latin-1"))
            answer = self.answers[head.split()[1].decode()]
            if callable(answer):
                answer(connection)
            else:
                connection.sendall(answer)
        connection.close()


class Internet(httpcore.SyncBackend):
    """Brings every connection to the test's server, and notes to which address it was meant to go."""

    def __init__(self, port):
        self.port = port
        self.dialled = []
        self.dead = set()

    def connect_tcp(self, host, port, *args, **named):
        self.dialled.append((host, port))
        if host in self.dead:
            raise httpcore.ConnectError("no route")
        return super().connect_tcp("127.0.0.1", self.port, *args, **named)


class Names:
    """A resolver: each name has the addresses that the test gives it."""

    def __init__(self):
        self.known = {"documents.test": [PUBLIC], "elsewhere.test": ["2606:2800:220:1::1"]}
        self.asked = []

    def __call__(self, host, port, **hints):
        self.asked.append(host)
        if host not in self.known:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [
            (socket.AF_INET6 if ":" in address else socket.AF_INET, hints["type"], 6, "", (address, port))
            for address in self.known[host]
        ]


def make_links(internet, names, *, unchecked=(), max_bytes=LIMIT, trust=True, patience=None):
    context = ssl.create_default_context(cafile=CERTIFICATES / "authority.pem" if trust else None)
    return Links(
        max_bytes=max_bytes,
        unchecked_origins=unchecked,
        ssl_context=context,
        patience=patience or Patience(),
        resolve=names,
        network=internet,
    )
