"""How `FaxClient` records faxes and notifies the workers."""

import json
from contextlib import suppress

import pytest
from redis import Redis

from faxdispatch import FaxClient, State, Unavailable
from faxdispatch.broker.connection import broker_app
from faxdispatch.client import MANY
from faxdispatch.errors import BadInput, FaxError, InvalidJob
from faxdispatch.jobs import ATTEMPT

NUMBER = "+13125550123"
FAX = {"to": NUMBER, "media_name": "letter"}


@pytest.fixture
def redis(redis_url):
    with Redis.from_url(redis_url, decode_responses=True) as client:
        yield client


@pytest.fixture
def calls(redis, monkeypatch):
    """How many scripts were run so far, each a round trip; nothing else is sent, since Celery is not used."""
    monkeypatch.setattr("faxdispatch.client.recording.post_job", None)

    def count():
        asked = redis.info("commandstats")
        return sum(asked.get(f"cmdstat_{name}", {}).get("calls", 0) for name in ("eval", "evalsha", "fcall"))

    return count


def messages(redis, queue="fax.send"):
    return [json.loads(text) for text in redis.lrange(queue, 0, -1)]


def test_a_fax_and_its_message_are_one_round_trip_and_the_message_holds_only_the_job_id(redis_url, redis, calls):
    client = FaxClient(redis_url)
    client.send(**FAX)
    before = calls()

    job_id = client.send(**FAX).job_id

    assert calls() - before == 1
    message = messages(redis)[0]
    assert (message["headers"]["task"], message["headers"]["id"]) == (ATTEMPT, job_id)
    assert NUMBER not in json.dumps(message)
    assert redis.zscore("fax:agenda", job_id), "lost, the message is sent again"


def test_celery_reads_the_message_as_its_own(redis_url, redis):
    job_id = FaxClient(redis_url).send(**FAX, priority="urgent").job_id
    app = broker_app("here", redis_url)

    with app.connection_for_read() as connection:
        message = connection.default_channel.basic_get("fax.urgent")

        assert message.decode()[:2] == [[], {"job_id": job_id}]
        message.requeue()
    assert [one["headers"]["id"] for one in messages(redis, "fax.urgent")] == [job_id]


def test_a_fax_that_was_recorded_before_has_no_second_message(redis_url, redis):
    client = FaxClient(redis_url)
    for _ in range(2):
        client.send(**FAX, idempotency_key="k")

    assert len(messages(redis)) == 1


def test_a_queue_that_refuses_messages_loses_no_fax(redis_url, redis):
    redis.set("fax.send", "somebody else's")

    receipt = FaxClient(redis_url).send(**FAX)

    assert receipt.created
    assert redis.zscore("fax:agenda", receipt.job_id)


def test_many_faxes_take_one_round_trip_per_hundred(redis_url, redis, calls):
    client = FaxClient(redis_url)
    client.send(**FAX)
    before = calls()

    results = client.send_many([FAX] * (2 * MANY + 1))

    assert calls() - before == 3
    ids = [result.job_id for result in results]
    assert len(set(ids)) == 2 * MANY + 1
    assert [one["headers"]["id"] for one in reversed(messages(redis))][1:] == ids


def test_where_the_broker_is_another_the_message_is_the_whole_fax(redis_url, redis):
    other = redis_url.removesuffix("/0") + "/1"

    job_id = FaxClient(redis_url, broker_url=other).send(**FAX).job_id

    with Redis.from_url(other, decode_responses=True) as broker:
        [message] = messages(broker)
        broker.flushdb()
    assert (message["headers"]["task"], message["headers"]["id"]) == ("fax.send.v1", job_id)
    assert messages(redis) == []


def test_an_unreachable_broker_loses_none_of_many_faxes(redis_url):
    client = FaxClient(redis_url, broker_url="redis://127.0.0.1:1/0")

    results = client.send_many([FAX, FAX])

    assert [client.status(result.job_id).state for result in results] == [State.QUEUED] * 2


def test_if_redis_fails_midway_each_fax_says_so_and_may_be_sent_again(redis_url, monkeypatch):
    client = FaxClient(redis_url)
    monkeypatch.setattr("faxdispatch.client.recording.MANY", 2)
    asked, create_many = [], client._ledger.create_many

    def fails(new, *, source):
        asked.append(len(new))
        replies = create_many(new, source=source)
        if len(asked) == 2:
            raise Unavailable("recorded, and the answer was lost")
        return replies

    monkeypatch.setattr(client._ledger, "create_many", fails)
    results = client.send_many([FAX] * 6)

    assert asked == [2, 2], "nothing is tried after it"
    assert [type(result.error) for result in results] == [type(None)] * 2 + [Unavailable] * 4
    again = client.send_many([FAX | {"job_id": result.job_id} for result in results])
    assert [result.receipt.created for result in again] == [False] * 4 + [True] * 2


def test_a_mapping_is_a_fax_as_keywords_are(redis_url):
    client = FaxClient(redis_url)
    assert client.status(client.send(FAX).job_id).state is State.QUEUED
    with pytest.raises(InvalidJob, match="colour"):
        client.send(FAX | {"colour": True})


WRONG = [None, 1, 1.5, True, b"bytes", "", "\ud800", "x" * 10_000, [], {}, object()]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: type(wrong).__name__)
def test_unusable_arguments_raise_only_documented_errors(redis_url, wrong):
    client = FaxClient(redis_url)
    for call in (
        lambda: client.send(wrong),
        lambda: client.send(to=wrong, media_name="letter"),
        lambda: client.send(**FAX, idempotency_key=wrong, tags=wrong),
        lambda: client.cancel(job_id=wrong),
        lambda: client.cancel(fax_id=wrong),
        lambda: client.sync(job_id=wrong),
        lambda: client.refresh(wrong),
        lambda: client.status(wrong),
        lambda: client.redrive(wrong),
        lambda: list(client.find(number=wrong)) if wrong is not None else None,
    ):
        with suppress(FaxError):
            call()
    if wrong is not None:
        with pytest.raises(BadInput, match="reason"):
            client.cancel(job_id="one", reason=wrong)
    [result] = client.send_many([wrong])
    assert isinstance(result.error, InvalidJob)
