"""All that the tasks work with, built once in `app.py` and carried by the Celery app."""

import socket
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from faxdispatch.errors import RateLimited, Unavailable
from faxdispatch.ledger import Agenda, Campaigns, Fence, Ledger, Limits, Observations
from faxdispatch.openings import Calendar
from faxdispatch.settings import Settings
from faxdispatch.telnyx import ClientStack
from faxdispatch.telnyx.translate import retry_after
from worker.hook import Hook

Post = Callable[[str, str, dict[str, Any]], None]
"""Send a Celery message: task, queue, payload."""

CREW = 64
"""Calls to send that one process may have up at once; its threads are started as they are needed."""
PATIENCE = 10.0
"""Seconds that a call other than a send waits for the shared rate before it gives up."""
LOOK_AHEAD = 0.6
"""Seconds that such a call looks ahead for a slot. It is more than a send may, so that questions go before sends."""
LOOK_AHEAD_CANCEL = 1.0
"""A cancel looks as far as an urgent send: each minute that it waits, the fax it is to stop goes on."""


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
    campaigns: Campaigns
    fence: Fence
    telnyx: ClientStack
    post: Post
    calendar: Calendar
    backlog: Callable[[], int]
    """How many messages wait in the queue of sends."""
    hook: Hook | None = None
    """The policy hook, where one is set."""
    reached: Callable[[str], None] = _nothing
    """Called with the name of each step boundary of an attempt."""
    crew: Executor = field(default_factory=lambda: ThreadPoolExecutor(CREW, thread_name_prefix="call"))
    """Threads that make the calls of all attempts."""
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
        look_ahead = LOOK_AHEAD_CANCEL if operation == "cancel_fax" else LOOK_AHEAD
        until = time.monotonic() + PATIENCE
        while True:
            wait, again = self._limits.reserve(look_ahead=look_ahead)
            if wait is not None:
                time.sleep(wait)
                # Telnyx may have said meanwhile that it wants no calls; the slot is then of no use.
                again = self._limits.shut() if wait else 0.0
                if not again:
                    return
            if time.monotonic() + again > until:
                raise RateLimited("FAX_RATE leaves no slot for this call soon enough", retry_after=PATIENCE)
            time.sleep(again)

    def after_response(self, _operation: str, headers: Mapping[str, str], status: int) -> None:
        """Hold all workers back until the time that Telnyx names, after a 429 or with nothing remaining."""
        spent = headers.get("x-ratelimit-remaining", "").strip() == "0"
        if status != 429 and not spent:
            return
        # Telling the others is a courtesy: without it each of them learns by its own 429.
        with suppress(Unavailable):
            self._limits.back_off(retry_after(headers))
