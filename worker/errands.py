"""What the leading scheduler sees to besides the jobs: inbound faxes, and what is to be deleted at Telnyx."""

import time
from typing import Any

from faxdispatch.jobs import FindInbound
from worker.collaborators import Collaborators

FETCH = "fax.inbound.fetch.v1"
LOOK = "fax.inbound.look.v1"
REMOVE = "fax.inbound.remove.v1"
FORGET = "fax.forget.v1"
CHECKS = "fax.checks"
"""Queue of our own questions to Telnyx."""

CROWD = 100
"""Messages in that queue from which no more is brought there: workers have too much to do to see to more."""
PAUSE = 0.5
"""Seconds between two looks."""
MOST_HANDS = 8
"""Messages by which workers are told at once that there are documents to fetch; each fetches until none is left."""
REMOVE_EVERY = 60.0
"""Seconds between two looks for documents that are kept no longer."""


class Errands:
    """Looks for them, and tells the workers."""

    def __init__(self, w: Collaborators) -> None:
        self._w = w
        self._looked_at = self._removed_at = float("-inf")

    def run(self) -> None:
        """Tell the workers of all that is due. What is told twice is done once.

        Raises:
            Unavailable: Redis or the broker is away; nothing is lost by it.
        """
        now = time.monotonic()
        if now - self._looked_at < PAUSE:
            return
        self._looked_at = now
        if self._w.backlog(CHECKS) > CROWD:
            return
        due = self._w.inbox.due()
        for fax_id in due.asked:
            self._tell(LOOK, fax_id=fax_id)
        if self._w.store:
            for _ in range(min(due.wanted, MOST_HANDS)):
                self._tell(FETCH)
        if self._w.inbox.may_list(every=self._w.settings.fax_inbound_poll):
            self._tell(FindInbound.TASK)
        if self._w.store and now - self._removed_at >= REMOVE_EVERY:
            self._removed_at = now
            self._tell(REMOVE)
        for fax_id in self._w.agenda.deletions():
            self._tell(FORGET, fax_id=fax_id)

    def _tell(self, task: str, **payload: Any) -> None:
        self._w.post(task, CHECKS, payload)
