"""The one place where HTTP calls are made, and where it is known whether a request has been sent.

One of httpx's transports is used without its client: no redirects, no cookies, and no log line with the address, which
contains the requested numbers.
"""

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import IO, Any

import httpx

from faxdispatch.errors import NotSent, OutcomeUnknown, TelnyxError, Unreachable
from faxdispatch.fetching.authorities import tls_context
from faxdispatch.fetching.proxies import named_proxy
from faxdispatch.observability import tracing
from faxdispatch.telnyx.direct import DirectTransport
from faxdispatch.telnyx.translate import Answer
from faxdispatch.text.trouble import why

log = logging.getLogger(__name__)

Clock = Callable[[], float]
BeforeCall = Callable[[str], None]
AfterResponse = Callable[[str, dict[str, str], int], None]

KEEPALIVE = 5.0
"""Seconds for which an idle connection is kept.

Short, so that the server seldom closes one just as it is used again.
"""

MAX_BODY = 16 * 1024 * 1024
"""Largest answer that is read into memory."""

_address = lru_cache(maxsize=64)(httpx.URL)
"""How many parsed addresses are kept: parsing costs more than the rest of a request, and most requests use the same
one."""

_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


@dataclass(frozen=True)
class Call:
    """One request: `operation` is the client method's name, `path` is relative to the base URL and already quoted."""

    operation: str
    method: str
    path: str
    params: Mapping[str, str | list[str]] | None = None
    json: Any = None
    fields: Mapping[str, str] | None = None
    files: Mapping[str, tuple[str, bytes, str]] | None = None
    sink: IO[bytes] | None = None
    """The file to which the body of a success is written, instead of memory."""
    max_body: int = MAX_BODY


class TooLarge(Exception):
    """The answer's body is longer than the call allows; `status` is the answer's."""

    def __init__(self, status: int) -> None:
        self.status = status
        super().__init__(status)


@dataclass
class _Evidence:
    """The transport's reports about one request, through httpx's trace extension."""

    deadline: float | None
    clock: Clock
    watched: bool = False
    begun: bool = False

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Record when the first byte is about to leave; raise if the deadline has passed.

        If head and body leave separately, as through a proxy, the deadline is checked once more in between: without its
        body, a request is not valid.
        """
        self.watched = True
        if event == "http11.send_request_body.started" and self.begun and self.late:
            raise OutcomeUnknown("interrupted: the time allowed for starting this request ran out while it was sent")
        if event != "http11.send_request_headers.started":
            return
        # Through a proxy, the same event comes first for the tunnel, which carries nothing of ours yet.
        if getattr(info.get("request"), "method", None) == b"CONNECT":
            return
        self.check_deadline()
        self.begun = True

    @property
    def late(self) -> bool:
        """Return whether the deadline has passed."""
        return self.deadline is not None and self.clock() >= self.deadline

    def check_deadline(self) -> None:
        """Raise NotSent if the deadline has passed."""
        if self.late:
            raise NotSent("not sent: the time allowed for starting this request ran out")

    def translate(self, operation: str, error: Exception) -> TelnyxError:
        """Return the error that says whether the request may have reached Telnyx."""
        what = f"{operation.replace('_', ' ')}: {why(error)}"
        if not self.begun and (self.watched or isinstance(error, _NEVER_LEFT)):
            return Unreachable(f"Telnyx was not reached: {what}")
        return OutcomeUnknown(f"no usable answer to {what}")


class Transport:
    """A connection pool to one API, for one thread at a time.

    `before_call` is called before each try and may raise; `after_response` is called after each answer and may not: its
    failures are logged, since they must not hide what Telnyx answered.
    """

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str],
        *,
        connect_timeout: float,
        read_timeout: float,
        before_call: BeforeCall | None = None,
        after_response: AfterResponse | None = None,
        clock: Clock = time.monotonic,
        http: httpx.BaseTransport | None = None,
    ) -> None:
        self._base_url = base_url
        self._headers = dict(headers)
        self._raw_headers = [(name.encode(), value.encode()) for name, value in headers.items()]
        self._read_timeout = read_timeout
        self._timeout = httpx.Timeout(read_timeout, connect=connect_timeout, pool=connect_timeout).as_dict()
        self._before_call = before_call
        self._after_response = after_response
        self._clock = clock
        self._http = http or _http(base_url)

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def call(self, call: Call, *, deadline: float | None = None) -> Answer:
        """Make one try. Return any answer, success or not.

        `deadline`, a time of `clock`, is when the request must have begun to leave.

        Raises:
            NotSent: nothing of the request left this machine.
            OutcomeUnknown: it began to leave and no usable answer came back.
            TooLarge: the answer is longer than the call allows.
        """
        if self._before_call:
            self._before_call(call.operation)
        evidence = _Evidence(deadline, self._clock)
        evidence.check_deadline()
        try:
            answer = self._traced(call, evidence)
        except (TelnyxError, TooLarge):
            raise
        except Exception as error:
            # httpx has its own types for network errors, so a bare OSError comes from the disk.
            if call.sink is not None and isinstance(error, OSError):
                raise
            # Unexpected errors, too, are judged by whether the request had begun to be sent.
            raise evidence.translate(call.operation, error) from error
        self._learn(call.operation, answer)
        return answer

    def _traced(self, call: Call, evidence: _Evidence) -> Answer:
        with tracing.within(f"telnyx {call.operation}", "CLIENT", facts={"http.request.method": call.method}) as span:
            answer = self._exchange(call, evidence)
            span.set({"http.response.status_code": answer.status})
        return answer

    def _exchange(self, call: Call, evidence: _Evidence) -> Answer:
        request = self._request(call, {"timeout": self._timeout, "trace": evidence.trace})
        response = self._http.handle_request(request)
        response.request = request
        try:
            body = self._read(response, call)
        finally:
            response.close()
        return Answer(response.status_code, dict(response.headers), body)

    def _request(self, call: Call, extensions: dict[str, Any]) -> httpx.Request:
        url = _address(f"{self._base_url}{call.path}")
        accept = "application/json" if call.sink is None else "*/*"
        if call.json is None or call.params is not None:
            return httpx.Request(
                call.method,
                url,
                headers={**self._headers, "Accept": accept},
                params=call.params,
                json=call.json,
                data=call.fields,
                files=call.files,
                extensions=extensions,
            )
        # The same request that httpx would build, in much less time, since most calls are sends.
        body = json.dumps(call.json, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
        headers = [(b"Host", url.netloc), *self._raw_headers, (b"Accept", accept.encode())]
        headers += [(b"Content-Length", b"%d" % len(body)), (b"Content-Type", b"application/json")]
        return httpx.Request(call.method, url, headers=headers, stream=httpx.ByteStream(body), extensions=extensions)

    def _read(self, response: httpx.Response, call: Call) -> bytes:
        """Read the body within one read timeout in total: httpx's own starts again with every byte."""
        sink = call.sink if response.is_success else None
        if sink is not None:
            # An earlier try may have left a part.
            sink.seek(0)
            sink.truncate()
        until, size, parts = self._clock() + self._read_timeout, 0, []
        for part in response.iter_bytes():
            size += len(part)
            if size > call.max_body:
                raise TooLarge(response.status_code)
            if sink is None and self._clock() > until:
                raise httpx.ReadTimeout("the answer took too long", request=response.request)
            if sink is None:
                parts.append(part)
            else:
                sink.write(part)
        return b"".join(parts)

    def _learn(self, operation: str, answer: Answer) -> None:
        if self._after_response is None:
            return
        try:
            self._after_response(operation, dict(answer.headers), answer.status)
        except Exception:
            log.exception("after_response failed after %s", operation)


def _http(base_url: str) -> httpx.BaseTransport:
    url = httpx.URL(base_url)
    proxy = named_proxy(url.scheme, url.netloc.decode())
    if proxy is None:
        return DirectTransport(url, tls_context(), keepalive=KEEPALIVE)
    limits = httpx.Limits(max_connections=4, max_keepalive_connections=1, keepalive_expiry=KEEPALIVE)
    return httpx.HTTPTransport(verify=tls_context(), limits=limits, proxy=proxy)
