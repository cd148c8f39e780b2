"""Real processes send their spans to a collector: one trace from a plain message to the webhook."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from celery import Celery
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.flow.harness import TOKEN, fresh_number, installation

TRACE = "0af7651916cd43dd8448eb211c80319c"


class Collector:
    """Takes traces by OTLP over HTTP."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                collector.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200 if self.path == "/v1/traces" else 404)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def spans(self, trace: str) -> set[tuple[str, str]]:
        """The service and the name of each span of a trace."""
        return {
            (next(a.value.string_value for a in group.resource.attributes if a.key == "service.name"), span.name)
            for body in list(self.bodies)
            for group in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in group.scope_spans
            for span in scope.spans
            if span.trace_id.hex() == trace
        }


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


def test_a_plain_message_is_one_trace_up_to_the_webhook(tmp_path: Path, collector: Collector) -> None:
    number = fresh_number()
    settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "100"}
    with installation(tmp_path, **settings) as flow:
        Celery("plain", broker=flow.broker_url, set_as_current=False).send_task(
            "fax.send.v1",
            kwargs={"to": number, "media_name": TOKEN},
            task_id="traced",
            queue="fax.send",
            headers={"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"},
        )
        wanted = {
            ("faxdispatch-worker", "fax intake"),
            ("faxdispatch-worker", "fax attempt"),
            ("faxdispatch-worker", "telnyx send_fax"),
            ("faxdispatch-web", "fax webhook"),
        }
        flow.until(lambda: wanted <= collector.spans(TRACE))
    assert number.removeprefix("+").encode() not in b"".join(collector.bodies)
