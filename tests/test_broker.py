"""Messages go to the broker that was named, and carry no telephone number outside their body."""

import json

import pytest
from celery import Celery
from redis import Redis

from faxdispatch.broker import configure, post_job, waiting
from faxdispatch.errors import Misconfigured
from faxdispatch.jobs import SendFax

FAX = SendFax(to="+13125550200", media_name="letter")


def test_the_broker_that_is_named_is_used_whatever_the_environment_says(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CELERY_BROKER_URL", "redis://127.0.0.1:1/0")
    post_job(configure(Celery("here", set_as_current=False), redis_url), FAX)

    assert Redis.from_url(redis_url).llen("fax.send") == 1


def test_no_header_of_a_message_repeats_the_number(redis_url: str) -> None:
    post_job(configure(Celery("here", set_as_current=False), redis_url), FAX, message_id="m1")

    message = json.loads(Redis.from_url(redis_url).lindex("fax.send", 0))
    assert "3125550200" not in json.dumps(message["headers"])
    assert message["headers"]["id"] == "m1"


@pytest.mark.parametrize("url", ["localhost:6379", "rdis://localhost", ""])
def test_an_address_of_no_known_broker_is_refused_before_anything_is_recorded(url: str) -> None:
    with pytest.raises(Misconfigured, match="CELERY_BROKER_URL"):
        configure(Celery("here", set_as_current=False), url)


def test_waiting_messages_are_counted_also_where_there_are_none(redis_url: str) -> None:
    app = configure(Celery("here", set_as_current=False), redis_url)
    before = waiting(app, "fax.send")
    post_job(app, FAX)
    post_job(app, FAX)

    assert (before, waiting(app, "fax.send")) == (0, 2)
