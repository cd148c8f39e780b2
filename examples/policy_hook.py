"""Our own rules, asked before each fax is sent: no fax to numbers that want none, and none on public holidays.

    FAX_POLICY_HOOK=examples.policy_hook:check DO_NOT_FAX=do-not-fax.txt python -m worker

`do-not-fax.txt` has one number a line, in E.164. Each process of the hook reads it once: after a change, restart the
workers.
"""

import os
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from faxdispatch import Change, Event, Hold, Priority, Reject, SendFax

OFFICE = ZoneInfo("America/Chicago")
HOLIDAYS = {(1, 1), (7, 4), (12, 25)}
"""Month and day."""

_path = os.environ.get("DO_NOT_FAX")
UNWANTED = frozenset(Path(_path).read_text(encoding="utf-8").split()) if _path else frozenset()


def check(job: SendFax, history: Sequence[Event], now: datetime) -> Hold | Reject | Change | None:
    """Decide about one fax; None sends it as it is."""
    if job.to in UNWANTED:
        return Reject("on the do-not-fax list")
    local = now.astimezone(OFFICE)
    if (local.month, local.day) in HOLIDAYS and job.priority is not Priority.URGENT:
        tomorrow = local.date() + timedelta(days=1)
        return Hold("holiday", until=datetime.combine(tomorrow, time(), OFFICE))
    failures = sum(event.type == "fax.failed" for event in history)
    if failures >= 2 and job.quality in {None, "high", "very_high"}:
        return Change(quality="normal")
    return None
