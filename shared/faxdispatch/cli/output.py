"""How commands speak: JSON for programs, lines for people, and numbers hidden unless they are asked for."""

import json
import sys
from datetime import UTC, datetime
from typing import Any

from faxdispatch.errors import FaxError
from faxdispatch.privacy import scrub


def show_json(value: Any, *, full: bool = True) -> None:
    """Print a value as one line of JSON, with numbers and secret links hidden unless `full`."""
    show(json.dumps(value if full else hidden(value), ensure_ascii=False, default=str))


def show(line: str = "") -> None:
    """Print a line of a command's result.

    Raises:
        FaxError: it cannot be written; a reader that went away is left to the frame around the commands.
    """
    try:
        print(line, flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise FaxError(f"standard output cannot be written: {error.strerror}") from error


def note(line: str) -> None:
    """Print a line about the result, beside it, on standard error."""
    print(f"faxdispatch: {line}", file=sys.stderr, flush=True)


def hidden(value: Any) -> Any:
    """Give a JSON value without telephone numbers and secret links, however deep they are."""
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, dict):
        return {name: hidden(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [hidden(part) for part in value]
    return value


def clock(moment: datetime | None) -> str:
    """Write a time in UTC, to the second; `-` where there is none."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ") if moment else "-"


def is_terminal() -> bool:
    """Tell whether a person watches standard output."""
    return sys.stdout.isatty()
