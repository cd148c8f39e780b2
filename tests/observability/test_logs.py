"""Records as text and as JSON."""

import json
import logging

import pytest

from faxdispatch.observability import logs
from faxdispatch.settings import Settings


@pytest.fixture
def written(monkeypatch, capsys):
    """Set logging up, log, and give the lines."""
    root = logging.getLogger()
    level = root.level

    def write(form, log):
        monkeypatch.setattr(root, "handlers", [])
        logs.set_up(Settings.model_construct(fax_log_format=form, fax_log_level="INFO", celery_broker_url=None))
        log(logging.getLogger("worker.test"))
        return capsys.readouterr().err.splitlines()

    yield write
    root.setLevel(level)
    logging.captureWarnings(False)


def test_a_line_of_text_has_a_moment_with_its_zone(written):
    (line,) = written("text", lambda log: log.info("job %s is gone", "j1"))

    assert line.endswith("+00:00 INFO worker.test: job j1 is gone")


def test_a_line_of_json_has_level_logger_message_moment_and_ids(written):
    (line,) = written("json", lambda log: log.warning("job %s\n is gone", "j1", extra={"job": "j1", "fax": "f1"}))

    answer = json.loads(line)
    moment = answer.pop("timestamp")
    assert moment.endswith("+00:00")
    assert answer == {
        "level": "WARNING", "logger": "worker.test", "message": "job j1\n is gone", "job": "j1", "fax": "f1",
    }  # fmt: skip


def test_a_failure_as_json_is_one_line_with_its_traceback(written):
    def fail(log):
        try:
            int("wrong")
        except ValueError:
            log.exception("unforeseen")

    (line,) = written("json", fail)

    assert "ValueError: invalid literal" in json.loads(line)["traceback"]


def test_no_library_logs_the_addresses_that_are_called(written):
    def log_calls(_):
        logging.getLogger("httpx").info("HTTP Request: POST https://x/?token=S3cret")
        logging.getLogger("httpcore.http11").debug(
            "receive_response_headers.complete b'Location' b'https://x/?token=S3cret'"
        )

    assert written("text", log_calls) == []
