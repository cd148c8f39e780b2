"""Policy hooks of tests, in separate processes or in this one, and the faxes for their questions."""

import json
import os
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from faxdispatch import Event, SendFax
from worker.hook import Hook, child

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
JOB = SendFax(to="+13125550200", from_="+13125550100", media_name="letter", job_id="j1", tags=("a",))
WELL = JOB.model_copy(update={"tags": ()})
"""A fax for which the hooks of these tests do not fail."""
AMPLE = 60.0
"""Seconds of a time-out that must not be reached."""
SHORT = 0.2
"""Seconds of the time-out of a hook that never answers."""
NAMES = """
import os, signal, sys, time
from datetime import datetime, timedelta, timezone
from faxdispatch import Change, Hold, Reject
"""
"""The names that the body of a hook may use."""


def event(seq: int = 1, **data: object) -> Event:
    fields = {"id": f"j1-{seq}", "type": "fax.failed", "job_id": "j1", "seq": str(seq), "source": "webhook"}
    return Event.from_fields({**fields, "occurred_at": "1795425000000", "data": json.dumps(data)})


def source_of(body: str) -> str:
    return f"{NAMES}def check(job, history, now):\n{textwrap.indent(textwrap.dedent(body), '    ')}\n"


class Here:
    """A pool whose only process is this one, for tests of messages and counts."""

    def __init__(self, body: str) -> None:
        names: dict[str, Any] = {}
        exec(source_of(body), names)
        self._check = names["check"]

    @contextmanager
    def borrow(self, patience: float) -> Iterator[tuple["Here", float]]:
        yield self, patience

    def ask(self, question: bytes, deadline: float) -> bytes:
        return child._answered(self._check, question)


def hooked_here(body: str, *, clock: Callable[[], float] = lambda: 0.0) -> Hook:
    """Make a hook that runs in this process."""
    hook = Hook("rules:check", timeout=AMPLE, size=1, clock=clock)
    hook._pool.close()
    hook._pool = Here(body)
    return hook


def gone(pid: int) -> bool:
    """Return whether no such process runs; a zombie does not count as running."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z"
