"""The leading scheduler's work besides jobs: inbound faxes, deletions at Telnyx, samples, upkeep."""

import logging
import time
from collections.abc import Sequence
from typing import Any

from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from faxdispatch.broker.unread import EVERY
from faxdispatch.jobs import FindInbound
from faxdispatch.ledger import Upkeep, Watch, take_sample
from worker.context import Collaborators
from worker.media import due_media
from worker.messaging.reminders import CHECKS, Ask, Charges, Fetch, Forget, KeepMedia, Look, Remove

log = logging.getLogger(__name__)

CROWD = 100
"""If the queue has this many messages, no more are added, since workers have too much to do."""
SHARE = 0.25
"""The share of the rate that questions about inbound faxes and deletions may use together.

After an outage or a campaign there are many, and faxes to be sent go first.
"""
PAUSE = 0.5
"""Seconds between two rounds."""
MOST_FETCHES = 8
"""How many messages that there are documents to fetch are sent at once; each worker fetches until none is left."""
REMOVE_EVERY = 60.0
"""Seconds between two searches for documents whose retention is over."""
SAMPLE_EVERY = 300.0
"""Seconds between two samples of how many faxes have ended, from which the console draws the last hours."""
UPKEEP_EVERY = 600.0
"""Seconds between two removals of expired data in Redis."""
MEDIA_EVERY = 600.0
"""Seconds between two searches for documents of campaigns that Telnyx would not keep for long enough."""
CHARGES_EVERY = 6 * 3600.0
"""Seconds between two readings of the cost of faxes."""


class Housekeeping:
    """Finds work that is due, and sends the workers messages about it."""

    def __init__(self, w: Collaborators) -> None:
        self._w = w
        self._upkeep = Upkeep(w.ledger.scripts)
        self._looked_at = self._removed_at = self._sampled_at = self._charged_at = self._kept_at = float("-inf")
        self._looked_out_at = self._media_at = float("-inf")
        self._watch = Watch(w.ledger.scripts)
        self._allowed = 0.0

    def run(self) -> None:
        """Send workers a message for each piece of work that is due. Two messages about the same work do no harm.

        Raises:
            Unavailable: Redis or the broker cannot be reached; nothing is lost.
        """
        now = time.monotonic()
        if now - self._looked_at < PAUSE:
            return
        self._looked_at = now
        self._look_after_redis(now)
        if self._w.backlog(CHECKS) > CROWD:
            return
        # At a slow rate, it takes several rounds until one of them may be polled.
        self._allowed = min(self._allowed, 1.0) + self._w.settings.fax_rate * SHARE * PAUSE
        due = self._w.inbox.due(limit=int(self._allowed))
        self._post_each(Look.TASK, due.asked)
        if self._w.store:
            for _ in range(min(due.wanted, MOST_FETCHES)):
                self._post(Fetch.TASK)
        if self._w.inbox.may_list(every=self._w.settings.poll_after):
            self._w.post(Ask.TASK, CHECKS, {"task": FindInbound.TASK, "payload": {}})
        if self._w.store and now - self._removed_at >= REMOVE_EVERY:
            self._removed_at = now
            self._post(Remove.TASK)
        if now - self._media_at >= MEDIA_EVERY:
            self._media_at = now
            if due_media(self._w):
                self._post(KeepMedia.TASK)
        if self._w.settings.fax_charges and now - self._charged_at >= CHARGES_EVERY:
            self._charged_at = now
            self._post(Charges.TASK)
        self._post_each(Forget.TASK, self._w.agenda.deletions(limit=int(self._allowed)))

    def _look_after_redis(self, now: float) -> None:
        if now - self._sampled_at >= SAMPLE_EVERY:
            self._sampled_at = now
            take_sample(self._w.ledger.scripts)
        if now - self._kept_at >= UPKEEP_EVERY:
            self._kept_at = now
            self._upkeep.run()
        if now - self._looked_out_at >= EVERY:
            self._looked_out_at = now
            self._look_out()

    def _look_out(self) -> None:
        """Log where messages for us lie unread."""
        try:
            self._watch.note_unread(self._w.look_out(), kept=3 * EVERY)
        except (KombuError, RedisError, OSError) as error:
            log.info("could not look for unread messages: %s", error)

    def _post_each(self, task: str, fax_ids: Sequence[str]) -> None:
        self._allowed -= len(fax_ids)
        for fax_id in fax_ids:
            self._post(task, fax_id=fax_id)

    def _post(self, task: str, **payload: Any) -> None:
        self._w.post(task, CHECKS, payload)
