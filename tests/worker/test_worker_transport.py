"""Messages between broker and worker: none is lost or changed, and a closed channel ends no worker."""

import base64
import json
import time
from contextlib import contextmanager, suppress

import pytest
from celery import Celery
from redis import Redis

from faxdispatch.broker.connection import broker_app, post
from tests.conftest import eventually
from worker.messaging import transport
from worker.messaging.envelope import KEPT

SMALL = 20_000


@contextmanager
def opened(redis_url, *, together):
    app = broker_app("here", redis_url)
    transport.install(app, max_bytes=SMALL, together=together)
    with app.connection_for_read() as connection:
        yield connection


@pytest.fixture
def connection(redis_url):
    with opened(redis_url, together=1) as connection:
        yield connection


@pytest.fixture
def taking_four(redis_url):
    with opened(redis_url, together=4) as connection:
        yield connection


@pytest.fixture
def redis(redis_url):
    with Redis.from_url(redis_url) as client:
        yield client


def consume(connection, *, count=1):
    """The messages that a worker gets."""
    got = []
    channel = connection.channel()
    channel.basic_qos(0, count, False)
    channel.basic_consume("fax.send", False, got.append, "tag")
    eventually(lambda: _drained(connection, got, count))
    return got


def _drained(connection, got, count):
    connection.drain_events(timeout=60)
    return len(got) >= count


def test_a_message_is_taken_and_noted_in_one_step(connection, redis):
    redis.lpush("fax.send", "first")
    [first] = consume(connection)
    first.ack()
    channel = first.channel
    redis.lpush("fax.send", "second")
    # The worker asks, and dies before it reads the answer.
    channel.client.connection = channel.client.connection_pool.get_connection()
    channel._brpop_start()
    eventually(lambda: channel.client.connection.can_read(0.1))
    assert redis.llen("fax.send") == 0
    assert redis.hvals(transport.TAKEN) == [b"fax.send\nsecond"]


def test_a_message_is_taken_and_acknowledged(connection, redis, redis_url):
    post(broker_app("there", redis_url), "fax.attempt.v1", "fax.send", {"job_id": "j1"})
    [message] = consume(connection)
    assert json.loads(message.body.body)[1] == {"job_id": "j1"}
    assert message.body.headers["task"] == "fax.attempt.v1"
    message.ack()
    assert (redis.hlen(transport.TAKEN), redis.zcard(transport.TAKEN_AT)) == (0, 0)


def test_what_a_worker_posts_reaches_its_queue_also_after_redis_was_emptied(redis, redis_url):
    app = broker_app("here", redis_url)
    transport.install(app, max_bytes=SMALL, together=1)
    post(app, "fax.attempt.v1", "fax.dispatch", {"job_id": "j1"})
    redis.flushall()
    post(app, "fax.attempt.v1", "fax.dispatch", {"job_id": "j2"})
    assert redis.llen("fax.dispatch") == 1


def test_a_closed_channel_is_a_lost_connection_and_no_mistake_of_the_worker(connection):
    channel = connection.channel()
    channel.connection = None
    with pytest.raises(connection.connection_errors):
        channel._connparams()


@pytest.mark.parametrize("raw", [b"no json", b"42", b"null", b"[]", b"{}", b'{"properties": 5}', b"\x80\x04 \xff\n"])
def test_an_unreadable_message_is_passed_on_and_returned_unchanged(connection, redis, raw):
    redis.lpush("fax.send", raw)
    [message] = consume(connection)
    assert (message.body.headers, message.body.body) == ({}, raw)
    message.requeue()
    assert redis.lrange("fax.send", 0, -1) == [raw]
    assert redis.hlen(transport.TAKEN) == 0


def test_two_messages_under_one_tag_of_the_senders_stay_two(connection, redis):
    properties = {"delivery_tag": "t", "delivery_info": {"exchange": "", "routing_key": "fax.send"}}
    for body in "ab":
        redis.lpush("fax.send", json.dumps({"body": body, "headers": {}, "properties": properties}))
    first, second = consume(connection, count=2)
    assert redis.hlen(transport.TAKEN) == 2
    first.ack()
    assert [json.loads(noted.partition(b"\n")[2])["body"] for noted in redis.hvals(transport.TAKEN)] == ["b"]
    second.ack()


@pytest.mark.parametrize("priority", [None, 0, 1, 3, 6, 9, 200])
def test_whatever_priority_a_plain_app_gives_the_message_is_read(connection, redis_url, priority):
    Celery("plain", broker=redis_url, set_as_current=False).send_task("t", queue="fax.send", priority=priority)
    [message] = consume(connection)
    message.ack()


def test_a_steady_flow_of_usual_messages_does_not_starve_those_with_a_priority(connection, redis):
    redis.lpush("fax.send\x06\x169", "rare")
    for number in range(40):
        redis.lpush("fax.send", str(number))
    got = consume(connection, count=transport._PRIORITIES_FIRST)
    assert b"rare" in [message.body.body for message in got]


def test_a_key_of_another_type_in_place_of_a_queue_stops_no_other_queue(connection, redis):
    redis.set("fax.urgent", "not a list")
    redis.lpush("fax.send", "taken nevertheless")
    channel, got = connection.channel(), []
    for queue in ("fax.urgent", "fax.send"):
        channel.basic_consume(queue, False, got.append, queue)
    eventually(lambda: _drained(connection, got, 1))
    assert got[0].body.body == b"taken nevertheless"


def test_a_message_that_is_too_long_does_not_leave_redis(connection, redis):
    body = base64.b64encode(b"%" * SMALL).decode()
    message = {"body": body, "content-encoding": "utf-8", "headers": {"task": "fax.send.v1", "id": "long"}}
    text = json.dumps(message | {"properties": {"body_encoding": "base64"}})
    redis.lpush("fax.send", text)
    [taken] = consume(connection)
    assert taken.body.size == len(text)
    assert taken.body.headers == {"task": "fax.send.v1", "id": "long"}
    assert len(taken.body.body) < 3 * KEPT
    [noted] = redis.hvals(transport.TAKEN)
    assert len(noted) < 4 * KEPT
    taken.ack()


def test_a_dead_workers_messages_come_back_and_those_of_the_living_do_not(connection, redis):
    redis.lpush("fax.send", "dead")
    [_] = consume(connection)
    channel = connection.channel()
    channel.visibility_timeout = 100
    channel.qos.restore_visible(interval=1)
    assert redis.llen("fax.send") == 0
    [tag] = redis.hkeys(transport.TAKEN)
    redis.zincrby(transport.TAKEN_AT, -101, tag)
    channel.qos.restore_visible(interval=1)
    assert redis.lrange("fax.send", 0, -1) == [b"dead"]
    assert (redis.hlen(transport.TAKEN), redis.zcard(transport.TAKEN_AT)) == (0, 0)


def test_messages_taken_by_an_older_worker_come_back_and_those_of_other_celery_apps_are_left_alone(connection, redis):
    message = {"body": "x", "headers": {}, "properties": {"delivery_info": {}}}
    for tag, queue, taken in (("theirs", "celery", 1), ("ours", "fax.send", 2), ("new", "fax.send", time.time())):
        redis.zadd("unacked_index", {tag: taken})
        redis.hset("unacked", tag, json.dumps([message, queue, queue]))
    channel = connection.channel()
    channel.basic_consume("fax.send", False, lambda _: None, "tag")
    channel.qos.restore_visible(interval=1)
    assert [json.loads(text) for text in redis.lrange("fax.send", 0, -1)] == [message]
    assert sorted(redis.hkeys("unacked")) == sorted(redis.zrange("unacked_index", 0, -1)) == [b"new", b"theirs"]
    assert redis.llen("celery") == 0


def test_faxes_that_wait_are_taken_together_noted_one_by_one_and_acknowledged_in_one_step(taking_four, redis):
    for number in range(6):
        redis.lpush("fax.send", str(number))
    first, second = consume(taking_four, count=2)
    assert [one.body for one in first.body] == [b"0", b"1", b"2", b"3"]
    assert [one.body for one in second.body] == [b"4", b"5"]
    assert set(redis.hvals(transport.TAKEN)) == {b"fax.send\n%d" % number for number in range(6)}
    first.ack()
    assert set(redis.hvals(transport.TAKEN)) == {b"fax.send\n4", b"fax.send\n5"}
    assert redis.zcard(transport.TAKEN_AT) == 2
    second.requeue()
    assert sorted(redis.lrange("fax.send", 0, -1)) == [b"4", b"5"]
    assert (redis.hlen(transport.TAKEN), redis.zcard(transport.TAKEN_AT)) == (0, 0)


def test_faxes_that_a_worker_took_together_all_come_back_when_it_dies(taking_four, redis):
    for number in range(4):
        redis.lpush("fax.send", str(number))
    [_] = consume(taking_four)
    for tag in redis.hkeys(transport.TAKEN):
        redis.zincrby(transport.TAKEN_AT, -101, tag)
    channel = taking_four.channel()
    channel.visibility_timeout = 100
    channel.qos.restore_visible(interval=1)
    assert sorted(redis.lrange("fax.send", 0, -1)) == [b"0", b"1", b"2", b"3"]
    assert (redis.hlen(transport.TAKEN), redis.zcard(transport.TAKEN_AT)) == (0, 0)


def test_other_queues_give_one_message_at_a_time(taking_four, redis):
    channel, got = taking_four.channel(), []
    for number in range(2):
        redis.lpush("fax.urgent", str(number))
    channel.basic_consume("fax.urgent", False, got.append, "tag")
    eventually(lambda: _drained(taking_four, got, 2))
    assert [message.body.body for message in got] == [b"0", b"1"]


def test_only_an_idle_worker_waits_before_it_looks_for_messages_again(connection, redis):
    def waits():
        return redis.info("commandstats").get("cmdstat_xread", {"calls": 0})["calls"]

    for number in range(20):
        redis.lpush("fax.send", str(number))
    redis.config_resetstat()
    for message in consume(connection, count=20):
        message.ack()
    assert waits() <= 1

    def idle():
        with suppress(TimeoutError):
            connection.drain_events(timeout=1)
        return waits() > 1

    assert eventually(idle)
