"""Two Celery systems on one Redis do not affect each other."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from celery import Celery

from faxdispatch import State
from tests.flow.harness import TOKEN, fresh_number, installation
from worker.messaging.transport import TAKEN

pytestmark = pytest.mark.xdist_group("neighbour")

LONGEST_CALL = 0.5
OURS_AFTER = 6 * LONGEST_CALL
"""Seconds after which our workers give a message to others: far less than the neighbour's tasks wait."""
WAITS = 9


@pytest.fixture(scope="module")
def flow(tmp_path_factory):
    with installation(tmp_path_factory.mktemp("flow"), FAX_READ_TIMEOUT=str(LONGEST_CALL)) as running:
        yield running


@pytest.fixture
def theirs(flow) -> Celery:
    """The neighbour as its own web app sees it."""
    return Celery("neighbour", broker=flow.broker_url, set_as_current=False)


@pytest.fixture(scope="module")
def neighbour(flow):
    """The neighbour's worker."""
    command = [sys.executable, "-m", "celery", "-A", "tests.flow.neighbour", "worker", "--pool", "threads", "-c", "4"]
    with (flow.folder / "neighbour.log").open("w") as log:
        process = subprocess.Popen(
            command,
            cwd=Path(__file__).parents[2],
            env=os.environ | {"NEIGHBOUR_REDIS": flow.broker_url},
            stdout=log,
            stderr=log,
        )
        yield process
        process.terminate()
        process.wait(60)


def test_neither_touches_the_others_messages_and_results(flow, theirs, neighbour):
    # Its worker must be up before the time runs for which they wait.
    first = theirs.send_task("neighbour.note", ["first"]).id
    flow.until(lambda: flow.redis.exists(f"celery-task-meta-{first}"))
    words = [f"later-{number}" for number in range(20)]
    sent = [theirs.send_task("neighbour.note", [word], countdown=WAITS).id for word in words]
    flow.until(lambda: flow.redis.hlen("unacked") >= len(words))
    # Their messages wait for longer than ours ever do.
    jobs = [flow.send() for _ in range(10)]
    plain = theirs.send_task("fax.send.v1", kwargs={"to": fresh_number(), "media_name": TOKEN}, queue="fax.send")
    for job_id in (*jobs, plain.id):
        flow.until(lambda job_id=job_id: flow.events(job_id))
        assert flow.wait_for(job_id).state is State.DELIVERED
        assert flow.sim.accepted(job_id) == 1
    results = [f"celery-task-meta-{task_id}" for task_id in sent]
    found = flow.until(lambda: all(values := flow.redis.mget(results)) and values)
    assert [json.loads(value)["result"] for value in found] == words
    # If our workers had returned their messages, they would have run again by now.
    until = time.monotonic() + 2 * OURS_AFTER
    flow.until(lambda: time.monotonic() > until)
    assert sorted(flow.redis.lrange("neighbour:done", 0, -1)) == sorted(["first", *words])
    assert flow.redis.hlen(TAKEN) == flow.redis.hlen("unacked") == 0
    assert neighbour.poll() is None


BROADCASTS = {
    "add_consumer": {"queue": "theirs"},
    "cancel_consumer": {"queue": "fax.send"},
    "pool_shrink": {"n": 8},
    "rate_limit": {"task_name": "fax.send.v1", "rate_limit": "1/h"},
    "shutdown": {},
}


def test_a_broadcast_does_not_reach_our_workers(flow, theirs):
    process, letters = flow.processes["worker"].pid, flow.client.dead_letters.count()
    for command, arguments in BROADCASTS.items():
        theirs.control.broadcast(command, arguments=arguments)
    theirs.send_task("neighbour.note", ["not ours"], queue="theirs")
    assert flow.wait_for(flow.send()).state is State.DELIVERED
    assert flow.processes["worker"].pid == process
    assert flow.redis.llen("theirs") or "not ours" in flow.redis.lrange("neighbour:done", 0, -1)
    assert flow.client.dead_letters.count() == letters


def test_our_workers_are_invisible_to_other_celery_apps(flow, theirs):
    heard = theirs.control.ping(timeout=1) or []
    assert [name for reply in heard for name in reply if not name.startswith("celery@")] == []
    assert flow.redis.pubsub_channels("*celery.pidbox") == []
    assert not any(b"fax" in key.encode() for key in flow.redis.scan_iter("_kombu.binding.celery*"))


def test_messages_taken_by_a_worker_of_an_older_version_are_sent_after_an_upgrade(flow, theirs):
    sent = theirs.send_task("fax.send.v1", kwargs={"to": fresh_number(), "media_name": TOKEN}, queue="nobody's")
    # The form in which kombu's own transport records received messages.
    noted = json.dumps([json.loads(flow.redis.rpop("nobody's")), "", "fax.send"])
    flow.redis.hset("unacked", "of-a-dead-worker", noted)
    flow.redis.zadd("unacked_index", {"of-a-dead-worker": time.time()})
    flow.until(lambda: flow.events(sent.id))
    assert flow.wait_for(sent.id).state is State.DELIVERED
    assert flow.sim.accepted(sent.id) == 1
    assert flow.redis.hlen("unacked") == 0


def test_a_callback_in_a_message_is_reported_and_not_called(flow, theirs):
    victim = flow.send(to=fresh_number(9))
    flow.wait_for(victim, State.ACCEPTED)
    link = theirs.signature("fax.cancel.v1", kwargs={"job_id": victim}, queue="fax.control", immutable=True)
    outward = theirs.signature("neighbour.note", args=["called"], queue="theirs", immutable=True)
    sent = theirs.send_task(
        "fax.send.v1",
        kwargs={"to": fresh_number(), "media_name": TOKEN},
        queue="fax.send",
        link=[link, outward],
        link_error=outward,
        chord=outward,
    )
    before = flow.redis.llen("theirs")
    first = flow.until(lambda: flow.events(sent.id))[0]
    assert (first.type, first.data["ignored"]) == ("job.queued", ["link", "link_error", "chord"])
    assert flow.wait_for(sent.id).state is State.DELIVERED
    assert flow.status(victim).state is State.ACCEPTED
    assert flow.redis.llen("theirs") == before


def test_a_fax_with_countdown_and_expires_waits_in_the_ledger_and_says_so(flow, theirs):
    asked = {"to": fresh_number(), "media_name": TOKEN}
    sent = theirs.send_task("fax.send.v1", kwargs=asked, queue="fax.send", countdown=3600, expires=7200, priority=9)
    first = flow.until(lambda: flow.events(sent.id))[0]
    assert set(first.data) == {"eta", "expires"}
    job = flow.wait_for(sent.id, State.HELD)
    assert (job.request.send_by - job.request.send_at).total_seconds() == pytest.approx(3600, abs=1)
    flow.until(lambda: not flow.redis.hlen(TAKEN))


def test_an_expired_fax_is_reported(flow, theirs):
    asked = {"to": fresh_number(), "media_name": TOKEN}
    sent = theirs.send_task("fax.send.v1", kwargs=asked, queue="fax.send", expires=0.001)
    flow.until(lambda: flow.events(sent.id))
    assert flow.wait_for(sent.id).state is State.FAILED
    assert flow.events(sent.id)[-1].data["reason"] == "send_by"


def test_a_message_that_is_too_long_or_compressed_becomes_a_short_dead_letter(flow, theirs):
    asked = {"to": fresh_number(), "media_name": TOKEN, "client_state": "x" * 400_000}
    long = theirs.send_task("fax.send.v1", kwargs=asked, queue="fax.send")
    packed = theirs.send_task("fax.send.v1", kwargs={"to": "+1"}, queue="fax.send", compression="gzip")

    def letters():
        found = {letter.id: letter for letter in flow.client.dead_letters.newest()}
        return found.get(long.id), found.get(packed.id)

    first, second = flow.until(lambda: all(found := letters()) and found)
    assert (first.reason, second.reason) == ("TooLong", "Compressed")
    assert first.size > 400_000
    assert flow.redis.memory_usage(f"fax:deadletter:{long.id}") < 40_000
    flow.until(lambda: not flow.redis.hlen(TAKEN))
