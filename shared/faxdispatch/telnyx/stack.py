"""Clients to borrow: one for each working thread."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Self

from faxdispatch.settings import Settings
from faxdispatch.telnyx.client import TelnyxClient
from faxdispatch.telnyx.transport import AfterResponse, BeforeCall


class ClientStack:
    """Lends clients to threads, the last returned one first, so that its connection is still open.

    One client shared by many threads is several times slower than one for each, because its pool has one lock.
    """

    def __init__(self, build: Callable[[], TelnyxClient]) -> None:
        self._build = build
        self._idle: deque[TelnyxClient] = deque()
        self._closed = False

    @classmethod
    def from_settings(
        cls,
        settings: Settings,
        *,
        before_call: BeforeCall | None = None,
        after_response: AfterResponse | None = None,
    ) -> Self:
        """Make a stack of clients for the environment's settings.

        Raises:
            Misconfigured: key or base URL cannot be used; this is noticed here and not with the first fax.
        """

        def build() -> TelnyxClient:
            return TelnyxClient.from_settings(settings, before_call=before_call, after_response=after_response)

        stack = cls(build)
        with stack.borrow():
            return stack

    @contextmanager
    def borrow(self) -> Iterator[TelnyxClient]:
        """Yield a client that no other thread has until the block ends; never waits."""
        try:
            client = self._idle.pop()
        except IndexError:
            client = self._build()
        try:
            yield client
        finally:
            self._give_back(client)

    def close(self) -> None:
        """Close the available clients, and from now on each one that is returned."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    def _give_back(self, client: TelnyxClient) -> None:
        self._idle.append(client)
        # Checked after the client was put back, so that none can slip past a close that runs at the same time.
        if self._closed:
            self.close()
