"""Services that use Celery without our package, and messages that are not jobs."""

import base64
import json
import uuid

import httpx
import pytest
from celery import Celery

from faxdispatch import State
from faxdispatch.ledger import Scripts, Watch, connect
from faxdispatch.operations.checks.broker import check_broker
from faxdispatch.settings import Settings
from tests.flow.harness import TOKEN, a_key, fresh_number


@pytest.fixture
def stranger(stack) -> Celery:
    """A Celery app with nothing but the broker's address."""
    return Celery("stranger", broker=stack.broker_url, set_as_current=False)


def dead_letters(stack, task_id: str) -> list[dict]:
    return [e.data for e in stack.events() if e.type == "job.invalid" and e.id.find(task_id) >= 0]


def test_a_plain_message_is_a_fax(stack, stranger):
    asked = {"to": fresh_number(), "media_name": TOKEN, "tags": ["stranger"]}
    sent = stranger.send_task("fax.send.v1", kwargs=asked, queue="fax.send")
    event = stack.until(lambda: next((e for e in stack.events(sent.id) if e.type == "fax.delivered"), None))
    assert event.tags == ("stranger",)
    assert stack.sim.accepted(sent.id) == 1


def test_the_same_message_twice_is_one_fax(stack, stranger):
    asked = {"to": fresh_number(), "media_name": TOKEN}
    for _ in range(2):
        sent = stranger.send_task("fax.send.v1", kwargs=asked, queue="fax.send", task_id=a_key())
    again = stranger.send_task("fax.send.v1", kwargs=asked, queue="fax.send", task_id=sent.id)
    stack.until(lambda: any(e.type == "fax.delivered" for e in stack.events(again.id)))
    assert stack.sim.accepted(sent.id) == 1


def test_plain_messages_with_one_key_are_one_fax(stack, stranger):
    asked = {"to": fresh_number(), "media_name": TOKEN, "idempotency_key": a_key()}
    first = stranger.send_task("fax.send.v1", kwargs=asked, queue="fax.send")
    stack.until(lambda: any(e.type == "fax.delivered" for e in stack.events(first.id)))
    second = stranger.send_task("fax.send.v1", kwargs=asked, queue="fax.send")
    third = stranger.send_task("fax.send.v1", kwargs=asked | {"quality": "normal"}, queue="fax.send")
    # The queue is served in order, so the third one's refusal shows that the second has been dealt with.
    stack.until(lambda: dead_letters(stack, third.id))
    assert stack.events(second.id) == []
    assert stack.sim.accepted(first.id) == 1


def test_a_plain_cancel_is_understood(stack, stranger):
    job_id = stack.send(to=fresh_number(9))
    stack.wait_for(job_id, State.ACCEPTED)
    stranger.send_task("fax.cancel.v1", kwargs={"job_id": job_id}, queue="fax.control")
    assert stack.wait_for(job_id).state is State.CANCELLED


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({"media_name": TOKEN}, "to"),
        ({"to": "+1312555", "media_name": TOKEN}, "to"),
        ({"to": "+14155550100"}, ""),
        ({"to": "+14155550100", "media_name": TOKEN, "colour": True}, "colour"),
    ],
    ids=["no recipient", "no number", "no document", "unknown option"],
)
def test_a_bad_payload_becomes_an_event_and_a_dead_letter(stack, stranger, payload, field):
    sent = stranger.send_task("fax.send.v1", kwargs=payload, queue="fax.send")
    letters = stack.until(lambda: dead_letters(stack, sent.id))
    assert [problem[0] for problem in letters[0]["problems"]] == [field]
    assert stack.client.dead_letters.get(sent.id).payload() == payload


def test_an_unknown_task_becomes_a_dead_letter(stack, stranger):
    sent = stranger.send_task("fax.fold.v1", kwargs={}, queue="fax.send")
    letters = stack.until(lambda: dead_letters(stack, sent.id))
    assert letters[0]["reason"] == "UnknownTask"


PRIVATE = "+12125550177"


def content() -> str:
    """A complete fax, which must not be lost because of a bad header."""
    return json.dumps([[], {"to": PRIVATE, "media_name": TOKEN, "tags": [uuid.uuid4().hex]}, {}])


def envelope(body: str | None = None, **headers: object) -> str:
    """A message as Celery writes it, with some of its headers replaced."""
    address = {"exchange": "fax.send", "routing_key": "fax.send"}
    return json.dumps(
        {
            "body": base64.b64encode((body or content()).encode()).decode(),
            "content-type": "application/json",
            "content-encoding": "utf-8",
            "headers": {"task": "fax.send.v1", "id": uuid.uuid4().hex, "root_id": None, "retries": 0} | headers,
            "properties": {"delivery_tag": uuid.uuid4().hex, "delivery_info": address, "body_encoding": "base64"},
        }
    )


UNREADABLE = [
    f"garbage {PRIVATE}", "{}", envelope(f"no json {PRIVATE}"), envelope("[1]"), envelope("42"),
    envelope("[[], [1], {}]"), envelope("[" * 100_000), envelope(task={"a": 1}), envelope(id=None), envelope(id=123),
    envelope(eta="some day"), envelope(expires="some day"),
]  # fmt: skip


def test_no_message_ends_the_worker(stack):
    before, process = stack.redis.xlen("fax:events"), stack.processes["worker"].pid

    def invalid_events():
        # Faxes of earlier tests may still publish their ends.
        return [each for each in stack.redis.xrange("fax:events")[before:] if "invalid" in each[1]["type"]]

    stack.redis.lpush("fax.send", *UNREADABLE)
    stack.until(lambda: len(invalid_events()) == len(UNREADABLE))
    assert {fields["type"] for _, fields in invalid_events()} == {"job.invalid"}
    # They are neither in the queue nor among the messages to deliver again.
    stack.until(lambda: not stack.redis.hlen("fax:taken"))
    assert stack.processes["worker"].pid == process
    assert PRIVATE not in (stack.folder / "processes.log").read_text()
    assert PRIVATE not in str(invalid_events())


def test_messages_that_no_worker_reads_are_reported_by_status_doctor_and_metrics(stack, stranger):
    fax = {"to": fresh_number(), "media_name": TOKEN}
    stranger.send_task("fax.send.v1", kwargs=fax)
    other = Celery("other", broker=stack.broker_url, set_as_current=False)
    other.conf.broker_transport_options = {"global_keyprefix": "team:"}
    other.send_task("fax.send.v1", kwargs=fax, queue="fax.send")
    watch = Watch(Scripts(connect(stack.redis_url)))
    waiting = {"celery": 1, "team:fax.send": 1}
    stack.until(lambda: watch.figures().unread == waiting)
    metrics = httpx.get(f"http://127.0.0.1:{stack.admin_port}/metrics", trust_env=False).text
    for place in waiting:
        assert f'faxdispatch_unread_messages{{place="{place}"}} 1.0' in metrics
    findings = {finding.name: finding for finding in check_broker(Settings(redis_url=stack.redis_url))}
    assert findings["broker messages"].detail.endswith("1 or more in celery, 1 or more in team:fax.send")
    stack.redis.delete("celery", "team:fax.send")
