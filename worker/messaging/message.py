"""A message that has passed the gate, with the objects that its task needs."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from faxdispatch.errors import FaxError, InvalidJob
from worker.context import Collaborators

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Message:
    """A request to a task.

    `facts` go into its first event: times, callbacks that are not made; `trace` is its trace.
    """

    id: str
    task: str
    payload: Any
    facts: Mapping[str, Any]
    w: Collaborators
    trace: str | None = None

    def dead_letter(self, error: Exception) -> None:
        """Keep it as a dead letter, since it cannot be carried out, and report that."""
        log.warning("message %s of %s: %s", self.id, self.task, error)
        problem = str(error) if isinstance(error, FaxError) else f"unexpected {type(error).__name__}"
        facts: dict[str, Any] = {"task": self.task, "reason": type(error).__name__, "problem": problem, **self.facts}
        if isinstance(error, InvalidJob):
            facts["problems"] = error.problems
        content = {"kwargs": self.payload} if isinstance(self.payload, dict) else {"args": [self.payload]}
        self.w.ledger.dead_letters.add(self.id, letter=content, facts=facts, source="worker")
