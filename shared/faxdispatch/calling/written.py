"""Times, durations and numbers as people write them, for commands and on pages."""

import re
from datetime import datetime

from faxdispatch.calling.numbers import is_sip, normalise
from faxdispatch.errors import BadInput

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_SPAN = re.compile(r"([0-9]{1,12})([smhd]?)", re.ASCII)
_LONGEST = 10 * 365 * 86400


def parse_span(text: str, option: str, *, longest: int = _LONGEST) -> int:
    """Return the seconds that `30d`, `12h`, `90m`, `600s` or plain `600` mean; at least one, at most `longest`.

    Raises:
        BadInput: it has another form, is empty, or is longer.
    """
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        raise BadInput(f"{option}: {text!r} is not a length of time; write it like 30d, 12h, 90m or 600 (seconds)")
    seconds = int(found[1]) * _UNITS[found[2]]
    if not 1 <= seconds <= longest:
        raise BadInput(f"{option}: {text!r} is out of range; give 1 second to {longest // 86400}d")
    return seconds


def parse_moment(text: str, option: str) -> datetime:
    """Read a time like `2026-05-01T08:00:00-05:00`.

    Raises:
        BadInput: it is not a time, or has no time zone.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{option}: {text!r} is not a time; write it like 2026-05-01T08:00:00-05:00") from None
    if moment.tzinfo is None:
        raise BadInput(f"{option}: {text!r} has no time zone; write it like 2026-05-01T08:00:00-05:00")
    return moment


def parse_number(text: str, option: str, *, region: str | None) -> str:
    """Return a number in E.164, or a SIP URI unchanged; a number without `+` belongs to `region`.

    Raises:
        BadInput: it is neither.
    """
    if is_sip(text):
        return text.strip()
    try:
        return normalise(text, region=region)
    except ValueError as problem:
        raise BadInput(f"{option}: {problem}") from None


def parse_limit(name: str, text: str) -> float | str:
    """Return a limit of all processes: a number, or the word that it may be instead of one.

    Raises:
        BadInput: it is neither, or out of range.
    """
    word = {"rate": None, "day_cap": "none"}.get(name, "auto")
    if text in {"default", word}:
        return text
    least = 0.0 if name == "day_cap" else 0.001 if name == "rate" else 1
    try:
        value = float(text) if name in {"rate", "day_cap"} else int(text)
    except ValueError:
        value = -1.0
    if not least <= value <= 1_000_000:
        words = " or ".join(filter(None, ("a number", word, "default")))
        raise BadInput(f"--{name.replace('_', '-')}: {text!r} is not {words}")
    return value
