"""The server against clients that would block others, with limits low enough for a test."""

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

import pytest

from faxdispatch.serving import Bounds, Server, listen
from faxdispatch.serving.channel import Channel, origin
from tests.conftest import eventually

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
LONG = b"x" * 50_000_000


def app(environ, start_response):
    if environ["PATH_INFO"] == "/too-large":
        start_response("413 Content Too Large", [("Content-Length", "0")])
        return []
    if environ["PATH_INFO"] == "/pieces":
        start_response("200 OK", [("Content-Length", str(len(LONG)))])
        return (LONG[:1_000_000] for _ in range(0, len(LONG), 1_000_000))
    body = LONG if environ["PATH_INFO"] == "/long" else environ["REMOTE_ADDR"].encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Starts servers on a free port."""
    stopped = []

    def start(*, host: str = "127.0.0.1", connections: int = 100, seconds: float = 60, **options) -> Server:
        server = Server(app, listen(host, 0), Bounds(4, connections, seconds, 100_000), **options)
        server.run_aside()
        stopped.append(server)
        return server

    yield start
    for server in stopped:
        server.close()


def connect(server: Server, host: str = "127.0.0.1") -> socket.socket:
    return socket.create_connection((host, server.port), timeout=60)


def ask(server: Server, request: bytes = GET, host: str = "127.0.0.1") -> bytes:
    with connect(server, host) as client:
        return answer(client, request)


def answer(client: socket.socket, request: bytes = GET) -> bytes:
    """Send a request and return the whole answer, which ends with the client's address."""
    client.sendall(request)
    received = b""
    while not re.search(rb"\r\n\r\n.*[0-9]", received):
        more = client.recv(1000)
        assert more, "the server hung up"
        received += more
    return received


def hung_up(client: socket.socket) -> bool:
    try:
        while client.recv(65536):
            pass
    except TimeoutError:
        return False
    except OSError:
        return True
    return True


def drip(clients: list[socket.socket], stop: threading.Event) -> None:
    """Send a byte of a request on each, again and again."""
    while not stop.wait(0.05):
        for client in clients:
            with suppress(OSError):  # The server has hung up.
                client.send(b"a")


def test_slow_clients_beyond_the_limit_hold_up_no_one(serve):
    server = serve(connections=40)
    stop = threading.Event()
    with ExitStack() as held:
        slow = [held.enter_context(connect(server)) for _ in range(60)]
        for client in slow:
            client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nX: ")
        dripping = threading.Thread(target=drip, args=(slow, stop))
        dripping.start()
        try:
            assert [ask(server)[:12] for _ in range(20)] == [b"HTTP/1.1 200"] * 20
            eventually(lambda: len(server.active_channels) <= 40)
        finally:
            stop.set()
            dripping.join()


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"POST / HTTP/1.1\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n",
    ],
    ids=["head", "headers", "body", "chunk"],
)
def test_sending_single_bytes_does_not_extend_the_time_limit(serve, begun: bytes):
    server = serve(seconds=1)
    stop = threading.Event()
    with connect(server) as client:
        client.sendall(begun)
        dripping = threading.Thread(target=drip, args=([client], stop))
        dripping.start()
        try:
            assert hung_up(client)
        finally:
            stop.set()
            dripping.join()


def test_sending_blank_lines_does_not_extend_the_time_limit(serve):
    server = serve(seconds=1)
    with connect(server) as client:
        client.settimeout(0.05)

        def gone() -> bool:
            try:
                client.send(b"\r\n\r\n")
            except OSError:
                return True
            return hung_up(client)

        assert eventually(gone)


def test_an_answer_that_is_not_read_is_given_up(serve):
    server = serve(seconds=1)
    with connect(server) as client:
        client.sendall(GET.replace(b"/ ", b"/long "))
        eventually(lambda: not server.active_channels and server.task_dispatcher.active_count == 0)


def test_an_answer_in_pieces_comes_whole_through_a_buffer_that_is_smaller(serve):
    server = serve()
    with connect(server) as client:
        client.sendall(GET.replace(b"/ ", b"/pieces "))
        [channel] = eventually(lambda: list(server.active_channels.values()))
        # The app waits until the client takes what is there.
        eventually(lambda: channel.total_outbufs_len > server.adj.outbuf_high_watermark)
        received = bytearray()
        while len(received.partition(b"\r\n\r\n")[2]) < len(LONG):
            received += client.recv(1_000_000)
    assert received.endswith(LONG)


def test_the_loop_sends_for_a_thread_until_that_may_go_on(serve):
    server = serve()
    ours, client = socket.socketpair()
    with client:
        channel = Channel(server, ours, ("127.0.0.1", 1), server.adj, map={})
        channel.requests.append(object())
        # waitress lets the thread continue when less than this is buffered.
        channel.total_outbufs_len = server.adj.outbuf_high_watermark
        assert channel.writable()
        channel.total_outbufs_len -= 1
        assert not channel.writable()
        channel.requests.clear()
        assert channel.writable()
        channel.handle_close()


def test_the_loop_is_not_kept_busy_by_an_answer_that_a_thread_is_sending(serve, monkeypatch):
    looked = []
    monkeypatch.setattr(Channel, "handle_write", lambda self: looked.append(self.addr))
    server = serve()

    def answer_slowly(environ, start_response) -> list[bytes]:
        [channel] = [channel for channel in server.active_channels.values() if channel.requests]
        with channel.outbuf_lock:
            channel.total_outbufs_len += 1
            server.application = app
            assert ask(server).startswith(b"HTTP/1.1 200")
            channel.total_outbufs_len -= 1
        return app(environ, start_response)

    server.application = answer_slowly
    assert ask(server).startswith(b"HTTP/1.1 200")
    assert looked == []


def test_a_connection_in_use_stays_open(serve):
    server = serve(seconds=3600)
    with connect(server) as client:
        for _ in range(3):
            assert answer(client).startswith(b"HTTP/1.1 200")
            [channel] = server.active_channels.values()
            eventually(channel.waits_for_client)
            channel.since -= 2400
            server.maintenance(0)


def test_new_clients_are_answered_while_others_are_disconnected(serve):
    server = serve()
    end = time.monotonic() + 3
    answers: list[bytes] = []

    def come_again() -> None:
        while time.monotonic() < end:
            answers.append(ask(server)[:12])

    def ports() -> dict[int, Channel]:
        return {channel.addr[1]: channel for channel in list(server.active_channels.values())}

    with ExitStack() as held:
        asking = [threading.Thread(target=come_again) for _ in range(4)]
        for thread in asking:
            thread.start()
        while time.monotonic() < end:
            idle = {held.enter_context(connect(server)).getsockname()[1] for _ in range(40)}
            eventually(lambda idle=idle: idle <= set(ports()))
            for port, channel in ports().items():
                if port in idle:
                    channel.since -= 3600
            eventually(lambda idle=idle: not idle & set(ports()))
        for thread in asking:
            thread.join()
    assert set(answers) == {b"HTTP/1.1 200"}


def test_the_client_with_most_connections_is_disconnected_first(serve):
    server = serve(host="::", connections=10)
    with ExitStack() as held:
        few = held.enter_context(connect(server, "::1"))
        many = [held.enter_context(connect(server)) for _ in range(11)]
        eventually(lambda: len(server.active_channels) == 10)
        # The longest idle one is the only one of its address, and may stay.
        assert answer(few).startswith(b"HTTP/1.1 200")
        for client in many[:2]:
            assert hung_up(client)
        assert answer(many[-1]).startswith(b"HTTP/1.1 200")


def test_an_ambiguous_request_is_answered_400_and_the_connection_closed(serve):
    server = serve()
    with connect(server) as client:
        client.sendall(
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + GET
        )
        received = b""
        while piece := client.recv(1000):
            received += piece
    assert received.startswith(b"HTTP/1.1 400 ")
    assert received.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (GET.replace(b"/ ", b"/too-large "), 413),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nExpect: a-cake\r\n\r\n", 417),
    ],
    ids=["refused by the app", "announced too large", "expects what we do not know"],
)
def test_after_a_413_or_417_the_connection_is_closed(serve, request_: bytes, status: int):
    with connect(serve()) as client:
        client.sendall(request_)
        received = b""
        while piece := client.recv(1000):
            received += piece
    assert received.startswith(b"HTTP/1.1 %d " % status)
    assert b"\r\nConnection: close\r\n" in received
    assert received.count(b"HTTP/1.1 ") == 1


def test_all_addresses_listen_on_ipv4_and_ipv6(serve):
    server = serve(host="::")
    assert ask(server).endswith(b"\r\n127.0.0.1")
    assert ask(server, host="::1").endswith(b"\r\n::1")


@pytest.mark.parametrize(
    ("proxy", "seen"), [(None, b"127.0.0.1"), ("127.0.0.1", b"203.0.113.9"), ("*", b"203.0.113.9")]
)
def test_only_a_known_proxy_may_name_the_client(serve, proxy: str | None, seen: bytes):
    server = serve(proxy=proxy)
    assert ask(server, GET[:-2] + b"X-Forwarded-For: 198.51.100.1, 203.0.113.9\r\n\r\n").endswith(b"\r\n" + seen)


@pytest.mark.parametrize(
    ("address", "whose"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("localhost", "localhost"),
    ],
)
def test_an_ipv6_network_counts_as_one_client(address: str, whose: str):
    assert origin(address) == whose


@pytest.mark.parametrize("host", ["127.0.0.1", "::"])
def test_the_reason_why_an_address_cannot_be_bound_is_reported_once(host: str):
    with listen(host, 0) as taken, pytest.raises(OSError, match="in use") as raised:
        listen(host, taken.getsockname()[1])
    assert raised.value.strerror == "Address already in use"
