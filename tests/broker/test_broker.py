"""Messages go to the configured broker and carry no telephone number outside their body."""

import json
from collections.abc import Callable

import pytest
from kombu.exceptions import OperationalError
from redis import Redis

from faxdispatch import FaxClient, State, Unavailable
from faxdispatch.broker import connection
from faxdispatch.broker.connection import BrokerApp, broker_app, post_job, waiting
from faxdispatch.broker.unread import Lookout
from faxdispatch.errors import Misconfigured
from faxdispatch.jobs import SendFax
from tests.broker.silent import silent_rabbitmq

FAX = SendFax(to="+13125550200", media_name="letter")


def test_the_broker_that_is_named_is_used_whatever_the_environment_says(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CELERY_BROKER_URL", "redis://127.0.0.1:1/0")
    post_job(broker_app("here", redis_url), FAX)

    assert Redis.from_url(redis_url).llen("fax.send") == 1


def test_no_header_of_a_message_repeats_the_number(redis_url: str) -> None:
    post_job(broker_app("here", redis_url), FAX, message_id="m1")

    message = json.loads(Redis.from_url(redis_url).lindex("fax.send", 0))
    assert "3125550200" not in json.dumps(message["headers"])
    assert message["headers"]["id"] == "m1"


@pytest.mark.parametrize("url", ["localhost:6379", "rdis://localhost", ""])
def test_an_address_of_no_known_broker_is_refused_before_anything_is_recorded(url: str) -> None:
    with pytest.raises(Misconfigured, match="CELERY_BROKER_URL"):
        broker_app("here", url)


def test_waiting_messages_are_counted_also_where_there_are_none(redis_url: str) -> None:
    app = broker_app("here", redis_url)
    before = waiting(app, "fax.send")
    post_job(app, FAX)
    post_job(app, FAX)

    assert (before, waiting(app, "fax.send")) == (0, 2)


@pytest.mark.parametrize(
    "ask",
    [lambda app: waiting(app, "fax.send"), lambda app: Lookout(app).look(), lambda app: post_job(app, FAX)],
)
def test_a_broker_that_does_not_answer_keeps_nobody_waiting_for_ever(
    monkeypatch: pytest.MonkeyPatch, ask: Callable[[BrokerApp], object]
) -> None:
    monkeypatch.setattr(connection, "PATIENCE", 0.2)
    with silent_rabbitmq() as url:
        app = broker_app("here", url)
        for _ in range(2):
            with pytest.raises((OperationalError, OSError)):
                ask(app)


SURROUNDINGS = {
    "CELERY_BROKER_URL": "redis://127.0.0.1:1/0",
    "CELERY_BROKER_READ_URL": "redis://127.0.0.1:1/0",
    "CELERY_BROKER_WRITE_URL": "redis://127.0.0.1:1/0",
    "CELERY_RESULT_BACKEND": "no_such_module.results",
    "CELERY_LOADER": "no_such_module:Loader",
    "CELERY_CONFIG_MODULE": "no_such_module",
    "DJANGO_SETTINGS_MODULE": "no_such_module.settings",
}
"""Variables that another service's Celery may have in its environment."""


@pytest.mark.parametrize("name", SURROUNDINGS)
def test_nothing_that_celery_reads_from_the_environment_reaches_our_apps(
    redis_url: str, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, SURROUNDINGS[name])
    app = broker_app("here", redis_url)
    post_job(app, FAX)

    with app.connection_for_read() as connection:
        assert connection.default_channel.basic_get("fax.send").headers["task"] == SendFax.TASK


@pytest.mark.parametrize(
    "url",
    [
        "carrier-pigeon://h", "sqs://", "mongodb://h/0", "no_such_module+redis://h", "amqp://h:port//",
        "redis://a;redis://b",
    ],
)  # fmt: skip
def test_a_broker_that_cannot_be_reached_from_here_is_refused_at_construction(redis_url: str, url: str) -> None:
    with pytest.raises(Misconfigured, match="CELERY_BROKER_URL"):
        FaxClient(redis_url, broker_url=url)


def test_the_options_of_an_address_reach_the_transport(redis_url: str) -> None:
    words = "db=0&health_check_interval=3&max_connections=4&socket_timeout=2&protocol=3&client_name=producer"
    app = broker_app("here", f"{redis_url}?{words}")
    post_job(app, FAX)

    with app.connection_for_read() as connection:
        channel = connection.default_channel
        assert (channel.health_check_interval, channel.max_connections, channel.socket_timeout) == (3, 4, 2.0)
        assert channel.client.client_getname() == "producer"
    assert Redis.from_url(redis_url).llen("fax.send") == 1


class Refusal(Exception):
    """As the AMQP driver reports a refusal of the broker: neither Celery's error nor ours."""

    reply_code = 406
    reply_text = "PRECONDITION_FAILED - inequivalent arg 'durable' for queue 'fax.send'"


@pytest.mark.parametrize("error", [Refusal(), TypeError("an option"), ModuleNotFoundError("x"), RuntimeError("x")])
def test_once_the_fax_is_recorded_there_is_a_receipt_whatever_the_broker_says(
    redis_url: str, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("faxdispatch.broker.connection.post", failing)
    client = FaxClient(redis_url, broker_url="memory://elsewhere")

    receipt = client.send(FAX)

    assert client.status(receipt.job_id).state is State.QUEUED
    with pytest.raises(Unavailable, match=getattr(error, "reply_text", type(error).__name__)):
        client.sync(job_id=receipt.job_id)
