"""All that the tasks work with, built once in `app.py` and carried by the Celery app."""

import socket
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import BoundedSemaphore
from typing import Any

from faxdispatch.inbound.link import Links
from faxdispatch.inbound.store import Store
from faxdispatch.ledger import Agenda, Campaigns, Fence, Inbox, Ledger, Limits, Observations
from faxdispatch.openings import Calendar
from faxdispatch.settings import Settings
from faxdispatch.telnyx import ClientStack
from worker.hook import Hook

Post = Callable[[str, str, dict[str, Any]], None]
"""Send a Celery message: task, queue, payload."""

CREW = 64
"""Calls to send that one process may have up at once; its threads are started as they are needed."""


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
    inbox: Inbox
    links: Links
    fence: Fence
    telnyx: ClientStack
    post: Post
    calendar: Calendar
    backlog: Callable[[str], int]
    """How many messages wait in a queue."""
    hook: Hook | None = None
    """The policy hook, where one is set."""
    store: Store | None = None
    """Where documents of inbound faxes are stored; None where they are not."""
    hands: BoundedSemaphore = field(default_factory=BoundedSemaphore)
    """Threads that may be fetching documents."""
    reached: Callable[[str], None] = _nothing
    """Called with the name of each step boundary of an attempt."""
    crew: Executor = field(default_factory=lambda: ThreadPoolExecutor(CREW, thread_name_prefix="call"))
    """Threads that make the calls of all attempts."""
    name: str = field(default_factory=socket.gethostname)

    def now(self) -> datetime:
        """Give the present moment, in UTC."""
        return datetime.now(UTC)
