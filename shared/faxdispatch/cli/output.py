"""How commands speak: JSON for programs, lines for people, numbers hidden unless asked for, text of others as it is."""

import json
import sys
from typing import Any

from faxdispatch.errors import FaxError
from faxdispatch.plain import plain, plain_json
from faxdispatch.privacy import hidden


def show_json(value: Any, *, full: bool = True) -> None:
    """Print a value as one line of JSON, with numbers and secret links hidden unless `full`."""
    show(plain_json(json.dumps(value if full else hidden(value), ensure_ascii=False, default=str)))


def show(line: str = "") -> None:
    """Print a line of a command's result; what text of others would do to a terminal is seen instead.

    Raises:
        FaxError: it cannot be written; a reader that went away is left to the frame around the commands.
    """
    try:
        print(plain(line), flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise FaxError(f"standard output cannot be written: {error.strerror}") from error


def note(line: str) -> None:
    """Print a line about the result, beside it, on standard error."""
    print(f"faxdispatch: {plain(line)}", file=sys.stderr, flush=True)


def is_terminal() -> bool:
    """Tell whether a person watches standard output."""
    return sys.stdout.isatty()
