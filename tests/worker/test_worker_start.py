"""A worker that refuses to start gives one line, and its exit code separates bad settings from an unreachable Redis."""

from pathlib import Path

import pytest

from faxdispatch.supervisor.roles import environment
from tests.programs import Programs

NOWHERE = "redis://:hush@127.0.0.1:1/0"
GOOD = {"REDIS_URL": NOWHERE, "TELNYX_API_KEY": "KEY", "FAX_FROM": "+13125550100"}


@pytest.mark.parametrize(
    ("changes", "code", "named"),
    [
        ({"REDIS_URL": "http://:hush@localhost"}, 2, "REDIS_URL"),
        ({"CELERY_BROKER_URL": "carrier-pigeon://:hush@localhost"}, 2, "CELERY_BROKER_URL"),
        ({"FAX_FROM": "(312) 555-0123"}, 2, "FAX_FROM"),
        ({"TELNYX_API_KEY": ""}, 2, "TELNYX_API_KEY"),
        ({}, 1, "Redis did not answer"),
    ],
)
def test_a_worker_says_in_one_line_why_it_does_not_start(
    programs: Programs, tmp_path: Path, changes: dict[str, str], code: int, named: str
):
    done = programs.run("-m", "worker", settings=environment(GOOD | changes, inherit=False), folder=tmp_path)
    [line] = done.err.splitlines()
    assert (done.code, done.out) == (code, "")
    assert named in line
    assert "hush" not in line


LOSES_ITS_CONNECTION = """
from unittest.mock import MagicMock, Mock
from celery.worker.consumer import consumer as module
from worker.app import app
from worker.messaging.consumer import GatedConsumer

module.active_requests = [object()] * 4
consumer = GatedConsumer.__new__(GatedConsumer)
consumer.app, consumer.pool, consumer.connection = app, Mock(num_processes=8), MagicMock()
consumer.prefetch_multiplier, consumer.initial_prefetch_count, consumer.qos_global = 1, 8, True
consumer.on_connection_error_after_connected(ConnectionResetError())
print(consumer.initial_prefetch_count)
"""


def test_after_a_lost_connection_as_many_messages_are_taken_at_once_as_before(programs: Programs, redis_url: str):
    """Celery would take fewer and raise the number from threads of the pool, at which a worker on RabbitMQ hangs."""
    done = programs.run(
        "-c", LOSES_ITS_CONNECTION, settings=environment(GOOD | {"REDIS_URL": redis_url}, inherit=False)
    )
    assert done.out == "8\n", done.err
