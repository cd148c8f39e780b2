"""A message as it came from the broker. Nothing in it is trusted, and reading it never fails."""

import base64
import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Self

KEPT = 4096
"""How many bytes are kept of each end of a body that is too long."""
CUT = "faxdispatch.cut"
"""The field that the transport puts in place of a message that is too long, with `size`, `sha1`, `head` and `tail`."""
_UNREADABLE = (TypeError, ValueError, LookupError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message. `size` (bytes) and `sha1` are set if `body` is only a part."""

    headers: dict[str, Any]
    body: bytes
    content_type: Any = "text/plain"
    content_encoding: Any = "utf-8"
    size: int | None = None
    sha1: str | None = None

    @classmethod
    def of(cls, message: Any) -> "Envelope":
        """Return the envelope of a kombu message; a message of our own transport has one already."""
        if isinstance(message.body, Envelope):
            return message.body
        body, headers = message.body, message.headers
        return cls(
            headers if isinstance(headers, dict) else {},
            bytes(body) if isinstance(body, (bytes, bytearray, memoryview)) else _utf8(str(body)),
            message.content_type,
            message.content_encoding,
        )

    @classmethod
    def from_text(cls, text: bytes) -> Self:
        """Open a message as kombu's virtual transports write it; anything else is a body without headers."""
        try:
            message = json.loads(text)
            if CUT in message:
                return cls._from_cut(message[CUT])
            headers, body = message["headers"] or {}, _utf8(message["body"])
            if not isinstance(headers, dict):
                return cls({}, text)
            if message["properties"].get("body_encoding") == "base64":
                body = base64.b64decode(body, validate=True)
            return cls(headers, body, message.get("content-type"), message.get("content-encoding"))
        except _UNREADABLE:
            return cls({}, text)

    @classmethod
    def _from_cut(cls, note: dict[str, Any]) -> Self:
        head, tail, headers = note["head"], note["tail"], None
        with suppress(*_UNREADABLE):
            # Kombu writes the headers after the body.
            headers = json.loads("{" + tail[tail.index('"content-encoding"') :])["headers"]
        return cls(
            headers if isinstance(headers, dict) else {},
            _utf8(f"{head} ... {tail}"),
            size=int(note["size"]),
            sha1=str(note["sha1"]),
        )

    def digest(self) -> str:
        """Return the hash of its whole body."""
        return self.sha1 or hashlib.sha1(self.body, usedforsecurity=False).hexdigest()

    def cut(self, max_bytes: int) -> "Envelope":
        """Return it with as much of its body as is kept."""
        if len(self.body) <= max_bytes:
            return self
        kept = self.body[:KEPT] + b" ... " + self.body[-KEPT:]
        return replace(self, body=kept, size=len(self.body), sha1=self.digest())


def _utf8(text: str) -> bytes:
    return text.encode(errors="backslashreplace")
