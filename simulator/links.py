"""Temporary download links, like those of Telnyx' storage: they need no key, and they expire."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from simulator.config import Config
from simulator.faults import Faults


@dataclass(slots=True)
class _Link:
    content: Callable[[], bytes]
    content_type: str
    expires: float


class Links:
    """All links ever issued."""

    def __init__(self, config: Config, faults: Faults) -> None:
        self._config = config
        self._faults = faults
        self._links: dict[str, _Link] = {}

    def clear(self) -> None:
        """Forget all links."""
        self._links.clear()

    def make(self, file_name: str, content_type: str, content: Callable[[], bytes]) -> str:
        """Return a URL under which the content is available for `media_link_secs`."""
        token, life = secrets.token_urlsafe(18), self._faults["media_link_secs"]
        self._links[token] = _Link(content, content_type, time.monotonic() + life)
        return f"{self._config.origin}/_media/{token}/{file_name}?X-Amz-Expires={life:.0f}"

    def open(self, token: str) -> tuple[bytes, str] | None:
        """Return content and type, or nothing if the link is unknown or has expired."""
        link = self._links.get(token)
        if link is None or link.expires <= time.monotonic():
            return None
        return link.content(), link.content_type
