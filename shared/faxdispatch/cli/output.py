"""How commands speak: JSON for programs, lines for people, and numbers hidden unless they are asked for."""

import json
import sys
from typing import Any

from faxdispatch.errors import FaxError
from faxdispatch.privacy import hidden


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


def is_terminal() -> bool:
    """Tell whether a person watches standard output."""
    return sys.stdout.isatty()
