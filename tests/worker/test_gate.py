"""Which messages the gate accepts, and why it refuses others."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from celery import Celery
from redis import Redis

from faxdispatch.jobs import JOBS
from worker.messaging.envelope import Envelope
from worker.messaging.gate import Gate, Refused, is_identity

LIMIT = 20_000
GATE = Gate([kind.TASK for kind in JOBS], max_bytes=LIMIT)
FAX = {"to": "+13125550200", "media_name": "letter"}
LATER = datetime(2030, 1, 1, tzinfo=UTC)


def read(redis_url, name="fax.send.v1", *, config=None, **options):
    """Have a plain Celery app send a message, and read it."""
    app = Celery("plain", broker=redis_url, set_as_current=False)
    app.conf.update(config or {})
    app.send_task(name, **{"kwargs": FAX, "task_id": "m1", "queue": "fax.send", **options})
    return GATE.read(Envelope.from_text(Redis.from_url(redis_url).lpop("fax.send")))


def refused(body, *, content_type="application/json", **headers):
    """The gate's result for a message with this body."""
    envelope = Envelope({"task": "fax.send.v1", "id": "m1"} | headers, body, content_type)
    with pytest.raises(Refused) as raised:
        GATE.read(envelope)
    return raised.value


@pytest.mark.parametrize("protocol", [1, 2])
@pytest.mark.parametrize(
    "arguments",
    [{"kwargs": FAX}, {"args": [FAX], "kwargs": {}}, {"args": [json.dumps(FAX)], "kwargs": {}}],
    ids=["named", "one object", "JSON"],
)
def test_every_way_to_give_arguments_is_one_payload(redis_url, protocol, arguments):
    asked = read(redis_url, config={"task_protocol": protocol}, **arguments)
    assert (asked.task, asked.id, asked.payload, asked.facts) == ("fax.send.v1", "m1", FAX, {})


@pytest.mark.parametrize("protocol", [1, 2])
def test_eta_and_expires_become_the_faxs_own_times(redis_url, protocol):
    expires = LATER + timedelta(hours=1)
    asked = read(redis_url, config={"task_protocol": protocol}, eta=LATER, expires=expires)
    assert asked.payload == FAX | {"send_at": LATER.isoformat(), "send_by": expires.isoformat()}
    assert asked.facts == {"eta": LATER.isoformat(), "expires": expires.isoformat()}


@pytest.mark.parametrize("protocol", [1, 2])
def test_the_senders_trace_is_read_and_an_invalid_one_ignored(redis_url, protocol):
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    config = {"task_protocol": protocol}
    assert read(redis_url, config=config, headers={"traceparent": trace}).trace == trace
    assert read(redis_url, config=config, headers={"traceparent": f"{trace}x"}).trace is None


def test_the_later_of_two_starts_and_the_earlier_of_two_ends_count(redis_url):
    own = {"send_at": (LATER + timedelta(days=1)).isoformat(), "send_by": (LATER + timedelta(days=2)).isoformat()}
    asked = read(redis_url, kwargs=FAX | own, eta=LATER, expires=LATER + timedelta(days=3))
    assert asked.payload == FAX | own


def test_text_wrapped_by_kombu_is_unwrapped(redis_url):
    asked = read(redis_url, kwargs=FAX | {"send_at": LATER, "client_state": b"bytes"})
    assert asked.payload == FAX | {"send_at": LATER.isoformat(), "client_state": "bytes"}


@pytest.mark.parametrize("protocol", [1, 2])
def test_callbacks_are_reported_and_not_called(redis_url, protocol):
    other = Celery("plain", broker=redis_url, set_as_current=False).signature("other.task")
    asked = read(redis_url, config={"task_protocol": protocol}, link=other, link_error=other, chord=other)
    assert (asked.payload, asked.facts) == (FAX, {"ignored": ["link", "link_error", "chord"]})


@pytest.mark.parametrize("kind", ["gzip", "bzip2"])
def test_compressed_content_is_not_read(redis_url, kind):
    with pytest.raises(Refused) as raised:
        read(redis_url, compression=kind)
    assert raised.value.reason == "Compressed"


def test_another_serialiser_is_refused_with_what_to_do(redis_url):
    with pytest.raises(Refused, match="set task_serializer to json"):
        read(redis_url, serializer="pickle")


@pytest.mark.parametrize("batch", ["celery.map", "celery.starmap", "celery.chunks"])
def test_batches_are_refused_with_what_to_do_instead(redis_url, batch):
    with pytest.raises(Refused, match=r"one message of fax\.send\.v1 for each fax") as raised:
        read(redis_url, batch, kwargs={"task": "fax.send.v1", "it": [[FAX]]})
    assert raised.value.reason == "BatchTask"


def test_delayed_and_expired_questions_are_refused(redis_url):
    with pytest.raises(Refused) as raised:
        read(redis_url, "fax.cancel.v1", countdown=60)
    assert raised.value.reason == "NotNow"
    with pytest.raises(Refused) as raised:
        read(redis_url, "fax.cancel.v1", expires=datetime(2020, 1, 1, tzinfo=UTC))
    assert raised.value.reason == "Expired"
    assert read(redis_url, "fax.cancel.v1", eta=datetime(2020, 1, 1, tzinfo=UTC), expires=LATER).facts == {}


WHOLE = json.dumps([[], FAX, {}]).encode()


@pytest.mark.parametrize("identity", [None, "", " ", "None", "null", 5, ["m1"], "x" * 256, "a\nb", "\u202e"])
def test_an_invalid_id_is_refused(identity):
    assert refused(WHOLE, id=identity).reason == "Unreadable"


@pytest.mark.parametrize("identity", ["m1", "a/b", "order 17", "ü", "x" * 255])
def test_any_other_id_is_accepted(identity):
    assert is_identity(identity)


@pytest.mark.parametrize("task", ["os.system", "fax.fold.v1", "celery.backend_cleanup", "celery.chord_unlock"])
def test_only_our_own_tasks_pass(task):
    assert refused(WHOLE, task=task).reason in {"UnknownTask", "BatchTask"}


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"5", b"[]", b"[[], {}]", b"[[], {}, {}, {}]", b"[{}, {}, {}]", b"[[], [], {}]", b"[[], {}, 5]",
        b'["a", {}, {}]', b"\xff\xfe", b'[["{"], {}, {}]', b'[[], {"to": "\\ud800"}, {}]', b"[" * 1000,
    ],
)  # fmt: skip
def test_a_body_of_another_form_is_refused(body):
    assert refused(body).reason == "Unreadable"


@pytest.mark.parametrize("name", ["eta", "expires"])
@pytest.mark.parametrize("moment", ["some day", 5, [], {}, "0001-01-01T00:00:00+14:00"])
def test_an_invalid_time_is_refused(name, moment):
    assert name in str(refused(WHOLE, **{name: moment}))


def test_a_message_that_is_too_long_is_refused_unread_and_kept_truncated():
    envelope = Envelope({"id": "m1"}, b"x" * (LIMIT + 1), "application/json")
    with pytest.raises(Refused) as raised:
        GATE.read(envelope)
    kept = GATE.kept(envelope)
    assert raised.value.reason == "TooLong"
    assert (kept.size, len(kept.sha1), len(kept.body) < LIMIT / 2) == (LIMIT + 1, 40, True)
    assert GATE.kept(Envelope({}, b"short")) == Envelope({}, b"short")


def test_a_message_is_kept_under_its_id_or_else_under_its_hash():
    assert GATE.identity(Envelope({"id": "m1"}, b"x")) == "m1"
    assert (
        GATE.identity(Envelope({"id": 5}, b"x"))
        == GATE.identity(Envelope({}, b"x"))
        != GATE.identity(Envelope({}, b"y"))
    )


def test_an_unreadable_envelope_is_treated_as_a_body_without_headers():
    for message in (
        {"body": "!", "headers": {}, "properties": {"body_encoding": "base64"}},
        {"body": 5, "headers": {}, "properties": {}},
        {"body": base64.b64encode(b"x").decode(), "headers": "x", "properties": {}},
    ):
        text = json.dumps(message).encode()
        assert Envelope.from_text(text) == Envelope({}, text)
