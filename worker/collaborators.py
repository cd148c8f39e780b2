"""All that the tasks work with, built once in `app.py` and carried by the Celery app."""

import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from faxdispatch.errors import RateLimited, Unavailable
from faxdispatch.ledger import Agenda, Fence, Ledger, Limits, Observations
from faxdispatch.settings import Settings
from faxdispatch.telnyx import ClientStack
from faxdispatch.telnyx.translate import retry_after

Post = Callable[[str, str, dict[str, Any]], None]
"""Send a Celery message: task, queue, payload."""

PATIENCE = 10.0
"""Seconds that a call other than a send waits for the shared rate before it gives up."""


def _nothing(_: str) -> None:
    """Stand where a test would stop the process."""


@dataclass(frozen=True)
class Collaborators:
    """What one worker process shares among its threads."""

    settings: Settings
    ledger: Ledger
    observations: Observations
    agenda: Agenda
    limits: Limits
    fence: Fence
    telnyx: ClientStack
    post: Post
    backlog: Callable[[], int]
    """How many messages wait in the queue of sends."""
    reached: Callable[[str], None] = _nothing
    """Called with the name of each step boundary of an attempt."""
    name: str = field(default_factory=socket.gethostname)

    def now(self) -> datetime:
        """Give the present moment, in UTC."""
        return datetime.now(UTC)


class Throttle:
    """Makes every call to Telnyx keep to the rate that all workers share, and learns from Telnyx's answers."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def before_call(self, operation: str) -> None:
        """Wait for a slot. A send has drawn its own before it was claimed: a claim's time is too dear to wait in.

        Raises:
            RateLimited: where no slot comes free in time.
        """
        if operation == "send_fax":
            return
        wait = self._limits.reserve(patience=PATIENCE)
        if wait is None:
            raise RateLimited("FAX_RATE leaves no slot for this call soon enough", retry_after=PATIENCE)
        time.sleep(wait)

    def after_response(self, _operation: str, headers: Mapping[str, str], status: int) -> None:
        """Hold all workers back until the time that Telnyx names, after a 429 or with nothing remaining."""
        spent = headers.get("x-ratelimit-remaining", "").strip() == "0"
        if status != 429 and not spent:
            return
        # Telling the others is a courtesy: without it each of them learns by its own 429.
        with suppress(Unavailable):
            self._limits.back_off(retry_after(headers) or 1.0)
