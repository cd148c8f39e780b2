"""Keys and queues of a deployment begin with its namespace, at the one place where commands are packed."""

import pytest
from redis import Redis

from faxdispatch.broker.connection import broker_app, post
from faxdispatch.broker.unread import Lookout
from faxdispatch.errors import Misconfigured
from faxdispatch.ledger import connect, library
from faxdispatch.redis.namespace import in_namespace
from faxdispatch.settings import Settings


@pytest.mark.parametrize(
    ("command", "written"),
    [
        (("GET", "fax:a"), ("GET", "b:a")),
        (("HSET", "fax:a", "fax:b", "fax:c"), ("HSET", "b:a", "fax:b", "fax:c")),
        (("DEL", "fax:a", b"fax:\xff", "other"), ("DEL", "b:a", b"b:\xff", "other")),
        (("EVALSHA", "sha", 2, "fax:a", "b.send", "fax:x"), ("EVALSHA", "sha", 2, "b:a", "b.send", "fax:x")),
        (("XGROUP CREATE", "fax:events", "fax:g"), ("XGROUP CREATE", "b:events", "fax:g")),
        (("XREAD", b"COUNT", 1, b"STREAMS", "fax:a", "$"), ("XREAD", b"COUNT", 1, b"STREAMS", "b:a", "$")),
        (("SCAN", 0, b"MATCH", "fax:a:*", b"COUNT", 9), ("SCAN", 0, b"MATCH", "b:a:*", b"COUNT", 9)),
        (("SADD", "_kombu.binding.b.send", "x"), ("SADD", "b:_kombu.binding.b.send", "x")),
        (("GET", "b:a"), ("GET", "b:a")),
        (("AUTH", "fax:password"), ("AUTH", "fax:password")),
        (("PING",), ("PING",)),
    ],
)
def test_keys_are_written_in_the_namespace_and_nothing_else_is(command, written):
    assert in_namespace("b", command) == written


@pytest.mark.parametrize("name", sorted(library.places()))
def test_no_script_of_a_namespace_names_a_key_of_another(name):
    assert "'fax:" not in library.script(name, {}, "staging").replace("'fax:c1:'", "")


def test_pipelines_and_raw_clients_write_there_too(redis_url):
    with connect(f"{redis_url}?namespace=staging") as ours, Redis.from_url(redis_url) as plain:
        with ours.pipeline() as pipe:
            pipe.set("fax:a", 1)
            pipe.rpush("fax:b", "fax:value")
            pipe.execute()
        assert sorted(plain.keys()) == [b"staging:a", b"staging:b"]
        assert plain.lrange("staging:b", 0, -1) == [b"fax:value"]


def test_the_setting_and_the_address_say_the_same_or_are_refused(redis_url):
    there = Settings.load(redis_url=redis_url, fax_namespace="staging")
    again = Settings.load(redis_url=there.redis, fax_namespace="staging")
    with connect(there.redis) as one, connect(again.redis) as other:
        one.set("fax:a", 1)
        assert other.get("fax:a") == "1"
    with Redis.from_url(redis_url) as plain:
        assert plain.keys() == [b"staging:a"]
    with pytest.raises(Misconfigured, match="FAX_NAMESPACE"):
        connect(Settings.load(redis_url=there.redis, fax_namespace="production").redis)
    with pytest.raises(Misconfigured, match="FAX_NAMESPACE"):
        Settings.load(redis_url=redis_url, fax_namespace="Fax:1")


def test_only_a_queue_of_no_deployment_counts_as_unread(redis_url):
    message = b'{"headers": {"task": "fax.send.v1"}}'
    with Redis.from_url(redis_url) as redis:
        redis.hset("staging:ledger", "id", "x")
        for queue in ("staging.send", "fax.send", "nobody.send"):
            redis.lpush(queue, message)
        assert Lookout(broker_app("here", redis_url)).look() == {"nobody.send": 1}
        assert Lookout(broker_app("there", f"{redis_url}?namespace=staging")).look() == {"nobody.send": 1}


def test_a_broker_that_is_no_redis_has_queues_of_the_namespace():
    app = broker_app("there", "memory://", namespace="staging")
    post(app, "fax.send.v1", "fax.send", {})
    with app.connection_for_read() as connection:
        assert connection.default_channel.basic_get("staging.send").headers["task"] == "fax.send.v1"
