"""An outage is logged once, and no other log record is lost."""

import logging

import pytest
from redis.exceptions import ConnectionError as RedisAway

from faxdispatch.errors import Unavailable
from faxdispatch.observability import outage as module
from faxdispatch.observability.outage import OncePerOutage, Outage
from tests.clock import Clock


@pytest.fixture
def clock():
    return Clock(100.0)


@pytest.fixture
def redis(monkeypatch, clock):
    outage = Outage("Redis", clock=clock)
    monkeypatch.setattr(module, "REDIS", outage)
    return outage


@pytest.fixture
def broker(monkeypatch, clock):
    outage = Outage("the broker", clock=clock)
    monkeypatch.setattr(module, "BROKER", outage)
    return outage


def record(name="worker.tasks", message="%s", *args, failure=None):
    info = (type(failure), failure, None) if failure else None
    return logging.LogRecord(name, logging.WARNING, __file__, 1, message, args, info)


def logged(caplog):
    return [entry.message for entry in caplog.records if entry.name == module.__name__]


def test_an_outage_is_logged_once_with_its_reason_however_many_calls_fail(redis, caplog):
    once = OncePerOutage(own_broker=False)

    passed = [
        once.filter(record("worker.tasks", "%s; trying again", Unavailable("Redis did not answer"))),
        once.filter(record("worker.x", "unforeseen", failure=RedisAway("Connection refused"))),
        once.filter(record("celery.worker.consumer.consumer", "consumer: Cannot connect to %s", "redis://h/0")),
        once.filter(record("celery.app.trace", "Task %s raised unexpected: Unavailable('…')", "fax.ask.v1")),
    ]

    assert passed == [False] * 4
    assert logged(caplog) == [
        "Redis cannot be used: Redis did not answer; nothing is lost, and work continues when it can be used again"
    ]


def test_the_end_of_an_outage_is_logged_with_its_duration_and_late_failures_start_no_new_one(redis, clock, caplog):
    redis.noticed("refused")
    clock.now += 6.5
    redis.over()
    redis.over()
    clock.now += 1
    redis.noticed("a call that waited")

    assert logged(caplog)[1:] == ["Redis can be used again after 6.5 s"]

    clock.now += 60
    redis.noticed("refused")
    assert len(logged(caplog)) == 3


def test_other_log_records_pass(redis, caplog):
    once = OncePerOutage(own_broker=False)

    assert once.filter(record("worker.x", "job %s: unexpected error", "j", failure=ValueError("no")))
    assert once.filter(record("worker.x", "job %s is gone", "j"))
    assert once.filter(record("celery.worker", "ready"))
    assert logged(caplog) == []


def test_a_broker_of_its_own_has_an_outage_of_its_own(redis, broker, caplog):
    once = OncePerOutage(own_broker=True)

    once.filter(record("celery.worker.consumer.consumer", "consumer: Connection to broker lost."))
    once.filter(record("worker.tasks", "%s", Unavailable("Redis did not answer")))

    assert [line.split(":")[0] for line in logged(caplog)] == ["the broker cannot be used", "Redis cannot be used"]


def test_passwords_stay_out_of_it(redis, caplog):
    redis.noticed("Cannot connect to redis://user:S3cret@host:6379/0")

    assert "S3cret" not in caplog.text
