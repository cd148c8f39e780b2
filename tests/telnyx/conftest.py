"""A Telnyx that gives prepared answers, in memory or over a real socket."""

import json
import socket
import threading

import httpx
import pytest

from faxdispatch.telnyx import SendRequest, TelnyxClient

KEY = "KEY0123456789ABCDEF_secret"


@pytest.fixture
def request_to_send():
    return SendRequest.build(
        **{
            "connection_id": "1293384261075731499",
            "from": "+13125550100",
            "to": "+13125550123",
            "media_url": "https://files.example.com/a.pdf?sig=s3cret",
            "client_state": "am9iLTE=",
        }
    )


class Api:
    """Prepared answers, and the recorded requests."""

    def __init__(self):
        self.answers = []
        self.requests = []

    def __call__(self, request):
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def will_answer(self, status=200, data=None, *, meta=None, errors=None, headers=None, text=None):
        body = {name: v for name, v in (("data", data), ("meta", meta), ("errors", errors)) if v is not None}
        content = text if text is not None else json.dumps(body) if body else ""
        self.answers.append(httpx.Response(status, headers=headers, content=content))
        return self

    def will_raise(self, error):
        self.answers.append(error)
        return self

    def page(self, number, total, *ids, results=None, **meta):
        items = [{"id": name, "status": "queued"} for name in ids]
        meta = {"page_number": number, "total_pages": total, "total_results": results} | meta
        return self.will_answer(200, items, meta={k: v for k, v in meta.items() if v is not None})

    @property
    def only(self):
        assert len(self.requests) == 1
        return self.requests[0]

    @property
    def sent(self):
        """Method, path, query and JSON body of the only request."""
        request = self.only
        body = json.loads(request.content) if request.content else None
        return request.method, request.url.path, dict(request.url.params.multi_items()), body


@pytest.fixture
def api():
    return Api()


@pytest.fixture
def pauses():
    return []


@pytest.fixture
def client(api, pauses):
    with TelnyxClient("https://api.test/v2", KEY, http=httpx.MockTransport(api), sleep=pauses.append) as made:
        yield made


class Loopback:
    """A server on a real socket; `behave(connection, number)` handles each connection, counted from 1."""

    def __init__(self, behave):
        self._behave = behave
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._handlers = []
        self.connections = 0
        self.requests = []
        self.unasked = b""
        self.port = self._socket.getsockname()[1]
        self.origin = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            handler = threading.Thread(target=self._handle, args=(connection, self.connections))
            self._handlers.append(handler)
            handler.start()

    def _handle(self, connection, number):
        with connection:
            connection.settimeout(60)
            try:
                self._behave(Peer(connection, self), number)
            except ConnectionError:
                return

    def receive_at_most(self, size):
        """Limit the kernel's buffer of unread bytes for each later connection to about this size."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)

    def stop(self):
        """Accept no more connections and wait until the present ones have ended; may be called again."""
        if self._socket.fileno() < 0:
            return
        # Closing alone does not wake a thread that waits in accept().
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()
        for handler in self._handlers:
            handler.join()


class Peer:
    """The server's end of one connection."""

    def __init__(self, connection, server):
        self.socket = connection
        self._server = server

    def read_request(self):
        """Read one whole request; return its bytes, or None where the other side closed instead."""
        received = b""
        while b"\r\n\r\n" not in received:
            received = self._more(received)
            if received is None:
                return None
        head, _, body = received.partition(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0
        )
        while len(body) < length:
            body += self.socket.recv(65536)
        self._server.requests.append(head + b"\r\n\r\n" + body)
        return self._server.requests[-1]

    def _more(self, received):
        part = self.socket.recv(65536)
        if not part:
            self._server.unasked += received
            return None
        return received + part

    def answer(self, status, body=b"", *headers):
        lines = [f"HTTP/1.1 {status} Status", f"Content-Length: {len(body)}", *headers]
        self.socket.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def wait_for_close(self):
        while self.socket.recv(65536):
            pass


@pytest.fixture
def serve():
    """Start a server with a behaviour of one's own."""
    started = []

    def start(behave):
        started.append(Loopback(behave))
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def connect():
    """Make a client for an address, with timeouts that a test can wait for."""
    made = []

    def make(origin, **options):
        options = {"connect_timeout": 60, "read_timeout": 60, "sleep": lambda _: None} | options
        made.append(TelnyxClient(f"{origin}/v2", KEY, **options))
        return made[-1]

    yield make
    for client in made:
        client.close()
