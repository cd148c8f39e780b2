"""Sends producers' questions to the workers, as fast as their share of the rate allows."""

import time

from worker.context import Collaborators
from worker.messaging.reminders import Ask

SHARE = 0.25
"""The share of the rate that all producers' questions may use, so that sends do not wait behind them."""
SAVED = 1.0
"""Seconds of that share that may be used at once after a quiet time."""


class Asking:
    """Releases the questions in turn."""

    def __init__(self, w: Collaborators) -> None:
        self._w = w
        self._rate = w.settings.fax_rate * SHARE
        self._allowed = self._most = max(1.0, self._rate * SAVED)
        self._looked_at = time.monotonic()

    def run(self) -> None:
        """Send workers the questions for which there is room.

        Raises:
            Unavailable: Redis or the broker cannot be reached; a question that no worker got is sent again.
        """
        now = time.monotonic()
        self._allowed = min(self._most, self._allowed + (now - self._looked_at) * self._rate)
        self._looked_at = now
        if self._allowed < 1:
            return
        for question in self._w.questions.take(limit=int(self._allowed)):
            self._allowed -= 1
            asked = {"task": question.task, "payload": question.payload, "message_id": question.message_id}
            self._w.post(Ask.TASK, Ask.QUEUE, {**asked, "question": question.id})
