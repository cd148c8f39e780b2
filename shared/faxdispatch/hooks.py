"""The answers of a policy hook: hold this fax, reject it, or send it changed. `None` sends it unchanged.

A hook is a callable `(job, history, now)` of the operator's own, named by `FAX_POLICY_HOOK`; see docs/policy-hook.md.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

MAX_REASON = 200
"""Maximum length of a reason, in characters: it is read in events and on one line of a terminal."""
MAX_SECONDS = 366 * 24 * 3600
"""Longest `seconds` of a hold: a year. A longer hold uses `until`."""
LEAST_WAIT = timedelta(seconds=1)
"""The shortest `seconds` of a hold. A shorter one would call the hook again in a tight loop."""

CHANGEABLE = frozenset(
    {
        "from_", "connection_id", "media_url", "media_name", "quality", "t38_enabled", "monochrome", "black_threshold",
        "store_media", "store_preview", "preview_format", "from_display_name", "webhook_url",
    }
)  # fmt: skip
"""Fields of `SendFax` that a hook may change: how a fax is sent, never to whom, when, or which job it is."""


@dataclass(frozen=True)
class Hold:
    """Do not send it yet; ask again `until` a time (aware) or in this many `seconds`. Exactly one of them is given.

    `reason` is one line, ideally one word in lower case such as `holiday`: it appears in the event `job.held`. Raises
    TypeError or ValueError for anything else.
    """

    reason: str
    until: datetime | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        _check_reason(self.reason)
        if (self.until is None) == (self.seconds is None):
            raise ValueError("Hold: exactly one of until and seconds is needed")
        if self.until is not None:
            if not isinstance(self.until, datetime):
                raise TypeError(f"Hold: until is a {type(self.until).__name__}, not a datetime")
            if self.until.utcoffset() is None:
                raise ValueError("Hold: until has no time zone; use for instance datetime.now(UTC)")
        if self.seconds is not None:
            if isinstance(self.seconds, bool) or not isinstance(self.seconds, (int, float)):
                raise TypeError(f"Hold: seconds is a {type(self.seconds).__name__}, not a number")
            if not math.isfinite(self.seconds) or not 0 < self.seconds <= MAX_SECONDS:
                raise ValueError(f"Hold: seconds must be above 0 and at most {MAX_SECONDS}")

    def due(self, now: datetime) -> datetime:
        """Return the time at which the fax is looked at again, at least a second after `now` (aware)."""
        asked = self.until if self.until is not None else now + timedelta(seconds=self.seconds or 0)
        return max(asked, now + LEAST_WAIT)


@dataclass(frozen=True)
class Reject:
    """Never send it. `reason` is one line, as in `Hold`."""

    reason: str

    def __post_init__(self) -> None:
        _check_reason(self.reason)


@dataclass(frozen=True, init=False)
class Change:
    """Send it with other options, such as `Change(quality="normal")`; None removes an option.

    The names are those of `CHANGEABLE`, the values those of `SendFax`. Both are checked when the answer arrives.
    """

    fields: dict[str, Any]

    def __init__(self, **fields: Any) -> None:
        object.__setattr__(self, "fields", fields)


Answer = Hold | Reject | Change | None
"""Everything that a hook may return."""


def _check_reason(reason: object) -> None:
    if not isinstance(reason, str):
        raise TypeError(f"reason is a {type(reason).__name__}, not text")
    if not reason.strip() or not reason.isprintable() or len(reason) > MAX_REASON:
        raise ValueError(f"reason must be one line of 1 to {MAX_REASON} printable characters")
