"""The documents of links, fetched for faxes with a cover. A slow server blocks few of a worker's threads."""

import time
from collections.abc import Collection
from threading import Lock
from urllib.parse import urlsplit

from faxdispatch.documents.local import Document
from faxdispatch.documents.preflight.links import SECONDS, fetched_now
from faxdispatch.errors import BadInput
from faxdispatch.fetching.trouble import LinkFailed

SLOW = 1.0
"""Seconds after which a failed fetch counts as having kept a thread waiting."""
AGAIN = SECONDS + 10
"""Seconds after which a server that did not answer in time is asked again. No fetch takes longer."""


class Servers:
    """The servers of links, and which of them are slow.

    A server that did not answer in time is asked for only one fax at a time until it answers.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._slow: dict[str, float] = {}

    def fetch(self, url: str, unchecked_origins: Collection[str] = ()) -> Document:
        """Fetch a document. `unchecked_origins` are FAX_DANGEROUS_INBOUND_ORIGINS.

        Raises:
            BadInput: it cannot be fetched, is larger than Telnyx stores, or is of a kind that Telnyx does not fax.
            LinkFailed: its server did not answer, now or a moment ago; try again.
        """
        server, began = urlsplit(url).hostname or "", time.monotonic()
        self._see(server, began)
        try:
            document = fetched_now(url, unchecked_origins)
        except LinkFailed:
            if time.monotonic() - began >= SLOW:
                with self._lock:
                    self._slow[server] = time.monotonic() + AGAIN
            raise
        except BadInput:
            self._answered(server)
            raise
        self._answered(server)
        return document

    def _answered(self, server: str) -> None:
        with self._lock:
            self._slow.pop(server, None)

    def _see(self, server: str, now: float) -> None:
        with self._lock:
            again = self._slow.get(server)
            if again is not None and now < again:
                raise LinkFailed(f"{server}: did not answer for another fax, and is asked again in {again - now:.0f} s")
            if again is not None:
                self._slow[server] = now + AGAIN
