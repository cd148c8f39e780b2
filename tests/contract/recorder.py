"""An HTTP server that records its requests and gives prepared answers."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True)
class Seen:
    """One request, decoded; two requests that mean the same are equal."""

    method: str
    path: tuple[str, ...]
    """Segments without their percent signs; a slash inside a segment stays inside."""
    query: list[tuple[str, Any]]
    """Sorted; what reads as a moment is one."""
    body: Any
    """The JSON object, or None for no body, bytes for any other kind."""
    authorization: str | None
    content_type: str | None


@dataclass
class Answer:
    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"

    @classmethod
    def of(cls, status: int, document: Any) -> "Answer":
        return cls(status, json.dumps(document).encode())


@dataclass
class Recorder:
    """The server's address, its requests, and its answers: one for each page; the last one repeats."""

    url: str
    answers: list[Answer] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)

    def tell(self, *answers: Answer) -> None:
        """Begin again, with these answers."""
        self.answers, self.seen = list(answers), []

    def take(self) -> list[Seen]:
        """Return the requests since the last call."""
        taken, self.seen = self.seen, []
        return taken

    def answer(self, seen: Seen) -> Answer:
        self.seen.append(seen)
        page = int(dict(seen.query).get("page[number]", 1))
        return self.answers[min(page, len(self.answers)) - 1]


@contextmanager
def recording() -> Iterator[Recorder]:
    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            answer = recorder.answer(_decoded(self))
            self.send_response(answer.status)
            if answer.status != 204:
                self.send_header("Content-Type", answer.content_type)
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815 - http.server calls them so

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        recorder = Recorder(f"http://127.0.0.1:{server.server_port}/v2")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield recorder
        finally:
            server.shutdown()
            thread.join()


def _decoded(request: BaseHTTPRequestHandler) -> Seen:
    url = urlsplit(request.path)
    raw = request.rfile.read(int(request.headers.get("Content-Length") or 0))
    content_type = request.headers.get_content_type() if raw else None
    pairs = parse_qsl(url.query, keep_blank_values=True, strict_parsing=bool(url.query))
    return Seen(
        method=request.command,
        path=tuple(unquote(segment) for segment in url.path.split("/")),
        query=sorted((name, _moment(value)) for name, value in pairs),
        body=json.loads(raw) if content_type == "application/json" else raw or None,
        authorization=request.headers.get("Authorization"),
        content_type=content_type,
    )


def _moment(text: str) -> Any:
    try:
        return datetime.fromisoformat(text) if "T" in text else text
    except ValueError:
        return text
