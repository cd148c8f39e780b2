"""Windows as people write them: `mon-fri 08:00-17:00`, or `mon-fri 08:00-17:00 America/Chicago`."""

import re
from typing import Any

from faxdispatch.errors import BadInput

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FORM = re.compile(
    r"(?:(?P<days>[A-Za-z,-]+)\s+)?(?P<start>\d{1,2}:\d\d)\s*-\s*(?P<end>\d{1,2}:\d\d)(?:\s+(?P<zone>\S+))?"
)


def parse_window(text: str) -> dict[str, Any]:
    """Give the fields of a `Window` written as `[days] HH:MM-HH:MM [zone]`.

    Days are names, lists and ranges: `mon-fri`, `mon,wed`, `fri-mon`; all where none is given. Without a zone the hours
    are the recipient's own. Hours and zone are checked by the job that takes the window.

    Raises:
        BadInput: it is not of that form.
    """
    found = _FORM.fullmatch(text.strip())
    if not found:
        raise BadInput(f"window: {text!r} is not like 'mon-fri 08:00-17:00' or 'mon-fri 08:00-17:00 America/Chicago'")
    window: dict[str, Any] = {"start": found["start"].zfill(5), "end": found["end"].zfill(5)}
    if found["days"]:
        window["days"] = _days(found["days"].lower())
    if found["zone"]:
        window["zone"] = found["zone"]
    return window


def _days(text: str) -> tuple[str, ...]:
    wanted: set[str] = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if first not in _DAYS or (dash and last not in _DAYS):
            raise BadInput(f"window: {part!r} is no day or range of days such as mon or mon-fri")
        begin, end = _DAYS.index(first), _DAYS.index(last or first)
        wanted.update(_DAYS[(begin + step) % 7] for step in range((end - begin) % 7 + 1))
    return tuple(day for day in _DAYS if day in wanted)
