"""The same gate with RabbitMQ as the broker. Skipped where no RabbitMQ server is installed."""

import json
import random
import struct

import pytest
from celery import Celery
from kombu import Connection, Exchange

from faxdispatch import State
from faxdispatch.broker.connection import broker_app
from faxdispatch.broker.unread import Lookout
from faxdispatch.subprocesses.child import Child
from faxdispatch.supervisor import roles
from tests.conftest import eventually
from tests.flow.harness import PATIENCE, TOKEN, fresh_number, installation
from tests.flow.rabbitmq import MISSING, SERVER
from tests.worker.mutations import mutated

pytestmark = [pytest.mark.skipif(SERVER is None, reason=MISSING), pytest.mark.xdist_group("rabbitmq")]


@pytest.fixture(scope="module")
def rabbitmq(rabbitmq_server):
    """Address of a RabbitMQ of its own."""
    return rabbitmq_server.url()


@pytest.fixture(scope="module")
def flow(rabbitmq, tmp_path_factory):
    with installation(tmp_path_factory.mktemp("flow"), CELERY_BROKER_URL=rabbitmq) as running:
        yield running


@pytest.fixture
def plain(rabbitmq):
    return Celery("plain", broker=rabbitmq, set_as_current=False)


def fax(**options):
    return {"to": fresh_number(), "media_name": TOKEN, **options}


@pytest.mark.parametrize("protocol", [1, 2])
def test_a_plain_message_is_a_fax_whatever_its_priority(flow, plain, protocol):
    plain.conf.task_protocol = protocol
    for priority in (None, 3, 9):
        sent = plain.send_task("fax.send.v1", kwargs=fax(), queue="fax.send", priority=priority)
        flow.until(lambda sent=sent: flow.events(sent.id))
        assert flow.wait_for(sent.id).state is State.DELIVERED


@pytest.mark.parametrize(
    ("reason", "task", "options"),
    [
        ("Compressed", "fax.send.v1", {"kwargs": {}, "compression": "gzip"}),
        ("TooLong", "fax.send.v1", {"kwargs": {"client_state": "x" * 400_000}}),
        ("BatchTask", "celery.starmap", {"args": ["fax.send.v1", [[{}]]]}),
        ("UnknownTask", "celery.backend_cleanup", {}),
        ("Unreadable", "fax.send.v1", {"serializer": "pickle"}),
        ("NotNow", "fax.cancel.v1", {"kwargs": {"job_id": "j1"}, "countdown": 600}),
    ],
)
def test_a_message_that_is_not_a_job_becomes_a_dead_letter(flow, plain, reason, task, options):
    sent = plain.send_task(task, queue="fax.send", **options)
    found = flow.until(lambda: [one for one in flow.client.dead_letters.newest() if one.id == sent.id])
    assert found[0].reason == reason


def test_callbacks_are_reported_and_times_become_the_faxs_own(flow, plain):
    link = plain.signature("other.task", queue="theirs")
    sent = plain.send_task("fax.send.v1", kwargs=fax(), queue="fax.send", countdown=3600, expires=7200, link=link)
    first = flow.until(lambda: flow.events(sent.id))[0]
    assert set(first.data) == {"eta", "expires", "ignored"}
    assert flow.wait_for(sent.id, State.HELD).request.send_at is not None


def test_malformed_messages_do_not_stop_the_worker(flow, rabbitmq):
    roll, process = random.Random(17), flow.processes["worker"].pid
    with Connection(rabbitmq) as connection, connection.channel() as channel:
        sent = 0
        for number in range(400):
            try:
                message = json.loads(mutated(f"rabbit-{number}", roll))
                headers, body = message["headers"], message["body"]
                connection.Producer(channel).publish(
                    body if isinstance(body, str) else json.dumps(body),
                    exchange=Exchange(""),
                    routing_key="fax.send",
                    headers=headers,
                    content_type=message.get("content-type"),
                    content_encoding="utf-8",
                )
                sent += 1
            except (TypeError, ValueError, LookupError, AttributeError, OverflowError, struct.error):
                # It cannot be written as an AMQP message.
                continue
    assert sent > 200
    assert flow.wait_for(flow.send()).state is State.DELIVERED
    assert flow.processes["worker"].pid == process
    with Connection(rabbitmq) as connection, connection.channel() as channel:
        flow.until(lambda: channel.queue_declare("fax.send", passive=True).message_count == 0)


@pytest.mark.parametrize("command", ["shutdown", "add_consumer", "cancel_consumer"])
def test_a_broadcast_does_not_reach_our_workers(flow, plain, command):
    process = flow.processes["worker"].pid
    plain.control.broadcast(command, arguments={} if command == "shutdown" else {"queue": "fax.send"})
    assert flow.wait_for(flow.send()).state is State.DELIVERED
    assert flow.processes["worker"].pid == process


def test_a_worker_with_an_unknown_virtual_host_ends_with_one_line(flow, rabbitmq):
    surroundings = {
        **flow.processes["worker"].role.environment,
        "CELERY_BROKER_URL": rabbitmq.removesuffix("/") + "none",
    }
    child = Child(roles.worker(flow.folder, surroundings, number=2), lambda *_: None)
    try:
        eventually(lambda: child.exit_code is not None, within=PATIENCE)
        assert child.exit_code == 1
        [line] = eventually(lambda: [line for line in child.lines if "the broker refused the connection" in line])
        assert "vhost none not found" in line
    finally:
        child.kill()


def test_messages_without_a_queue_are_reported(rabbitmq, plain):
    look = Lookout(broker_app("here", rabbitmq)).look
    assert look() == {}
    plain.send_task("fax.send.v1", kwargs={})
    plain.send_task("other.task", kwargs={})
    eventually(lambda: look() == {"celery": 1})
    with Connection(rabbitmq) as connection, connection.channel() as channel:
        eventually(lambda: channel.queue_declare("celery", passive=True).message_count == 2)
