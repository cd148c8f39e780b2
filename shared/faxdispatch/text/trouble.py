"""Says why a connection failed, in words for people."""

import re
import socket
from collections.abc import Iterator

from faxdispatch.text.privacy import scrub

LONGEST = 300
"""Maximum number of characters. Servers and libraries put whole pages into their errors."""

_PLACE = re.compile(r"connecting to (?P<host>\S+?)(?P<port>:\d+)?[.:]?(?=\s|$)")


def why(error: BaseException) -> str:
    """Say why a connection failed, without numbers and secrets.

    An error for which there are no words is written as its class and its text.
    """
    text = scrub(str(error))[:LONGEST]
    found = _PLACE.search(text)
    host, port = (found["host"], found["port"] or "") if found else ("", "")
    for cause in _causes(error):
        if isinstance(cause, socket.gaierror):
            name = f"the name {host}" if host else "its name"
            return f"{name} cannot be resolved ({cause.strerror})"
        if isinstance(cause, ConnectionRefusedError):
            return f"nothing listens {f'at {host}{port}' if host else 'there'} (connection refused)"
    return f"{type(error).__name__}: {text}".removesuffix(": ")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and those that led to it: libraries raise their own from the system's."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
