"""The real server against clients that break the rules. Each case ends with an accepted valid request."""

import json
import threading
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from faxdispatch.testing import SignedRequest, telnyx_event
from tests.webhook.harness import PATH, SIGNER, Web, published, quarantined
from webhook.endpoint import MAX_BODY


def head(
    request: SignedRequest,
    *more: str,
    line: str = f"POST {PATH} HTTP/1.1",
    length: str | None = "right",
    host: str | None = "localhost",
    **changed: str,
) -> bytes:
    """The request up to its body; `more` are further header lines, `changed` replaces headers (- for _)."""
    headers = request.headers | {name.replace("_", "-"): text for name, text in changed.items()}
    lines = [line, *(f"{name}: {text}" for name, text in headers.items()), *more]
    if host:
        lines.append(f"Host: {host}")
    if length:
        lines.append(f"Content-Length: {len(request.body) if length == 'right' else length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def chunked(body: bytes, size: int = 100) -> bytes:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def in_chunks(request: SignedRequest, *more: str, coding: str = "chunked", length: str | None = None) -> bytes:
    return head(request, f"Transfer-Encoding: {coding}", *more, length=length) + chunked(request.body)


def oversized() -> SignedRequest:
    return SIGNER.request(json.dumps(telnyx_event()).encode() + b" " * (MAX_BODY + 50_000))


def without_signature(request: SignedRequest) -> SignedRequest:
    return SignedRequest(request.body, {})


def underscored(request: SignedRequest) -> SignedRequest:
    return SignedRequest(request.body, {name.replace("-", "_"): text for name, text in request.headers.items()})


Build = Callable[[SignedRequest], bytes]

TAKEN: dict[str, Build] = {
    "plain": lambda r: head(r) + r.body,
    "HTTP/1.0": lambda r: head(r, line=f"POST {PATH} HTTP/1.0") + r.body,
    "chunked": in_chunks,
    "chunked in single bytes": lambda r: head(r, "Transfer-Encoding: chunked", length=None) + chunked(r.body, 1),
    "100-continue": lambda r: head(r, "Expect: 100-continue") + r.body,
    "upgrade to h2c": lambda r: head(r, "Upgrade: h2c", "Connection: Upgrade") + r.body,
    "strange host": lambda r: head(r, host="a b/c?d#e\xff") + r.body,
    "whole address in the request line": lambda r: head(r, line=f"POST http://x{PATH} HTTP/1.1") + r.body,
    "percent-encoded path": lambda r: head(r, line="POST /webhooks/%74elnyx HTTP/1.1") + r.body,
    "query and fragment": lambda r: head(r, line=f"POST {PATH}?connection_id=1#x HTTP/1.1") + r.body,
    "two hundred headers": lambda r: head(r, *(f"X-{n}: y" for n in range(200))) + r.body,
    "junk with underscores": lambda r: head(r, "Telnyx_Timestamp: 1", "Telnyx_Signature_Ed25519: x") + r.body,
    "forwarding headers": lambda r: head(r, "X-Forwarded-For: 1.2.3.4", "Forwarded: for=\xff") + r.body,
    "header names in capitals": lambda r: (
        head(SignedRequest(r.body, {k.upper(): v for k, v in r.headers.items()})) + r.body
    ),
}

# Which framings are refused: tests/serving/test_framing.py.
REFUSED: dict[str, tuple[int, Build]] = {
    "too long": (413, lambda _: head(oversized()) + oversized().body),
    "too long, in chunks": (413, lambda _: in_chunks(oversized())),
    "ten gigabytes announced": (413, lambda r: head(r, length=str(10**10))),
    "announced too short": (401, lambda r: head(r, "Connection: close", length=str(len(r.body) - 5)) + r.body),
    "not announced": (401, lambda r: head(r, "Connection: close", length=None)),
    "length and chunks": (400, lambda r: in_chunks(r, length="right")),
    "no host": (400, lambda r: head(r, host=None) + r.body),
    "unsigned": (401, lambda r: head(without_signature(r)) + r.body),
    "only underscored headers": (401, lambda r: head(underscored(r)) + r.body),
    "timestamp twice": (401, lambda r: head(r, f"Telnyx-Timestamp: {r.headers['telnyx-timestamp']}") + r.body),
    "signature twice": (
        401,
        lambda r: head(r, f"Telnyx-Signature-Ed25519: {r.headers['telnyx-signature-ed25519']}") + r.body,
    ),
    "timestamp with a byte above ASCII": (401, lambda r: head(r, telnyx_timestamp="160000000\xff") + r.body),
    "packed": (415, lambda r: head(r, "Content-Encoding: gzip") + r.body),
    "one long header": (431, lambda r: head(r, "X: " + "y" * 20_000) + r.body),
    "long address": (431, lambda r: head(r, line=f"POST {PATH}?{'q' * 20_000} HTTP/1.1") + r.body),
    "GET": (405, lambda r: head(r, line=f"GET {PATH} HTTP/1.1") + r.body),
    "HEAD": (405, lambda r: head(r, line=f"HEAD {PATH} HTTP/1.1") + r.body),
    "OPTIONS": (405, lambda r: head(r, line=f"OPTIONS {PATH} HTTP/1.1") + r.body),
    "TRACE": (405, lambda r: head(r, line=f"TRACE {PATH} HTTP/1.1") + r.body),
    "unknown method": (405, lambda r: head(r, line=f"FOO {PATH} HTTP/1.1") + r.body),
    "broken method": (400, lambda r: head(r, line=f"P(ST {PATH} HTTP/1.1") + r.body),
    "slash at the end": (404, lambda r: head(r, line=f"POST {PATH}/ HTTP/1.1") + r.body),
    "two slashes": (404, lambda r: head(r, line="POST /webhooks//telnyx HTTP/1.1") + r.body),
    "up and down": (404, lambda r: head(r, line=f"POST /x/..{PATH} HTTP/1.1") + r.body),
    "NUL in the path": (404, lambda r: head(r, line=f"POST {PATH}%00 HTTP/1.1") + r.body),
    "no UTF-8 in the path": (404, lambda r: head(r, line=f"POST {PATH}%ff HTTP/1.1") + r.body),
}


@pytest.mark.parametrize("build", TAKEN.values(), ids=TAKEN)
def test_a_signed_event_is_taken_however_it_is_framed(web: Web, redis_url: str, build: Build):
    event = telnyx_event()
    assert 200 in web.raw(build(SIGNER.request(event)))
    assert published(redis_url) == [event["data"]["id"]]


@pytest.mark.parametrize(("status", "build"), REFUSED.values(), ids=REFUSED)
def test_a_request_that_breaks_the_rules_is_refused_and_the_next_is_accepted(
    web: Web, redis_url: str, status: int, build: Build
):
    assert web.raw(build(SIGNER.request(telnyx_event())))[:1] == [status]
    assert published(redis_url) == quarantined(redis_url) == []
    assert web.post(SIGNER.request(telnyx_event())).status == 200


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n" * 100,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(256)),
        b"\0" * 100_000,
        b"GET",
        b"POST /webhooks/telnyx HTTP/1.1\nHost: x\nContent-Length: 0\n\n",
    ],
    ids=["nothing", "blank lines", "HTTP/2", "TLS", "zeros", "half a line", "line feeds only"],
)
def test_bytes_that_are_not_a_request_leave_the_server_unharmed(web: Web, redis_url: str, data: bytes):
    assert 200 not in web.raw(data)
    assert web.post(SIGNER.request(telnyx_event())).status == 200
    assert len(published(redis_url)) == 1


def test_requests_sent_without_waiting_are_each_answered(web: Web, redis_url: str):
    requests = [SIGNER.request(telnyx_event()) for _ in range(3)]
    assert web.raw(b"".join(head(r) + r.body for r in requests)) == [200, 200, 200]
    assert len(published(redis_url)) == 3


def test_the_server_does_not_name_its_software(web: Web):
    assert "Server" not in web.post(SIGNER.request(telnyx_event())).headers


@pytest.mark.parametrize("stage", ["silent", "in the headers", "in the body", "in a chunk"])
def test_fifty_stalled_clients_hold_up_no_one(web: Web, redis_url: str, stage: str):
    request = SIGNER.request(telnyx_event())
    begun = {
        "silent": b"",
        "in the headers": head(request)[:60],
        "in the body": head(request) + request.body[:100],
        "in a chunk": head(request, "Transfer-Encoding: chunked", length=None) + b"ffff\r\nabc",
    }[stage]
    with ExitStack() as stalled:
        for _ in range(50):
            stalled.enter_context(web.connect()).sendall(begun)
        assert web.post(request).status == 200
    assert len(published(redis_url)) == 1


def test_clients_that_vanish_halfway_leave_nothing_behind(web: Web, redis_url: str):
    request = SIGNER.request(telnyx_event())
    for _ in range(20):
        with web.connect() as client:
            client.sendall(head(request) + request.body[:-1])
    assert web.post(request).status == 200
    assert len(published(redis_url)) == 1


def test_the_same_event_delivered_twenty_times_at_once_is_published_once(web: Web, redis_url: str):
    statuses: list[int] = []
    event = telnyx_event()

    def deliver() -> None:
        statuses.append(web.post(SIGNER.request(event)).status)

    threads = [threading.Thread(target=deliver) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 20
    assert published(redis_url) == [event["data"]["id"]]
