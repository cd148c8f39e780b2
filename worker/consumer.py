"""Celery's message consumer, with one difference: what it cannot understand is kept and told, not dropped.

Celery's own answers to such messages write their bodies, and with them telephone numbers, to the log.
"""

import hashlib
import logging
from typing import Any

from celery.worker.consumer import Consumer

log = logging.getLogger(__name__)


class LedgerConsumer(Consumer):  # type: ignore[misc] # Celery has no types
    """Buries unreadable messages and those for unknown tasks before Celery acknowledges them."""

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        """Keep a message whose body is not readable."""
        self._bury(message, reason="Unreadable", problem=f"not readable as JSON: {type(exc).__name__}")

    def on_unknown_message(self, body: Any, message: Any) -> None:
        """Keep a message that is not of Celery's form."""
        del body
        self._bury(message, reason="Unreadable", problem="not a Celery message")

    def on_unknown_task(self, body: Any, message: Any, exc: Exception) -> None:
        """Keep a message for a task that this version does not know."""
        del body, exc
        name = message.headers.get("task")
        self._bury(message, reason="UnknownTask", problem=f"no task {name!r} here", task=name)

    def on_invalid_task(self, body: Any, message: Any, exc: Exception) -> None:
        """Keep a message that names a task but cannot be run."""
        del body
        problem = f"not a task message: {type(exc).__name__}"
        self._bury(message, reason="Unreadable", problem=problem, task=message.headers.get("task"))

    def _bury(self, message: Any, *, reason: str, problem: str, task: str | None = None) -> None:
        raw = message.body if isinstance(message.body, bytes) else str(message.body).encode()
        identity = (message.headers or {}).get("id") or hashlib.sha256(raw).hexdigest()
        facts = {"task": task, "reason": reason, "problem": problem}
        log.warning("message %s: %s", identity, problem)
        self.app.collaborators.ledger.bury(
            identity,
            letter={"body": raw.decode("utf-8", "backslashreplace"), **facts},
            facts=facts,
            source="worker",
        )
        message.ack_log_error(log, self.connection_errors)
