"""Finds where a request begins and ends, and refuses everything that two servers could read differently.

A proxy in front of us and waitress must agree on that to the byte. Otherwise, one may take as the body of a request
what the other takes as the next request (RFC 9112, 11.2).
"""

import re
from typing import Any

from waitress.parser import HTTPRequestParser, ParsingError
from waitress.receiver import ChunkedReceiver
from waitress.utilities import BadRequest, Error

_REQUEST_LINE = re.compile(rb"[A-Z][!#$%&'*+\-.^_`|~0-9A-Z]* [!-~]+ HTTP/1\.([01])")
_FRAMING = re.compile(
    rb"\r\n(?:([ \t])|(content[-_]length|transfer[-_]encoding|host)[ \t]*:[ \t]*([^\r]*))", re.IGNORECASE
)
_LENGTH = re.compile(rb"[0-9]{1,15}[ \t]*")
_SIZE_LINE = re.compile(rb"[0-9A-Fa-f]{1,8}")
_BEGUN_SIZE_LINE = re.compile(rb"[0-9A-Fa-f]{0,8}|[0-9A-Fa-f]{1,8}\r")


class ExpectationFailed(Error):  # type: ignore[misc] # waitress has no types
    """The client expects something that we do not know, and might wait for it before it sends the body."""

    code = 417
    reason = "Expectation Failed"


class StrictRequest(HTTPRequestParser):  # type: ignore[misc] # waitress has no types
    """waitress's request, in which each line ends in CR LF and at most one header gives the length of the body."""

    body_rcv: Any
    completed: bool
    version = "1.1"
    """The answer to a request that cannot be read."""

    def received(self, data: bytes) -> int:
        """Take the next bytes of the connection. Return how many of them belong to this request."""
        if self.body_rcv is None and not self.completed and _has_bare_line_end(self.header_plus + data):
            self.error = BadRequest("A line ends in CR or LF alone, or begins with a space")
            self.completed = True
            return len(data)
        consumed: int = super().received(data)
        if self.headers_finished and not self.error and self._expects_more_than_we_know():
            self.error = ExpectationFailed("Expect may only be 100-continue")
            self.completed = True
        return consumed

    def _expects_more_than_we_know(self) -> bool:
        expected: str = self.headers.get("EXPECT", "100-continue")
        return expected.lower() != "100-continue"

    def parse_header(self, header_plus: bytes) -> None:
        """Read request line and headers.

        Raises:
            ParsingError: they could be read in more than one way.
        """
        if problem := _ambiguity(header_plus):
            raise ParsingError(problem)
        super().parse_header(header_plus)
        if self.chunked:
            self.body_rcv = StrictChunks(self.body_rcv.getbuf())


class StrictChunks(ChunkedReceiver):  # type: ignore[misc] # waitress has no types
    """The body as chunks: sizes of up to eight digits and nothing else on their lines, no blank lines, no trailer."""

    completed: bool

    def __init__(self, buf: Any) -> None:
        super().__init__(buf)
        self._line = b""
        self._left = 0
        self._blank_due = False
        self._last = False

    def received(self, s: bytes) -> int:
        """Take the next bytes. Return how many of them belong to this body."""
        rest = self._line + s
        self._line = b""
        while rest and not self.completed:
            if self._left:
                piece, rest = rest[: self._left], rest[self._left :]
                self.buf.append(piece)
                self._left -= len(piece)
                continue
            line, end, after = rest.partition(b"\r\n")
            if not self._fits(line, whole=bool(end)):
                self.error = BadRequest("The chunks of the body are not plain")
                self.completed = True
                return len(s)
            if not end:
                self._line = rest
                return len(s)
            rest = after
            self._next(line)
        return len(s) - len(rest)

    def _fits(self, line: bytes, *, whole: bool) -> bool:
        if self._blank_due:
            return line == b"" or (line == b"\r" and not whole)
        return bool((_SIZE_LINE if whole else _BEGUN_SIZE_LINE).fullmatch(line))

    def _next(self, line: bytes) -> None:
        if self._blank_due:
            self._blank_due = False
            self.completed = self._last
            return
        self._left = int(line, 16)
        self._last = self._left == 0
        self._blank_due = True


def _has_bare_line_end(data: bytes) -> bool:
    """Return whether a head, as far as it has arrived, has line ends other than CR LF, or begins with a blank."""
    head = data.partition(b"\r\n\r\n")[0]
    pairs = head.count(b"\r\n")
    lone = head.count(b"\r") - pairs - head.endswith(b"\r")
    return lone > 0 or head.count(b"\n") > pairs or head.lstrip(b"\r\n")[:1].isspace()


def _ambiguity(head: bytes) -> str | None:
    """Return what could be read in two ways, or None for an unambiguous head."""
    line = _REQUEST_LINE.fullmatch(head.partition(b"\r\n")[0])
    if not line:
        return "The request line is not plain HTTP/1.1 or HTTP/1.0"
    found: dict[bytes, list[bytes]] = {b"content-length": [], b"transfer-encoding": [], b"host": []}
    for folded, name, value in _FRAMING.findall(head):
        if folded:
            return "A header continues on a second line"
        if b"_" in name:
            return "A header is written with an underscore, which some servers take for a hyphen"
        found[name.lower()].append(value)
    return _framing_problem(
        found[b"content-length"], found[b"transfer-encoding"], newer=line[1] == b"1"
    ) or _host_problem(found[b"host"], newer=line[1] == b"1")


def _framing_problem(lengths: list[bytes], encodings: list[bytes], *, newer: bool) -> str | None:
    if len(lengths) + len(encodings) > 1:
        return "More than one header says how long the body is"
    if lengths and not _LENGTH.fullmatch(lengths[0]):
        return "Content-Length is not a number"
    if encodings and not (newer and encodings[0].strip(b" \t").lower() == b"chunked"):
        return "Transfer-Encoding is not chunked, or the request is HTTP/1.0"
    return None


def _host_problem(hosts: list[bytes], *, newer: bool) -> str | None:
    return "There must be exactly one Host header" if len(hosts) > 1 or (newer and not hosts) else None
