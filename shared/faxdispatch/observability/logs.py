"""The processes' logs: one line for each record, even if its text has line ends, as text or as JSON."""

import logging
import sys
from datetime import UTC, datetime
from types import TracebackType

from pythonjsonlogger.json import JsonFormatter

from faxdispatch.observability.outage import OncePerOutage
from faxdispatch.settings import Settings
from faxdispatch.text.plain import plain, plain_json

_LINE = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_Failure = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def set_up(settings: Settings) -> None:
    """Log to standard error, according to `FAX_LOG_LEVEL` and `FAX_LOG_FORMAT`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_json() if settings.fax_log_format == "json" else PlainFormatter(_LINE))
    handler.addFilter(OncePerOutage(own_broker=settings.broker_is_apart))
    logging.basicConfig(level=settings.fax_log_level, handlers=[handler])
    logging.captureWarnings(True)
    _leave_out_what_is_not_shown()
    # It logs the whole address of each call, and the query of a link is its key.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    # At level DEBUG, it logs the headers of answers; that of a redirect contains a link with its key.
    logging.getLogger("httpcore").setLevel(logging.INFO)


class PlainFormatter(logging.Formatter):
    """Writes a record in one line; the lines of a traceback below it are indented, so that none looks like a record.

    Times are UTC, as in events and commands' JSON.
    """

    def formatTime(self, record: logging.LogRecord, _: str | None = None) -> str:  # noqa: N802 - logging's name
        """Write the time, in milliseconds and with its zone."""
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """Write the line."""
        return plain(super().formatMessage(record))

    def formatException(self, ei: _Failure) -> str:  # noqa: N802 - logging's name
        """Write a traceback."""
        return _indented(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:  # noqa: N802 - logging's name
        """Write a stack."""
        return _indented(super().formatStack(stack_info))


def _leave_out_what_is_not_shown() -> None:
    """Make records without thread, process and place in the code, which cost more than the rest of a record."""
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    # The logging HOWTO in Python's documentation names this switch.
    logging._srcfile = None  # noqa: SLF001


def _json() -> logging.Formatter:
    """Make the formatter that writes a record as one JSON object, with its ids: `job`, `fax`, `campaign`, `event`."""
    names = {"levelname": "level", "name": "logger", "exc_info": "traceback"}
    return _JsonFormatter("%(levelname)s %(name)s %(message)s", timestamp=True, rename_fields=names)


class _JsonFormatter(JsonFormatter):
    def format(self, record: logging.LogRecord) -> str:
        return plain_json(super().format(record))


def _indented(text: str) -> str:
    return "\n".join(f"  {plain(line)}" for line in text.splitlines())
