"""Celery's message consumer, with one difference: what it cannot understand is kept and told, not dropped.

Celery's own answers to such messages write their bodies, and with them telephone numbers, to the log; over some it
stumbles, ends, and is handed them again when it is started again.
"""

import hashlib
import logging
from collections.abc import Callable
from typing import Any

from celery.worker.consumer import Consumer

from faxdispatch.errors import Unavailable

log = logging.getLogger(__name__)

_STUMBLES = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""How Celery meets a message whose parts are not what they should be. Anything else is about us, not the message."""


class LedgerConsumer(Consumer):  # type: ignore[misc] # Celery has no types
    """Buries unreadable messages and those for unknown tasks before Celery acknowledges them."""

    def create_task_handler(self, *args: Any, **options: Any) -> Callable[[Any], None]:
        """Give what Celery calls with each message."""
        handle = super().create_task_handler(*args, **options)

        def on_message(message: Any) -> None:
            try:
                flaw = _flaw(message)
                if flaw:
                    self._bury(message, reason="Unreadable", problem=f"not a task message: {flaw}")
                else:
                    handle(message)
            except Unavailable as error:
                # Celery connects anew, and the message, which nobody has acknowledged, comes again.
                raise ConnectionError(str(error)) from error
            except self.connection_errors:
                raise
            except _STUMBLES as error:
                problem = f"not a task message: {type(error).__name__}"
                self._bury(message, reason="Unreadable", problem=problem)

        return on_message

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
        self._bury(message, reason="UnknownTask", problem=f"no task {_header(message, 'task')!r} here")

    def on_invalid_task(self, body: Any, message: Any, exc: Exception) -> None:
        """Keep a message that names a task but cannot be run."""
        del body
        self._bury(message, reason="Unreadable", problem=f"not a task message: {type(exc).__name__}")

    def _bury(self, message: Any, *, reason: str, problem: str) -> None:
        raw = message.body if isinstance(message.body, bytes) else str(message.body).encode(errors="backslashreplace")
        identity = _header(message, "id") or hashlib.sha256(raw).hexdigest()
        facts = {"task": _header(message, "task"), "reason": reason, "problem": problem}
        log.warning("message %a: %s", identity, problem)
        self.app.collaborators.ledger.bury(
            identity,
            letter={"body": raw.decode("utf-8", "backslashreplace"), **facts},
            facts=facts,
            source="worker",
        )
        message.ack_log_error(log, self.connection_errors)


def _header(message: Any, name: str) -> str | None:
    """Give a header where it is a text; whoever can reach the queue may write anything into it."""
    headers = message.headers
    found = headers.get(name) if isinstance(headers, dict) else None
    return found if isinstance(found, str) and found else None


def _flaw(message: Any) -> str | None:
    """Say what a message that names a task lacks and Celery does not look for; an unreadable body is left to Celery."""
    if _header(message, "task") is None:
        return None
    if _header(message, "id") is None:
        return "it has no id, which is the identity of its fax"
    try:
        content = message.payload
    except Exception:  # noqa: BLE001 - Celery will meet the same one, and has an answer to it
        return None
    if isinstance(content, dict):
        # Of an older protocol.
        return None
    whole = isinstance(content, list) and len(content) == 3
    if not (whole and isinstance(content[0], list) and isinstance(content[1], dict)):
        return "its body is not [arguments, keyword arguments, …]"
    return None
