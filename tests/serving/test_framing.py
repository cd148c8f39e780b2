"""Which requests are read, and which are refused because two servers could read them differently."""

import pytest
from waitress.adjustments import Adjustments

from faxdispatch.serving.framing import StrictRequest

HOST = b"Host: x\r\n"


def read(*pieces: bytes) -> StrictRequest:
    request = StrictRequest(Adjustments(max_request_body_size=1000))
    for piece in pieces:
        rest = piece
        while rest and not request.completed:
            rest = rest[request.received(rest) :]
    return request


def chunks(body: bytes) -> bytes:
    return b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n" + body


CLEAR = {
    "length": (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\nhello", b"hello"),
    "no body": (b"GET / HTTP/1.1\r\n" + HOST + b"\r\n", b""),
    "HTTP/1.0": (b"POST / HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello", b"hello"),
    "blank lines before": (b"\r\n\r\n\r\nGET / HTTP/1.1\r\n" + HOST + b"\r\n", b""),
    "chunks": (chunks(b"3\r\nhel\r\n02\r\nlo\r\n0\r\n\r\n"), b"hello"),
    "chunks in capitals": (chunks(b"A\r\n0123456789\r\n0\r\n\r\n"), b"0123456789"),
    "a body with line ends": (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 6\r\n\r\n\n\r\ra\n\n", b"\n\r\ra\n\n"),
}

UNCLEAR = {
    "length and chunks": b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    "chunks and length": b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
    "two lengths": b"Content-Length: 5\r\nContent-Length: 6\r\n",
    "the same length twice": b"Content-Length: 5\r\ncontent-length: 5\r\n",
    "a list of lengths": b"Content-Length: 5, 5\r\n",
    "a length with an underscore": b"Content-Length: 5\r\nContent_Length: 6\r\n",
    "a length with a sign": b"Content-Length: +5\r\n",
    "a length below zero": b"Content-Length: -5\r\n",
    "a length in hexadecimal": b"Content-Length: 0x5\r\n",
    "a length of too many digits": b"Content-Length: " + b"1" * 30 + b"\r\n",
    "no length where there should be one": b"Content-Length:\r\n",
    "chunks twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    "chunks twice in one line": b"Transfer-Encoding: chunked, chunked\r\n",
    "chunks and identity": b"Transfer-Encoding: identity, chunked\r\n",
    "a coding that is none": b"Transfer-Encoding: xchunked\r\n",
    "no coding": b"Transfer-Encoding:\r\n",
    "a coding with an underscore": b"Transfer_Encoding: chunked\r\n",
    "a coding in quotes": b'Transfer-Encoding: "chunked"\r\n',
    "a space before the colon": b"Content-Length : 5\r\n",
    "a folded line": b"X: a\r\n b\r\n",
    "two hosts": HOST,
    "a bare line feed": b"X: a\nY: b\r\n",
    "a bare carriage return": b"X: a\rY: b\r\n",
    "a NUL": b"X: a\0b\r\n",
    "no colon": b"X\r\n",
}

UNCLEAR_LINES = {
    "no version": b"GET /\r\n",
    "HTTP/2": b"GET / HTTP/2.0\r\n",
    "HTTP/1.2": b"GET / HTTP/1.2\r\n",
    "lower case": b"get / HTTP/1.1\r\n",
    "a space before": b" GET / HTTP/1.1\r\n",
    "a space after": b"GET / HTTP/1.1 \r\n",
    "two spaces": b"GET  / HTTP/1.1\r\n",
    "a tabulator": b"GET\t/ HTTP/1.1\r\n",
    "a byte above ASCII": b"GET /\xe9 HTTP/1.1\r\n",
    "a line feed": b"GET / HTTP/1.1\n",
    "no host": b"GET / HTTP/1.1\r\nX: y\r\n\r\n",
}

UNCLEAR_CHUNKS = {
    "no number": b"z\r\n",
    "a sign": b"+5\r\n",
    "0x": b"0x5\r\n",
    "a space": b"5 \r\n",
    "an extension": b"5;a=b\r\n",
    "a bare line feed": b"5\nhello\r\n",
    "too many digits": b"000000005\r\n",
    "a blank line first": b"\r\n5\r\n",
    "longer than announced": b"5\r\nhellooo\r\n",
    "shorter than announced": b"6\r\nhello\r\n0\r\n\r\n",
    "no line end after it": b"5\r\nhello5\r\n",
    "a trailer": b"0\r\nX: y\r\n\r\n",
}


def assert_refused(request: StrictRequest) -> None:
    assert request.completed
    assert request.error.code == 400


@pytest.mark.parametrize(("data", "body"), CLEAR.values(), ids=CLEAR)
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_an_unambiguous_request_is_read_however_its_bytes_arrive(data: bytes, body: bytes, size: int):
    request = read(*(data[at : at + size] for at in range(0, len(data), size)))
    while request.empty:
        # Blank lines count as an empty request; the next one begins after them.
        data = data[data.index(b"\r\n\r\n") + 4 :]
        request = read(data)
    assert request.completed
    assert request.error is None
    assert request.get_body_stream().read() == body


@pytest.mark.parametrize("lines", UNCLEAR.values(), ids=UNCLEAR)
def test_headers_that_can_be_read_in_two_ways_are_refused(lines: bytes):
    data = b"POST / HTTP/1.1\r\n" + HOST + lines + b"\r\n"
    assert_refused(read(data))
    assert_refused(read(*(data[at : at + 1] for at in range(len(data)))))


@pytest.mark.parametrize("line", UNCLEAR_LINES.values(), ids=UNCLEAR_LINES)
def test_a_malformed_request_line_is_refused(line: bytes):
    assert_refused(read(line + HOST * (b"X:" not in line) + b"\r\n"))


@pytest.mark.parametrize("body", UNCLEAR_CHUNKS.values(), ids=UNCLEAR_CHUNKS)
def test_malformed_chunks_are_refused(body: bytes):
    assert_refused(read(chunks(body)))
    assert_refused(read(chunks(b""), *(body[at : at + 1] for at in range(len(body)))))


def test_line_feeds_alone_are_refused_before_the_request_ends():
    assert_refused(read(b"POST / HTTP/1.1\nHost"))


def test_chunked_in_http_1_0_is_refused():
    assert_refused(read(b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"))


@pytest.mark.parametrize("expected", [b"200-ok", b"100-continue, 100-continue", b"", b"100-continue=1"])
def test_an_unknown_expectation_is_refused_before_the_body_comes(expected: bytes):
    head = b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\nExpect: " + expected + b"\r\n\r\n"
    request = read(head)
    assert request.completed
    assert request.error.code == 417
    assert read(head.replace(b"Expect: " + expected, b"Expect: 100-Continue")).error is None


def test_bytes_after_a_request_belong_to_the_next():
    request = StrictRequest(Adjustments())
    data = chunks(b"2\r\nhi\r\n0\r\n\r\n")
    taken = request.received(data)
    rest = data[taken:] + b"GET / HTTP/1.1\r\n"
    assert rest[request.received(rest) :] == b"GET / HTTP/1.1\r\n"
    assert request.completed


def test_more_than_the_bound_is_too_large_in_chunks_as_with_a_length():
    assert read(chunks(b"fff\r\n" + b"x" * 0xFFF)).error.code == 413
    assert read(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 2000\r\n\r\n").error.code == 413
