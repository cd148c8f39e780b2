"""The connection to Telnyx without a proxy: which answers it understands, and when it is reused."""

import gzip
import json
import socket
import threading

import httpx
import pytest

from faxdispatch.errors import OutcomeUnknown
from faxdispatch.telnyx import direct, transport

ACCEPTED = json.dumps({"data": {"id": "fax-1", "status": "queued"}}).encode()


def in_chunks(peer):
    parts = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (ACCEPTED[:7], ACCEPTED[7:]))
    peer.socket.sendall(b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n" + parts + b"0\r\n\r\n")


def in_drops(peer):
    peer.socket.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: %d\r\n\r\n" % len(ACCEPTED))
    for byte in ACCEPTED:
        peer.socket.sendall(bytes([byte]))


def packed(peer):
    peer.answer(202, gzip.compress(ACCEPTED), "Content-Encoding: gzip")


def with_names_in_capitals(peer):
    peer.socket.sendall(b"HTTP/1.1 202 Accepted\r\nCONTENT-LENGTH: %d\r\n\r\n" % len(ACCEPTED) + ACCEPTED)


@pytest.mark.parametrize("answer", [in_chunks, in_drops, packed, with_names_in_capitals])
def test_an_answer_in_any_form_of_http_is_understood_and_its_connection_used_again(
    serve, connect, request_to_send, answer
):
    def behave(peer, _):
        while peer.read_request():
            answer(peer)

    server = serve(behave)
    client = connect(server.origin)
    assert [client.send_fax(request_to_send).id for _ in range(3)] == ["fax-1"] * 3
    assert (server.connections, len(server.requests)) == (1, 3)


def until_the_end(peer):
    peer.socket.sendall(b"HTTP/1.1 202 Accepted\r\n\r\n" + ACCEPTED)
    peer.socket.shutdown(socket.SHUT_WR)


def and_says_that_it_closes(peer):
    peer.answer(202, ACCEPTED, "Connection: close")


def in_http_1_0(peer):
    peer.socket.sendall(b"HTTP/1.0 202 Accepted\r\nContent-Length: %d\r\n\r\n" % len(ACCEPTED) + ACCEPTED)


@pytest.mark.parametrize("answer", [until_the_end, and_says_that_it_closes, in_http_1_0])
def test_a_connection_after_which_nothing_can_be_trusted_is_not_used_again(serve, connect, request_to_send, answer):
    answered = threading.Semaphore(0)

    def behave(peer, _):
        peer.read_request()
        answer(peer)
        answered.release()
        peer.wait_for_close()

    server = serve(behave)
    client = connect(server.origin)
    for _ in range(2):
        assert client.send_fax(request_to_send).id == "fax-1"
        assert answered.acquire(timeout=60)
    assert (server.connections, len(server.requests)) == (2, 2)


def test_a_connection_that_was_idle_for_long_is_not_used_again(serve, connect, request_to_send, monkeypatch):
    def behave(peer, _):
        while peer.read_request():
            peer.answer(202, ACCEPTED)

    monkeypatch.setattr(transport, "KEEPALIVE", 0.0)
    server = serve(behave)
    client = connect(server.origin)
    client.send_fax(request_to_send)
    client.send_fax(request_to_send)
    assert (server.connections, len(server.requests)) == (2, 2)


@pytest.mark.parametrize("status", [101, 103, 199])
def test_a_status_that_is_no_answer_is_unknown(serve, connect, request_to_send, status):
    def behave(peer, _):
        peer.read_request()
        peer.answer(status)

    server = serve(behave)
    with pytest.raises(OutcomeUnknown, match="is not an answer"):
        connect(server.origin).send_fax(request_to_send)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "rest",
    [b"Transfer-Encoding: chunked\r\n\r\n5\r\n{", b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", b"X: " + b"x" * 70_000],
)
def test_an_answer_that_breaks_the_rules_is_unknown(serve, connect, request_to_send, rest):
    def behave(peer, _):
        peer.read_request()
        peer.socket.sendall(b"HTTP/1.1 202 Accepted\r\n" + rest)

    server = serve(behave)
    with pytest.raises(OutcomeUnknown):
        connect(server.origin).send_fax(request_to_send)
    assert (server.connections, len(server.requests)) == (1, 1)


def test_after_an_error_the_next_call_uses_a_new_connection(serve, connect, request_to_send):
    def behave(peer, number):
        peer.read_request()
        if number == 1:
            peer.wait_for_close()
        peer.answer(202, ACCEPTED)

    server = serve(behave)
    client = connect(server.origin, read_timeout=0.2)
    with pytest.raises(OutcomeUnknown):
        client.send_fax(request_to_send)
    client._transport._timeout["read"] = 60
    assert client.send_fax(request_to_send).id == "fax-1"
    assert server.connections == 2


def test_a_document_in_many_chunks_is_received_completely(serve, connect):
    content = b"%PDF-1.4 " + bytes(3_000_000)

    def behave(peer, _):
        peer.read_request()
        peer.answer(201, b'{"data": {"media_name": "m"}}')

    server = serve(behave)
    assert connect(server.origin).upload_media(content, media_name="m").media_name == "m"
    assert content in server.requests[0]


def test_nothing_of_a_request_that_was_given_up_arrives_later(serve, connect):
    content = b"%PDF-1.4 " + bytes(1_000_000)
    given_up, ends = threading.Event(), []

    def behave(peer, _):
        # Nothing is read before, so most of the request still waits on our side.
        assert given_up.wait(60)
        size = 0
        try:
            while part := peer.socket.recv(65536):
                size += len(part)
        except ConnectionResetError:
            ends.append(size)

    server = serve(behave)
    server.receive_at_most(4096)
    with pytest.raises(OutcomeUnknown):
        connect(server.origin, read_timeout=0.2).upload_media(content)
    given_up.set()
    server.stop()
    assert len(ends) == 1
    assert ends[0] < len(content)


class Takes:
    """Stands for a TLS socket: takes all it is given, within one time-out."""

    def __init__(self):
        self.given = []

    def send(self, part):
        self.given.append(bytes(part))
        return len(part)


def test_no_time_out_has_to_be_enough_for_a_whole_document():
    taken = Takes()
    direct._send(taken, [b"head", bytes(1_000_000)])
    assert b"".join(taken.given) == b"head" + bytes(1_000_000)
    assert max(map(len, taken.given)) <= direct._PART


def test_a_call_with_json_is_written_as_httpx_would_write_it():
    asked = {"to": "+14155550123", "from_display_name": "Zürich", "media_name": "a"}
    seen = []

    def answer(request):
        seen.append(request)
        return httpx.Response(202, json={"data": {}})

    caller = transport.Transport(
        "https://api.example.com/v2",
        {"Authorization": "Bearer KEY", "User-Agent": "u"},
        connect_timeout=1,
        read_timeout=1,
        http=httpx.MockTransport(answer),
    )
    caller.call(transport.Call("send_fax", "POST", "/faxes", json=asked))
    written = httpx.Request(
        "POST",
        "https://api.example.com/v2/faxes",
        headers={"Authorization": "Bearer KEY", "User-Agent": "u", "Accept": "application/json"},
        json=asked,
    )
    [sent] = seen
    assert sent.read() == written.read()
    assert sorted(sent.headers.multi_items()) == sorted(written.headers.multi_items())
    assert (sent.method, sent.url) == (written.method, written.url)
