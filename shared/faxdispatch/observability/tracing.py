"""Traces of faxes by OpenTelemetry, from the producer to Telnyx's webhooks.

A process traces if OpenTelemetry's SDK is loaded in it. Our processes load it if `OTEL_EXPORTER_OTLP_ENDPOINT` is set,
and a producer's own service loads it by itself. Otherwise nothing is loaded, and this module does nothing.

A trace is named by its `traceparent` (W3C Trace Context), the form in which the ledger and messages carry it. Spans
must not contain numbers, links or other people's texts.
"""

import logging
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Literal

from faxdispatch.settings import Settings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExportResult
    from opentelemetry.trace import Span as Recorded

log = logging.getLogger(__name__)

Kind = Literal["INTERNAL", "PRODUCER", "CONSUMER", "CLIENT", "SERVER"]
Facts = Mapping[str, str | int | None]
"""Attributes by their full names; values that are None are left out."""

Export = Callable[["Sequence[ReadableSpan]"], "SpanExportResult"]

PATIENCE = 3
"""Seconds that a collector may take, unless `OTEL_EXPORTER_OTLP_TIMEOUT` is set: a process waits this long when it
ends."""

_WORD = re.compile(r"(?!.*\d{6})[a-z0-9][a-z0-9_]{0,63}")
_FORM = re.compile("00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


class Span:
    """A step of a trace. It is exported once it has ended; one that never ends is not exported."""

    def __init__(self, recorded: "Recorded | None" = None) -> None:
        self._recorded = recorded

    @property
    def trace(self) -> str | None:
        """The `traceparent` by which later steps join it, or None if nothing is traced."""
        if self._recorded is None:
            return None
        context = self._recorded.get_span_context()
        if not context.is_valid:
            return None
        return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"

    def set(self, facts: Facts) -> None:
        """Add attributes."""
        if self._recorded is not None:
            self._recorded.set_attributes({name: value for name, value in facts.items() if value is not None})

    def fail(self, error: Exception) -> None:
        """Mark it as failed. Only the error's class is recorded, since its text may be personal."""
        if self._recorded is not None:
            from opentelemetry.trace import StatusCode  # noqa: PLC0415 - loaded only where there are traces

            self._recorded.set_status(StatusCode.ERROR)
            self.set({"error.type": type(error).__name__})

    def entered(self) -> AbstractContextManager[object]:
        """Return a block within which further spans of this thread are parts of it."""
        if self._recorded is None:
            return nullcontext()
        from opentelemetry.trace import use_span  # noqa: PLC0415 - the same

        return use_span(self._recorded, record_exception=False, set_status_on_exception=False)

    def end(self) -> None:
        """End it."""
        if self._recorded is not None:
            self._recorded.end()


_NONE = Span()


def set_up(settings: Settings, service: str) -> None:
    """Let this process trace, as `service`, if the settings and OpenTelemetry's own variables ask for it.

    Values that cannot be used are logged and do not stop the process, since they are often set for a whole machine.
    """
    endpoint = settings.otel_exporter_otlp_endpoint
    if endpoint is None:
        return
    if not endpoint.startswith(("http://", "https://")):
        log.warning(
            "nothing is traced: OTEL_EXPORTER_OTLP_ENDPOINT is not an address for OTLP over HTTP, like "
            "http://localhost:4318"
        )
        return
    try:
        from opentelemetry import trace  # noqa: PLC0415 - loaded only where there are traces
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - the same
        from opentelemetry.sdk.resources import OTELResourceDetector, Resource  # noqa: PLC0415 - the same
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - the same
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - the same
    except ImportError as error:
        log.warning(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set and nothing is traced, since %s is missing: "
            "install faxdispatch with its extra [otel]",
            error.name,
        )
        return
    # It may come from `.env`, which OpenTelemetry does not read.
    os.environ.setdefault("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
    os.environ.setdefault("OTEL_EXPORTER_OTLP_TIMEOUT", str(PATIENCE))
    # It logs every failure, several times.
    logging.getLogger("opentelemetry.exporter").setLevel(logging.CRITICAL)
    resource = Resource.create().merge(Resource({"service.name": service})).merge(OTELResourceDetector().detect())
    try:
        provider = TracerProvider(resource=resource)
        exporter = OTLPSpanExporter()
    except ValueError as error:
        log.warning("nothing is traced: one of OpenTelemetry's variables cannot be used: %s", error)
        return
    exporter.export = reported_once(exporter.export)  # type: ignore[assignment, method-assign] # the one step of it that is watched
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)


def reported_once(export: Export) -> Export:
    """Log the failures of an exporter when they begin and when they end."""
    failing = False

    def exported(spans: "Sequence[ReadableSpan]") -> "SpanExportResult":
        nonlocal failing
        result = export(spans)
        if result.name == "SUCCESS":
            if failing:
                log.warning("traces can be sent again")
        elif not failing:
            log.warning(
                "traces cannot be sent and are lost until they can; nothing else is affected: check "
                "OTEL_EXPORTER_OTLP_ENDPOINT"
            )
        failing = result.name != "SUCCESS"
        return result

    return exported


def begin(
    name: str, kind: Kind = "INTERNAL", *, parent: str | None = None, facts: Facts | None = None, ago: float = 0.0
) -> Span:
    """Begin a span, `ago` seconds before now.

    It joins the trace of `parent`, a `traceparent`, or else the present span of this thread.
    """
    if "opentelemetry.sdk.trace" not in sys.modules:
        return _NONE
    from opentelemetry import trace  # noqa: PLC0415 - loaded only where there are traces
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415 - the same

    recorded = trace.get_tracer("faxdispatch").start_span(
        name,
        context=TraceContextTextMapPropagator().extract({"traceparent": parent}) if parent else None,
        kind=trace.SpanKind[kind],
        start_time=time.time_ns() - round(ago * 1e9),
    )
    span = Span(recorded)
    span.set(facts or {})
    return span


@contextmanager
def within(
    name: str, kind: Kind = "INTERNAL", *, parent: str | None = None, facts: Facts | None = None
) -> Iterator[Span]:
    """Make a span for a block; it fails with the error that ends the block."""
    span = begin(name, kind, parent=parent, facts=facts)
    try:
        with span.entered():
            yield span
    except Exception as error:
        span.fail(error)
        raise
    finally:
        span.end()


def word(text: str | None) -> str | None:
    """Return a failure reason or code of Telnyx, or None for any other text, which may contain a number or a link."""
    return text if text and _WORD.fullmatch(text) else None


def parse(found: Any) -> str | None:
    """Return a `traceparent` from a message, or None if it is not valid."""
    return found if isinstance(found, str) and _FORM.fullmatch(found) else None
