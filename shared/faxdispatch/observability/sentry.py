"""Reports unexpected errors to Sentry: their places in the code, without any data.

An event is built from the fields that are named here, so that nothing else is sent: no request, no variable, no error
text, no parameter of a log line. These are in the process's own log, under the ids that the event has.
"""

import logging
import os
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

from faxdispatch.errors import FaxError, Misconfigured
from faxdispatch.observability.outage import AWAY, reason
from faxdispatch.settings import Settings
from faxdispatch.text.privacy import scrub

if TYPE_CHECKING:
    from sentry_sdk.integrations import Integration
    from sentry_sdk.types import Event, Hint

log = logging.getLogger(__name__)

PAUSE = 60.0
"""Seconds within which a kind of error is reported only once."""
MOST = 1000
"""Maximum number of kinds that are remembered."""

_KEPT = (
    "environment", "event_id", "level", "logger", "platform", "release", "sdk", "server_name", "timestamp",
    "transaction",
)  # fmt: skip
_OF_A_FRAME = (
    "abs_path", "context_line", "filename", "function", "in_app", "lineno", "module", "post_context", "pre_context",
)  # fmt: skip
_IDS = ("job", "fax", "campaign", "event")


def set_up(settings: Settings, service: Literal["worker", "web", "console"]) -> None:
    """Let this process report to Sentry if `SENTRY_DSN` is set.

    Raises:
        Misconfigured: it is not a DSN.
    """
    if settings.sentry_dsn is None:
        return
    try:
        import sentry_sdk  # noqa: PLC0415 - loaded only where errors are reported
        from sentry_sdk.utils import BadDsn  # noqa: PLC0415 - the same

        integrations = _integrations(service)
    except ImportError as error:
        log.warning(
            "SENTRY_DSN is set, but %s is missing and nothing is reported: install faxdispatch with its extra [sentry]",
            error.name,
        )
        return
    try:
        sentry_sdk.init(
            dsn=settings.sentry_dsn.get_secret_value(),
            before_send=Filter(f"faxdispatch-{service}"),
            default_integrations=False,
            auto_enabling_integrations=False,
            integrations=integrations,
            release=os.environ.get("SENTRY_RELEASE") or f"faxdispatch@{version('faxdispatch')}",
            include_local_variables=False,
            max_request_body_size="never",
            max_breadcrumbs=0,
            auto_session_tracking=False,
            send_client_reports=False,
            trace_propagation_targets=[],
        )
    except BadDsn:
        raise Misconfigured("SENTRY_DSN: not an address like https://KEY@HOST/PROJECT") from None


def _integrations(service: str) -> "list[Integration]":
    from sentry_sdk.integrations.excepthook import ExcepthookIntegration  # noqa: PLC0415 - as in `set_up`
    from sentry_sdk.integrations.logging import LoggingIntegration  # noqa: PLC0415 - the same
    from sentry_sdk.integrations.threading import ThreadingIntegration  # noqa: PLC0415 - the same

    common: list[Integration] = [
        LoggingIntegration(level=None, event_level=logging.ERROR),
        ExcepthookIntegration(),
        ThreadingIntegration(propagate_scope=False),
    ]
    if service == "worker":
        from sentry_sdk.integrations.celery import CeleryIntegration  # noqa: PLC0415 - the same

        return [*common, CeleryIntegration(propagate_traces=False)]
    from sentry_sdk.integrations.flask import FlaskIntegration  # noqa: PLC0415 - the same

    return [*common, FlaskIntegration()]


class Filter:
    """The event that Sentry gets from a service, or None for no event. Threads may share it.

    Expected cases, such as refusals and retries, are in events and metrics, and an outage is logged once. A repeated
    error is reported once in `PAUSE` seconds.
    """

    def __init__(self, service: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._service = service
        self._clock = clock
        self._lock = Lock()
        self._reported: dict[object, float] = {}

    def __call__(self, event: "Event", hint: "Hint") -> "Event | None":
        """Return the event to report."""
        record: logging.LogRecord | None = hint.get("log_record")
        failure = hint["exc_info"][1] if hint.get("exc_info") else None
        if isinstance(failure, (FaxError, *AWAY)) or (record is not None and reason(record) is not None):
            return None
        report = _report(event, record, self._service)
        return report if self._is_new(_kind(report)) else None

    def _is_new(self, kind: object) -> bool:
        now = self._clock()
        with self._lock:
            if now - self._reported.get(kind, -PAUSE) < PAUSE:
                return False
            if len(self._reported) >= MOST:
                self._reported.clear()
            self._reported[kind] = now
            return True


def _report(event: "Event", record: logging.LogRecord | None, service: str) -> "Event":
    given: Mapping[str, Any] = event
    report: dict[str, Any] = {name: given[name] for name in _KEPT if name in given}
    report["tags"] = {"service": service}
    if record is not None:
        report["logentry"] = {"message": scrub(str(record.msg))}
        report["tags"] |= {name: str(value) for name in _IDS if (value := getattr(record, name, None)) is not None}
    if "exception" in given:
        report["exception"] = {"values": [_failure(value) for value in given["exception"]["values"]]}
    # All its fields are those of an event, which the type checker cannot see.
    return report  # type: ignore[return-value]


def _failure(value: Mapping[str, Any]) -> dict[str, Any]:
    frames = (value.get("stacktrace") or {}).get("frames") or []
    return {
        "type": value.get("type"),
        "module": value.get("module"),
        "stacktrace": {"frames": [{name: frame[name] for name in _OF_A_FRAME if name in frame} for frame in frames]},
    }


def _kind(event: "Event") -> object:
    """Return the key that two reports of the same mistake share: classes and places, or else the log line."""
    fields: Mapping[str, Any] = event
    if "exception" not in fields:
        return fields.get("logger"), fields.get("logentry", {}).get("message")
    return tuple(
        (value["type"], *((frame.get("filename"), frame.get("lineno")) for frame in value["stacktrace"]["frames"][-1:]))
        for value in fields["exception"]["values"]
    )
