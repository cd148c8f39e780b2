"""A server that refuses for a while is distinguished from one that refuses for good."""

from collections.abc import Callable, Iterator

import pytest
from redis import Redis
from redis.exceptions import ResponseError

from faxdispatch.errors import Unavailable
from faxdispatch.ledger.refusals import passes
from faxdispatch.ledger.scripts import redis_trouble


def alone(redis: Redis) -> None:
    redis.sadd("a", "b")


def in_a_pipeline(redis: Redis) -> None:
    with redis.pipeline(transaction=False) as pipe:
        pipe.sadd("a", "b").execute()


def in_a_transaction(redis: Redis) -> None:
    with redis.pipeline() as pipe:
        pipe.sadd("a", "b").execute()


def in_a_script(redis: Redis) -> None:
    redis.eval("redis.call('SADD', 'a', 'b')", 0)


def in_a_script_of_a_pipeline(redis: Redis) -> None:
    with redis.pipeline() as pipe:
        pipe.eval("redis.call('SADD', 'a', 'b')", 0).execute()


WAYS = [alone, in_a_pipeline, in_a_transaction, in_a_script, in_a_script_of_a_pipeline]


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    with Redis.from_url(redis_url) as client:
        yield client


@pytest.mark.parametrize("ask", WAYS)
@pytest.mark.parametrize(("option", "value"), [("min-replicas-to-write", 1), ("maxmemory", 1)])
def test_a_server_without_replicas_or_memory_is_waited_for(
    redis: Redis, ask: Callable[[Redis], None], option: str, value: int
):
    redis.config_set(option, value)
    try:
        with pytest.raises(Unavailable) as caught, redis_trouble():
            ask(redis)
    finally:
        redis.config_set(option, 0)
    assert passes(caught.value.__cause__)


@pytest.mark.parametrize(
    ("option", "value"), [("min-replicas-to-write", 1), ("maxmemory", 1), ("replicaof", "127.0.0.1 1")]
)
def test_a_server_that_refuses_a_transaction_at_its_end_is_waited_for(
    redis: Redis, redis_url: str, option: str, value: int | str
):
    """Commands that are already queued were accepted before the server refused."""
    with Redis.from_url(redis_url, single_connection_client=True) as asking:
        connection = asking.connection
        for command in (("MULTI",), ("SADD", "a", "b")):
            connection.send_command(*command)
            connection.read_response()
        if option == "replicaof":
            redis.execute_command("REPLICAOF", *str(value).split())
        else:
            redis.config_set(option, value)
        try:
            connection.send_command("EXEC")
            with pytest.raises(Unavailable) as caught, redis_trouble():
                connection.read_response()
        finally:
            redis.execute_command("REPLICAOF", "NO", "ONE")
            redis.config_set("min-replicas-to-write", 0)
            redis.config_set("maxmemory", 0)
    assert passes(caught.value.__cause__)


@pytest.mark.parametrize("ask", WAYS)
def test_a_key_of_another_kind_does_not_pass_by_itself(redis: Redis, ask: Callable[[Redis], None]):
    redis.set("a", "text")
    with pytest.raises(ResponseError) as caught:
        ask(redis)
    assert not passes(caught.value)
