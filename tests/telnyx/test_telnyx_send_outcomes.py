"""Evidence decides the outcome of a send, over real sockets; a send is made only once."""

import itertools
import json
import socket
import struct
import threading

import httpx
import pytest

from faxdispatch.errors import NotSent, OutcomeUnknown, Refused, TelnyxError
from faxdispatch.telnyx import TelnyxClient
from faxdispatch.telnyx.transport import MAX_BODY
from tests.conftest import free_port

ACCEPTED = json.dumps({"data": {"id": "fax-1", "status": "queued"}}).encode()


def test_connection_refused_is_not_sent(connect, request_to_send):
    with pytest.raises(NotSent):
        connect(f"http://127.0.0.1:{free_port()}").send_fax(request_to_send)


def test_a_name_that_cannot_be_found_is_not_sent(connect, request_to_send, monkeypatch):
    def nowhere(*args, **kwargs):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    with pytest.raises(NotSent, match="Name or service not known"):
        connect("http://telnyx.invalid").send_fax(request_to_send)


def test_a_failed_tls_handshake_is_not_sent(serve, connect, request_to_send):
    def behave(peer, _):
        peer.socket.recv(65536)
        peer.socket.sendall(b"this is no TLS\r\n")

    server = serve(behave)
    with pytest.raises(NotSent):
        connect(server.origin.replace("http:", "https:")).send_fax(request_to_send)
    assert server.requests == []


def closes(peer, _):
    peer.read_request()


def resets(peer, _):
    peer.read_request()
    peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def talks_nonsense(peer, _):
    peer.read_request()
    peer.socket.sendall(b"\x00\x01 what?\r\n\r\n")


def breaks_off_the_head(peer, _):
    peer.read_request()
    peer.socket.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Le")


def breaks_off_the_body(peer, _):
    peer.read_request()
    peer.socket.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 100\r\n\r\n" + ACCEPTED[:20])


def sends_broken_gzip(peer, _):
    peer.read_request()
    peer.answer(202, b"not gzip at all", "Content-Encoding: gzip")


def answers_html(peer, _):
    peer.read_request()
    peer.answer(202, b"<html>Accepted</html>", "Content-Type: text/html")


def answers_without_an_id(peer, _):
    peer.read_request()
    peer.answer(202, b'{"data": {"status": "queued"}}')


def sends_elsewhere(peer, _):
    peer.read_request()
    peer.answer(307, b"", f"Location: http://127.0.0.1:{peer.socket.getsockname()[1]}/elsewhere")


def fails(peer, _):
    peer.read_request()
    peer.answer(503, b"<html>unavailable</html>")


@pytest.mark.parametrize(
    "behave",
    [
        closes, resets, talks_nonsense, breaks_off_the_head, breaks_off_the_body, sends_broken_gzip, answers_html,
        answers_without_an_id, sends_elsewhere, fails,
    ],
)  # fmt: skip
def test_whatever_goes_wrong_after_the_request_began_to_leave_is_unknown_and_not_repeated(
    serve, connect, request_to_send, behave
):
    server = serve(behave)
    with pytest.raises(OutcomeUnknown):
        connect(server.origin).send_fax(request_to_send)
    assert len(server.requests) == 1
    assert server.connections == 1


def test_no_answer_in_time_is_unknown(serve, connect, request_to_send):
    def behave(peer, _):
        peer.read_request()
        peer.wait_for_close()

    server = serve(behave)
    with pytest.raises(OutcomeUnknown, match="ReadTimeout"):
        connect(server.origin, read_timeout=0.1).send_fax(request_to_send)
    server.stop()
    assert len(server.requests) == 1


def test_a_body_that_drips_is_given_up_although_no_single_wait_is_long(serve, connect, request_to_send):
    def behave(peer, _):
        peer.read_request()
        peer.socket.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 9\r\n\r\n")
        for _ in range(9):
            peer.socket.sendall(b" ")
        peer.wait_for_close()

    server = serve(behave)
    ticks = itertools.count(step=100.0)
    with pytest.raises(OutcomeUnknown, match="took too long"):
        connect(server.origin, clock=lambda: next(ticks)).send_fax(request_to_send)


def test_a_refusal_sent_while_the_request_is_still_being_written_counts(serve, connect, request_to_send):
    def behave(peer, _):
        peer.socket.recv(10)
        peer.answer(413, b'{"errors": [{"code": "413", "title": "Too large"}]}')
        peer.wait_for_close()

    with pytest.raises(Refused):
        connect(serve(behave).origin).send_fax(request_to_send)


def test_after_its_deadline_a_request_does_not_even_connect(serve, connect, request_to_send):
    server = serve(closes)
    with pytest.raises(NotSent, match="ran out"):
        connect(server.origin, clock=lambda: 10.0).send_fax(request_to_send, deadline=10.0)
    assert server.connections == 0


def test_a_deadline_that_passes_while_connecting_stops_the_request_before_its_first_byte(
    serve, connect, request_to_send
):
    seen = threading.Event()

    def behave(peer, _):
        try:
            peer.read_request()
        finally:
            seen.set()

    server = serve(behave)
    times = iter([0.0, 10.0])
    with pytest.raises(NotSent, match="ran out"):
        connect(server.origin, clock=lambda: next(times)).send_fax(request_to_send, deadline=5.0)
    assert seen.wait(60)
    assert server.connections == 1
    assert server.requests == []
    assert server.unasked == b""


def test_a_deadline_that_passes_between_head_and_body_breaks_off_a_request_through_a_proxy(
    serve, connect, request_to_send, monkeypatch
):
    got, over = bytearray(), threading.Event()

    def behave(peer, _):
        while part := peer.socket.recv(65536):
            got.extend(part)
        over.set()

    # Asked before connecting, before the head, before the body.
    times = iter([0.0, 0.0, 9.0])
    monkeypatch.setenv("http_proxy", serve(behave).origin)
    with pytest.raises(OutcomeUnknown, match="interrupted"):
        connect("http://telnyx.invalid", clock=lambda: next(times)).send_fax(request_to_send, deadline=5.0)
    assert over.wait(60)
    assert got.endswith(b"\r\n\r\n")


def test_a_deadline_also_counts_on_a_connection_that_is_open_already(serve, connect, request_to_send):
    def behave(peer, _):
        while peer.read_request():
            peer.answer(202, ACCEPTED)

    server = serve(behave)
    now = [0.0]
    client = connect(server.origin, clock=lambda: now[0])
    client.send_fax(request_to_send, deadline=5.0)
    now[0] = 5.0
    with pytest.raises(NotSent):
        client.send_fax(request_to_send, deadline=5.0)
    assert len(server.requests) == 1


def test_an_idle_connection_that_the_server_closed_is_replaced_without_a_second_post(serve, connect, request_to_send):
    closed = threading.Event()

    def behave(peer, number):
        peer.read_request()
        peer.answer(202, ACCEPTED)
        # The second connection is the client's to close, which it may do before the server comes to it.
        if number == 1:
            peer.socket.shutdown(socket.SHUT_WR)
            closed.set()
        peer.wait_for_close()

    server = serve(behave)
    client = connect(server.origin)
    client.send_fax(request_to_send)
    assert closed.wait(60)
    assert client.send_fax(request_to_send).id == "fax-1"
    assert (server.connections, len(server.requests)) == (2, 2)


def test_a_reused_connection_that_is_closed_under_the_request_is_unknown(serve, connect, request_to_send):
    def behave(peer, _):
        peer.read_request()
        peer.answer(202, ACCEPTED)
        peer.read_request()

    server = serve(behave)
    client = connect(server.origin)
    client.send_fax(request_to_send)
    with pytest.raises(OutcomeUnknown):
        client.send_fax(request_to_send)
    assert (server.connections, len(server.requests)) == (1, 2)


@pytest.mark.parametrize("status", [407, 502])
def test_a_proxy_that_opens_no_tunnel_has_not_sent_anything(serve, connect, request_to_send, monkeypatch, status):
    def behave(peer, _):
        peer.read_request()
        peer.answer(status)

    server = serve(behave)
    monkeypatch.setenv("https_proxy", server.origin)
    with pytest.raises(NotSent):
        connect("https://api.telnyx.invalid").send_fax(request_to_send)
    assert [request.split()[0] for request in server.requests] == [b"CONNECT"]


def test_a_proxy_is_left_out_where_the_environment_says_so(serve, connect, request_to_send, monkeypatch):
    def behave(peer, _):
        peer.read_request()
        peer.answer(202, ACCEPTED)

    server = serve(behave)
    monkeypatch.setenv("http_proxy", "127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert connect(server.origin).send_fax(request_to_send).id == "fax-1"


def test_a_proxy_may_be_named_without_its_scheme(serve, connect, request_to_send, monkeypatch):
    def behave(peer, _):
        peer.read_request()
        peer.answer(202, ACCEPTED)

    server = serve(behave)
    monkeypatch.setenv("http_proxy", server.origin.removeprefix("http://"))
    monkeypatch.setenv("no_proxy", "elsewhere.test")
    assert connect("http://telnyx.invalid").send_fax(request_to_send).id == "fax-1"


def test_an_answer_too_large_to_hold_is_unknown(client, api, request_to_send):
    api.answers.append(httpx.Response(202, content=b" " * (MAX_BODY + 1)))
    with pytest.raises(OutcomeUnknown, match="larger"):
        client.send_fax(request_to_send)


@pytest.mark.parametrize(
    "error",
    [httpx.ReadTimeout("slow"), httpx.WriteError("broken"), httpx.RemoteProtocolError("odd"), RuntimeError("a bug")],
)
def test_without_evidence_that_nothing_left_it_is_unknown(client, api, request_to_send, error):
    api.will_raise(error)
    with pytest.raises(OutcomeUnknown):
        client.send_fax(request_to_send)
    assert len(api.requests) == 1


def test_a_failure_of_before_call_prevents_the_call_and_comes_through(api, request_to_send):
    def refuse(operation):
        raise PermissionError(operation)

    client = TelnyxClient("https://api.test/v2", "KEY1", before_call=refuse, http=httpx.MockTransport(api))
    with pytest.raises(PermissionError, match="send_fax"):
        client.send_fax(request_to_send)
    assert api.requests == []


def test_a_failure_of_after_response_does_not_hide_an_accepted_fax(api, request_to_send, caplog):
    def break_down(operation, headers, status):
        raise ConnectionError("Redis is away")

    api.will_answer(202, {"id": "fax-1"})
    client = TelnyxClient("https://api.test/v2", "KEY1", after_response=break_down, http=httpx.MockTransport(api))
    assert client.send_fax(request_to_send).id == "fax-1"
    assert "after_response failed" in caplog.text


@pytest.mark.parametrize("status", [400, 401, 408, 409, 422, 429, 500, 502, 503, 504])
def test_no_answer_makes_a_send_go_out_twice(client, api, pauses, request_to_send, status):
    api.will_answer(status, headers={"retry-after": "0"})
    with pytest.raises(TelnyxError):
        client.send_fax(request_to_send)
    assert len(api.requests) == 1
    assert pauses == []


def test_no_request_is_logged_with_the_numbers_it_asks_for(serve, connect, caplog):
    def behave(peer, _):
        peer.read_request()
        peer.answer(200, b'{"data": [], "meta": {"total_pages": 1}}')

    caplog.set_level("INFO")
    list(connect(serve(behave).origin).list_faxes(to="+13125550123"))
    assert "5550123" not in caplog.text
