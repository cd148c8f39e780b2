"""Sentry gets each unforeseen error at most once a minute, with its place and ids, and no personal data."""

import json
import logging
import sys
from collections.abc import Iterator
from functools import partial
from threading import Thread
from typing import Any, ClassVar

import pytest
import sentry_sdk
from celery import Celery
from flask import Flask, request
from kombu.exceptions import OperationalError
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport

from faxdispatch.errors import Misconfigured, RateLimited, Unavailable
from faxdispatch.observability import sentry
from faxdispatch.settings import Settings

NUMBER = "+13125550200"
COOKIE = "session=s3cret"
DSN = "https://key@sentry.example.com/1"
log = logging.getLogger("worker.tasks")


class Kept(Transport):
    """Records the events that would be sent."""

    events: ClassVar[list[dict[str, Any]]]

    def capture_envelope(self, envelope: Envelope) -> None:
        assert [item.type for item in envelope.items] == ["event"]
        self.events.append(json.loads(json.dumps(envelope.get_event())))


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    monkeypatch.setattr(sentry_sdk, "init", partial(sentry_sdk.init, transport=Kept))
    monkeypatch.setattr(Kept, "events", [], raising=False)
    yield Kept.events
    sentry_sdk.get_global_scope().set_client(None)


@pytest.fixture
def worker(sent: list[dict[str, Any]]) -> Celery:
    sentry.set_up(Settings(sentry_dsn=DSN), "worker")
    app = Celery("tests", set_as_current=False)

    @app.task(name="tests.attempt", shared=False)
    def attempt(number: str, error: Exception) -> None:
        kept = number
        raise error from ValueError(kept)

    return app


def run(app: Celery, error: Exception) -> None:
    """Run a task that fails, with a number in everything that it has."""
    app.tasks["tests.attempt"].apply(args=[NUMBER, error], headers={"to": NUMBER})


def test_a_task_that_fails_is_reported_by_class_and_place(worker: Celery, sent: list[dict[str, Any]]) -> None:
    # As in a worker, by another thread than the one that has set it up.
    thread = Thread(target=run, args=(worker, RuntimeError(f"cannot dial {NUMBER}")))
    thread.start()
    thread.join()
    [event] = sent
    [cause, failure] = event["exception"]["values"]
    assert (cause["type"], failure["type"], event["transaction"]) == ("ValueError", "RuntimeError", "tests.attempt")
    assert failure["stacktrace"]["frames"][-1]["function"] == "attempt"
    assert event["tags"] == {"service": "faxdispatch-worker"}
    assert NUMBER[1:] not in json.dumps(sent)


def test_a_page_that_fails_is_reported_without_its_request(sent: list[dict[str, Any]]) -> None:
    sentry.set_up(Settings(sentry_dsn=DSN), "web")
    app = Flask("webhook")

    @app.post("/webhooks/telnyx")
    def receive() -> str:
        raise KeyError(request.get_json()["to"])

    answer = app.test_client().post(
        f"/webhooks/telnyx?to={NUMBER}", json={"to": NUMBER}, headers={"Cookie": COOKIE, "X-To": NUMBER}
    )
    assert answer.status_code == 500
    [event] = sent
    assert event["exception"]["values"][-1]["type"] == "KeyError"
    assert not event.keys() & {"request", "user", "extra", "breadcrumbs", "contexts", "modules"}
    assert [text for text in (NUMBER[1:], COOKIE) if text in json.dumps(event)] == []


def test_a_line_of_the_log_is_reported_by_its_ids_and_without_its_words(
    worker: Celery, sent: list[dict[str, Any]]
) -> None:
    try:
        int(NUMBER + "x")
    except ValueError:
        log.exception("job %s: unexpected error %s", "job-1", NUMBER, extra={"job": "job-1"})
    log.warning("no error: %s", NUMBER)
    [event] = sent
    assert event["logentry"] == {"message": "job %s: unexpected error %s"}
    assert event["tags"] == {"service": "faxdispatch-worker", "job": "job-1"}
    assert NUMBER[1:] not in json.dumps(event)


def test_outages_and_retried_failures_are_not_sent_to_sentry(worker: Celery, sent: list[dict[str, Any]]) -> None:
    for error in (Unavailable("away"), OperationalError("away"), ConnectionResetError(), RateLimited("later")):
        run(worker, error)
        log.error("it failed: %s", Unavailable("away"))
    logging.getLogger("celery.worker.consumer").error("Cannot connect to %s", "redis://")
    assert sent == []


def test_an_error_that_comes_again_and_again_is_reported_once_a_minute(
    worker: Celery, sent: list[dict[str, Any]]
) -> None:
    for number in range(50):
        run(worker, RuntimeError(f"fax {number}"))
        log.error("the list of %s is broken", number)
    assert [event.get("logger") for event in sent] == [None, "worker.tasks"]


def test_after_a_minute_it_is_reported_again() -> None:
    now = iter([0.0, 59.0, 61.0])
    report = sentry.Filter("faxdispatch-worker", clock=lambda: next(now))
    event: Any = {"logger": "worker", "level": "error"}
    assert [report(event, {}) is not None for _ in range(3)] == [True, False, True]


def test_an_invalid_address_is_reported(sent: list[dict[str, Any]]) -> None:
    with pytest.raises(Misconfigured, match="SENTRY_DSN: not an address"):
        sentry.set_up(Settings(sentry_dsn="s3cret"), "worker")


def test_without_the_extra_one_line_says_so(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setitem(sys.modules, "sentry_sdk", None)
    sentry.set_up(Settings(sentry_dsn=DSN), "worker")
    [line] = caplog.messages
    assert "its extra [sentry]" in line
