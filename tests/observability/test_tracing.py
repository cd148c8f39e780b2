"""One trace leads from the producer to Telnyx's webhook, through the ledger, without personal data."""

import sys
from collections import Counter
from typing import Any

import httpx
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from faxdispatch import FaxClient
from faxdispatch.errors import Unavailable
from faxdispatch.jobs import SendFax
from faxdispatch.ledger import CampaignRow, job_of_row
from faxdispatch.observability import tracing
from faxdispatch.settings import Settings
from faxdispatch.states import CampaignState
from faxdispatch.telnyx.client_state import encode_client_state
from faxdispatch.testing import telnyx_event
from tests.webhook.harness import PATH, SIGNER
from tests.worker.doubles import at_work, clients
from webhook.app import create_apps
from worker.context import Collaborators
from worker.intake import take_in
from worker.messaging.message import Message
from worker.reconcile import reconcile
from worker.scheduling.feeding import Feeder
from worker.sending import attempt
from worker.sending.attempt import run_attempt
from worker.sending.record import record

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
FAX = {"to": "+13125550200", "media_url": "https://files.example.com/a.pdf?sig=s3cret"}


class Traces:
    """The spans that have ended."""

    def __init__(self) -> None:
        self.provider = TracerProvider()
        self._kept = InMemorySpanExporter()
        self.provider.add_span_processor(SimpleSpanProcessor(self._kept))

    @property
    def all(self):
        return self._kept.get_finished_spans()

    def __getitem__(self, name):
        [span] = [span for span in self.all if span.name == name]
        return span

    def parents(self):
        """The name of each span's parent, or its id if the span is foreign."""
        names = {span.context.span_id: span.name for span in self.all}
        return {s.name: s.parent and names.get(s.parent.span_id, f"{s.parent.span_id:016x}") for s in self.all}


@pytest.fixture
def traces(monkeypatch: pytest.MonkeyPatch) -> Traces:
    made = Traces()
    monkeypatch.setattr(trace, "get_tracer", made.provider.get_tracer)
    return made


class Telnyx:
    """Answers calls to send with what the test says."""

    status, answer = 202, {"data": {"id": "fax-1", "status": "queued"}}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json={"data": []})
        return httpx.Response(self.status, json=self.answer)


@pytest.fixture
def telnyx() -> Telnyx:
    return Telnyx()


@pytest.fixture
def w(redis_url: str, unhurried: None, telnyx: Telnyx) -> Collaborators:
    return at_work(redis_url, telnyx=clients(telnyx))


def tell(redis_url: str, w: Collaborators, job_id: str, kind: str = "fax.delivered", **fields: str) -> None:
    """Have the web app take a webhook about a job's first attempt."""
    state = encode_client_state(job_id, 1, w.ledger.identity.id)
    event = telnyx_event(kind, client_state=state, fax_id="fax-1", to=FAX["to"], connection_id="c1", **fields)
    request = SIGNER.request(event)
    apps = create_apps(Settings(redis_url=redis_url, telnyx_public_key=(SIGNER.public_key,)))
    assert apps.public.test_client().post(PATH, data=request.body, headers=request.headers).status_code == 200


def test_a_producers_trace_continues_to_the_webhook(redis_url: str, w: Collaborators, traces: Traces) -> None:
    with traces.provider.get_tracer("shop").start_as_current_span("order"):
        job_id = FaxClient(redis_url).send(FAX).job_id
    run_attempt(job_id, w)
    tell(redis_url, w, job_id)
    assert f"{traces['fax send'].context.span_id:016x}" in w.ledger.job(job_id).trace
    assert traces.parents() == {
        "order": None, "fax send": "order", "fax attempt": "fax send", "telnyx send_fax": "fax attempt",
        "fax webhook": "fax send",
    }  # fmt: skip
    assert traces["fax attempt"].attributes == {
        "fax.job": job_id,
        "fax.attempt": 1,
        "fax.outcome": "accepted",
        "fax.id": "fax-1",
    }
    assert traces["telnyx send_fax"].attributes == {"http.request.method": "POST", "http.response.status_code": 202}
    assert traces["fax webhook"].attributes["fax.event"] == "fax.delivered"


def test_no_span_holds_personal_data(redis_url: str, w: Collaborators, traces: Traces) -> None:
    job_id = FaxClient(redis_url).send(FAX).job_id
    run_attempt(job_id, w)
    tell(redis_url, w, job_id)
    exported = "".join(span.to_json() for span in traces.all)
    assert len(traces.all) == 4
    assert [text for text in ("3125550200", "3125550299", "example.com", "s3cret", "KEY0") if text in exported] == []


@pytest.mark.parametrize(
    ("reason", "cause"), [("user_busy", "user_busy"), ("no answer from +13125550200", None), ("x_13125550200", None)]
)
def test_only_telnyxs_own_words_of_a_cause_are_exported(
    redis_url: str, w: Collaborators, traces: Traces, telnyx: Telnyx, reason: str, cause: str | None
) -> None:
    telnyx.status, telnyx.answer = 422, {"errors": [{"code": reason}]}
    job_id = FaxClient(redis_url).send(FAX).job_id
    run_attempt(job_id, w)
    tell(redis_url, w, job_id, "fax.failed", failure_reason=reason)
    assert traces["fax webhook"].attributes.get("fax.cause") == cause
    assert traces["fax attempt"].attributes["fax.cause"] == (cause or 422)
    assert "3125550200" not in "".join(span.to_json() for span in traces.all)


def test_an_answer_that_cannot_be_recorded_at_first_has_one_whole_span(
    w: Collaborators, traces: Traces, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    job_id = w.ledger.create("job", SendFax.decode(FAX), source="producer")["job"]
    failures = iter([Unavailable("away")])

    def away_once(*args: Any) -> Any:
        for failure in failures:
            raise failure
        return record(*args)

    monkeypatch.setattr(attempt, "record", away_once)
    with pytest.raises(Unavailable):
        run_attempt(job_id, w)
    assert traces["fax attempt"].attributes["fax.outcome"] == "accepted"
    assert "ended span" not in caplog.text


def test_a_plain_message_brings_its_trace_along(w: Collaborators, traces: Traces) -> None:
    message = Message("job", SendFax.TASK, FAX, {}, w, PARENT)
    take_in([(message, SendFax.decode(FAX))], w)
    parents = traces.parents()
    assert parents["fax intake"] == "b7ad6b7169203331"
    assert parents["fax attempt"] == "fax intake"
    assert {span.context.trace_id for span in traces.all} == {0x0AF7651916CD43DD8448EB211C80319C}


def a_row(w: Collaborators) -> str:
    """Start a campaign of one row, and give the row's job."""
    w.campaigns.open("spring", name="spring", options={"media_name": "letter"}, fingerprint="f")
    w.campaigns.add_chunk("spring", 0, [CampaignRow(1, FAX["to"], {}, [])])
    for state in (CampaignState.CHECKED, CampaignState.RUNNING):
        w.campaigns.move("spring", state, event=f"campaign.{state}")
    Feeder(w).feed()
    w.agenda.pick()
    return job_of_row("spring", 1)


def test_a_row_of_a_campaign_has_the_trace_of_its_first_attempt(
    w: Collaborators, traces: Traces, telnyx: Telnyx
) -> None:
    telnyx.status = 500
    row = a_row(w)
    run_attempt(row, w)
    first = traces["fax attempt"]
    assert first.attributes["fax.campaign"] == "spring"
    assert (first.status.status_code, first.attributes["error.type"]) == (StatusCode.ERROR, "OutcomeUnknown")
    kept = w.ledger.job(row).trace
    assert kept == f"00-{first.context.trace_id:032x}-{first.context.span_id:016x}-{first.context.trace_flags:02x}"
    reconcile(row, w)
    counts = Counter(span.name for span in traces.all)
    assert counts == {"fax attempt": 1, "telnyx send_fax": 1, "fax reconcile": 1, "telnyx list_faxes": 1}
    assert {span.context.trace_id for span in traces.all} == {first.context.trace_id}
    assert traces["fax reconcile"].parent.span_id == first.context.span_id


def test_the_text_of_an_error_is_not_exported(traces: Traces) -> None:
    with pytest.raises(ValueError, match="5550200"), tracing.within("step"):
        raise ValueError(FAX["to"])
    assert traces["step"].attributes == {"error.type": "ValueError"}
    assert not traces["step"].events
    assert FAX["to"] not in traces["step"].to_json()


@pytest.mark.parametrize(
    "found",
    [
        None,
        7,
        "",
        PARENT.upper(),
        f"{PARENT}\n",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        ["00"],
    ],
)
def test_an_invalid_trace_is_ignored(found: object) -> None:
    assert tracing.parse(PARENT) == PARENT
    assert tracing.parse(found) is None


def test_a_collector_that_does_not_answer_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    results = iter([SpanExportResult.FAILURE, SpanExportResult.FAILURE, SpanExportResult.SUCCESS])
    export = tracing.reported_once(lambda _: next(results))
    for _ in range(3):
        export([])
    assert caplog.messages == [
        (
            "traces cannot be sent and are lost until they can; nothing else is affected: check "
            "OTEL_EXPORTER_OTLP_ENDPOINT"
        ),
        "traces can be sent again",
    ]


def test_an_address_of_another_protocol_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    tracing.set_up(Settings(otel_exporter_otlp_endpoint="collector:4317"), "faxdispatch-worker")
    [line] = caplog.messages
    assert line.startswith("nothing is traced: OTEL_EXPORTER_OTLP_ENDPOINT")


def test_without_the_extra_one_line_says_so(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    tracing.set_up(Settings(otel_exporter_otlp_endpoint="http://127.0.0.1:4318"), "faxdispatch-worker")
    [line] = caplog.messages
    assert "its extra [otel]" in line
