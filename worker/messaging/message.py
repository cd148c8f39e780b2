"""A message that the gate has let through, with what its task works with."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from faxdispatch.errors import FaxError, InvalidJob
from worker.context import Collaborators

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Message:
    """What is asked of a task. `told` goes into its first event: moments, callbacks not made; `trace` its trace."""

    id: str
    task: str
    payload: Any
    told: Mapping[str, Any]
    w: Collaborators
    trace: str | None = None

    def dead_letter(self, error: Exception) -> None:
        """Keep it as a dead letter, since it cannot be done, and tell so."""
        log.warning("message %s of %s: %s", self.id, self.task, error)
        problem = str(error) if isinstance(error, FaxError) else f"unforeseen {type(error).__name__}"
        facts: dict[str, Any] = {"task": self.task, "reason": type(error).__name__, "problem": problem, **self.told}
        if isinstance(error, InvalidJob):
            facts["problems"] = error.problems
        content = {"kwargs": self.payload} if isinstance(self.payload, dict) else {"args": [self.payload]}
        self.w.ledger.dead_letter(self.id, letter=content, facts=facts, source="worker")
