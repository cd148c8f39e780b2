"""Celery's message consumer, with one difference: its messages are made here, from the gate's results.

A message that the gate refuses is kept as a dead letter, reported and acknowledged. Celery's own handling of messages
that it does not understand writes their bodies, and so telephone numbers, to the log; some of them end the worker, and
some are never acknowledged.
"""

import logging
import time
from collections.abc import Callable
from typing import Any

from celery.worker.consumer import Consumer
from kombu import message as kombu

from faxdispatch.broker.connection import refused
from faxdispatch.errors import Unavailable
from faxdispatch.ledger.refusals import passes
from faxdispatch.observability.outage import BROKER
from faxdispatch.text.privacy import scrub
from worker.messaging.envelope import Envelope
from worker.messaging.gate import TOGETHER, Asked, Gate, Refused

log = logging.getLogger(__name__)

_Message: Any = kombu.Message

_STUMBLES = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""Errors that Celery raises for a message that it cannot handle.

Any other error concerns the broker or us, not the message.
"""


PAUSE = 1.0
"""Seconds before a broker that refuses temporarily is tried again."""


class GatedConsumer(Consumer):  # type: ignore[misc] # Celery has no types
    """Gives Celery only messages that we made."""

    class Blueprint(Consumer.Blueprint):  # type: ignore[misc]
        """Celery's steps from connecting to receiving messages; in one of them the broker may refuse."""

        def start(self, parent: Any) -> None:
            """Treat a temporary refusal as a lost connection, after which Celery begins again; end for any other."""
            try:
                super().start(parent)
            except Exception as error:
                if passes(error):
                    time.sleep(PAUSE)
                    raise ConnectionError(f"the broker refuses for now: {error}") from error
                words = refused(error)
                if not words and not isinstance(error, parent.channel_errors):
                    raise
                words = words or f"{type(error).__name__}: {error}"
                log.critical("the broker refused the connection: %s; `faxdispatch doctor` says more", scrub(words))
                raise SystemExit(1) from error

    def create_task_handler(self, *args: Any, **options: Any) -> Callable[[Any], None]:
        """Return the function that Celery calls with each message."""
        BROKER.over()
        handle = super().create_task_handler(*args, **options)
        gate: Gate = self.app.gate

        def on_message(message: Any) -> None:
            if isinstance(message.body, tuple):
                together(message)
                return
            envelope = Envelope.of(message)
            try:
                try:
                    asked = gate.read(envelope)
                    handle(_fresh(message, asked.task, asked.id, (asked.payload, asked.facts, asked.trace)))
                except _STUMBLES as error:
                    raise Refused("Unreadable", f"Celery cannot work with it: {type(error).__name__}") from error
            except Refused as refused:
                self._refuse(message, envelope, refused)

        def together(message: Any) -> None:
            """Pass on several messages as one, if they pass the gate; they are acknowledged together."""
            passed: list[Asked] = []
            for envelope in message.body:
                try:
                    passed.append(gate.read(envelope))
                except Refused as refused:
                    self._dead_letter(envelope, refused)
            if passed:
                handle(_fresh(message, TOGETHER, passed[0].id, (passed,)))
            else:
                message.ack_log_error(log, self.connection_errors)

        return on_message

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        """Keep a message that kombu did not open, because it is compressed."""
        envelope = Envelope.of(message)
        try:
            self.app.gate.read(envelope)
        except Refused as found:
            refused = found
        else:
            refused = Refused("Unreadable", f"not a task message: {type(exc).__name__}")
        self._refuse(message, envelope, refused)

    def _refuse(self, message: Any, envelope: Envelope, refused: Refused) -> None:
        self._dead_letter(envelope, refused)
        message.ack_log_error(log, self.connection_errors)

    def _dead_letter(self, envelope: Envelope, refused: Refused) -> None:
        kept, identity = self.app.gate.kept(envelope), self.app.gate.identity(envelope)
        log.warning("message %a: %s", identity, refused)
        task = envelope.headers.get("task")
        facts = {"task": task if isinstance(task, str) else None, "reason": refused.reason, "problem": str(refused)}
        letter = {"body": kept.body.decode("utf-8", "backslashreplace"), "size": kept.size, "sha1": kept.sha1}
        try:
            self.app.collaborators.ledger.dead_letters.add(identity, letter=letter, facts=facts, source="worker")
        except Unavailable as error:
            # Celery connects again, and the message, which is not acknowledged, comes again.
            raise ConnectionError(str(error)) from error


def _fresh(message: Any, task: str, identity: str, args: tuple[Any, ...]) -> Any:
    """Make the message that Celery gets. It contains only the parts of the sender's message that the gate has read."""
    made = _Message(
        channel=message.channel,
        delivery_tag=message.delivery_tag,
        delivery_info={name: (message.delivery_info or {}).get(name) for name in ("exchange", "routing_key")},
        headers={"task": task, "id": identity},
    )
    # The form in which Celery accepts decoded content.
    made._decoded_cache = {  # noqa: SLF001 - there is no other way to give it
        "args": args,
        "kwargs": {},
        "argsrepr": "()",
        "kwargsrepr": "{}",
        "task": task,
        "id": identity,
    }
    return made
