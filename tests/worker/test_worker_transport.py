"""Messages between broker and worker: none is ever nowhere, and a closed channel ends no worker."""

import json

import pytest

from faxdispatch.broker import broker_app, post
from tests.conftest import eventually
from worker import transport


@pytest.fixture
def connection(redis_url):
    app = broker_app("here", redis_url)
    transport.install(app)
    post(app, "fax.attempt.v1", "fax.send", {"job_id": "j1"})
    with app.connection_for_read() as opened:
        yield opened


def test_a_message_that_is_taken_is_noted_in_the_same_step(connection, redis_url):
    channel = connection.channel()
    assert isinstance(channel, transport.Channel)
    channel.basic_qos(0, 1, False)
    channel.basic_consume("fax.send", False, lambda _: None, "tag")
    # The worker asks, and dies before it reads the answer.
    channel.client.connection = channel.client.connection_pool.get_connection()
    channel._brpop_start()
    eventually(lambda: channel.client.connection.can_read(0.1))
    with connection.clone() as other:
        redis = other.default_channel.client
        assert redis.llen("fax.send") == 0
        [noted] = redis.hvals("unacked")
    message, _, queue = json.loads(noted)
    assert (message["headers"]["task"], queue) == ("fax.attempt.v1", "fax.send")


def test_a_message_is_taken_and_acknowledged(connection):
    got = []
    channel = connection.channel()
    channel.basic_consume("fax.send", False, got.append, "tag")
    connection.drain_events(timeout=5)
    [message] = got
    assert json.loads(message.body)[1] == {"job_id": "j1"}
    message.ack()
    assert connection.default_channel.client.hlen("unacked") == 0


def test_a_closed_channel_is_a_lost_connection_and_no_mistake_of_the_worker(connection):
    channel = connection.channel()
    channel.connection = None
    with pytest.raises(connection.connection_errors):
        channel._connparams()


def take(connection, raw) -> tuple[object, list[str]]:
    """The message that the worker gets of `raw`, and what is noted as unacknowledged."""
    got = []
    channel = connection.channel()
    channel.client.delete("fax.send")
    channel.client.lpush("fax.send", raw)
    channel.basic_consume("fax.send", False, got.append, "tag")
    connection.drain_events(timeout=5)
    [message] = got
    return message, channel.client.hvals("unacked")


@pytest.mark.parametrize(
    "raw",
    [
        b"no json",
        b"42",
        b"null",
        b"[]",
        b"{}",
        b'{"properties": 5}',
        b'{"properties": {"delivery_tag": "t", "delivery_info": 5}}',
        b'{"properties": {"delivery_tag": "t", "delivery_info": {}}}',
        b'{"properties": {"delivery_tag": 1, "delivery_info": {"exchange": "", "routing_key": "fax.send"}}}',
        b"\x80\x04 pickled \xff",
    ],
)
def test_what_is_no_message_is_made_one_and_noted(connection, raw):
    message, [noted] = take(connection, raw)
    assert message.headers == {}
    assert message.body.decode() == raw.decode("ascii", "backslashreplace")
    assert json.loads(noted)[1:] == ["fax.send", "fax.send"]
    message.ack()
    assert connection.default_channel.client.hlen("unacked") == 0


ADDRESSED = {"delivery_tag": "t", "delivery_info": {"exchange": "fax.send", "routing_key": "fax.send"}}


@pytest.mark.parametrize(
    "message",
    [
        {"body": "!", "properties": ADDRESSED | {"body_encoding": "base64"}},
        {"body": "x", "properties": ADDRESSED | {"body_encoding": "rot13"}},
        {"body": 5, "properties": ADDRESSED | {"body_encoding": "base64"}},
        {"body": "x", "headers": "x", "properties": ADDRESSED},
    ],
    ids=["not base64", "unknown encoding", "a number", "headers are none"],
)
def test_a_message_that_cannot_be_opened_is_handed_on_as_it_is(connection, message):
    got, _ = take(connection, json.dumps(message))
    assert got.delivery_tag == "t"
    got.ack()
    assert connection.default_channel.client.hlen("unacked") == 0
