"""How the processes log: one line a record, whatever the text in it."""

import logging
import sys
from types import TracebackType

from faxdispatch.plain import plain

_Failure = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def set_up(level: str) -> None:
    """Log to standard error, from `level` (`DEBUG`, `INFO`, `WARNING`, `ERROR`) on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(PlainFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler])


class PlainFormatter(logging.Formatter):
    """Writes a record in one line; the lines of a traceback below it are indented, so that none looks like a record."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """Write the line."""
        return plain(super().formatMessage(record))

    def formatException(self, ei: _Failure) -> str:  # noqa: N802 - logging's name
        """Write a traceback."""
        return _indented(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:  # noqa: N802 - logging's name
        """Write a stack."""
        return _indented(super().formatStack(stack_info))


def _indented(text: str) -> str:
    return "\n".join(f"  {plain(line)}" for line in text.splitlines())
