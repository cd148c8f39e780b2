"""Everything that the tasks use, built once in `app.py` and carried by the Celery app."""

import socket
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any

from faxdispatch.calling.openings import Calendar
from faxdispatch.ledger import (
    Agenda,
    Barrier,
    Campaigns,
    Charges,
    Clock,
    Inbox,
    Ledger,
    Limits,
    Observations,
    Presence,
    Questions,
)
from faxdispatch.settings import Settings
from faxdispatch.storage.store import Store
from faxdispatch.telnyx import ClientStack, TelnyxClock
from worker.account import Account
from worker.hook import Hook
from worker.watch import Watch

if TYPE_CHECKING:
    from faxdispatch.fetching.link import Links

Post = Callable[[str, str, dict[str, Any]], None]
"""Send a Celery message: task, queue, payload."""

MOST_CALLS = 64
"""Maximum number of simultaneous calls to send in one process; its threads are started as they are needed."""
MOST_COVERS = 32
"""Maximum number of covers that one process makes at once. They have their own threads, since a link may take long."""


def _nothing(_: str) -> None:
    """Do nothing; a test stops the process here."""


@dataclass(frozen=True)
class Collaborators:
    """The objects that the threads of one worker process share."""

    settings: Settings
    ledger: Ledger
    observations: Observations
    agenda: Agenda
    limits: Limits
    campaigns: Campaigns
    inbox: Inbox
    questions: Questions
    charges: Charges
    barrier: Barrier
    watch: Watch
    clock: Clock
    presence: Presence
    account: Account
    telnyx: ClientStack
    post: Post
    calendar: Calendar
    backlog: Callable[[str], int]
    """How many messages wait in a queue."""
    telnyx_clock: TelnyxClock = field(default_factory=TelnyxClock)
    look_out: Callable[[], dict[str, int]] = dict
    """Where messages for us lie unread, and how many."""
    hook: Hook | None = None
    """The policy hook, if one is set."""
    store: Store | None = None
    """Where documents of inbound faxes are stored, or None if they are not."""
    links: "Links | None" = None
    """Fetches these documents."""
    document_slots: BoundedSemaphore = field(default_factory=BoundedSemaphore)
    """How many threads may fetch documents."""
    reached: Callable[[str], None] = _nothing
    """Called with the name of each step of an attempt; tests stop there."""
    call_threads: Executor = field(default_factory=lambda: ThreadPoolExecutor(MOST_CALLS, thread_name_prefix="call"))
    """Threads that make the calls of all attempts."""
    cover_threads: Executor = field(default_factory=lambda: ThreadPoolExecutor(MOST_COVERS, thread_name_prefix="cover"))
    """Threads that put covers before documents."""
    name: str = field(default_factory=socket.gethostname)

    def now(self) -> datetime:
        """Return the present time by Redis' clock, which all share; this machine's may be wrong.

        Raises:
            Unavailable: Redis did not answer.
        """
        return self.clock.now()

    def telnyx_ahead(self) -> timedelta | None:
        """Return how far Telnyx's clock is ahead of Redis', or None if no answer has shown it lately.

        Raises:
            Unavailable: Redis did not answer.
        """
        telnyx_now = self.telnyx_clock.now()
        return telnyx_now - self.now() if telnyx_now else None
