"""Messages for our workers in queues that no worker reads are found, wherever a plain Celery app can put them."""

import pytest
from celery import Celery
from redis import Redis

from faxdispatch.broker.connection import broker_app
from faxdispatch.broker.unread import Lookout

FAX = {"to": "+13125550200", "media_name": "letter"}


@pytest.fixture
def look(redis_url):
    return Lookout(broker_app("here", redis_url)).look


def send(redis_url, name="fax.send.v1", *, transport_options=None, **options):
    app = Celery("plain", broker=redis_url, set_as_current=False)
    app.conf.broker_transport_options = transport_options or {}
    app.send_task(name, kwargs=FAX, **options)


def test_queues_of_our_workers_and_of_other_services_are_not_reported(redis_url, look):
    send(redis_url, queue="fax.send", priority=6)
    send(redis_url, "other.task")
    send(redis_url, "other.task", queue="telefax.send")
    assert look() == {}


def test_messages_without_a_queue_are_reported_and_left_alone(redis_url, look):
    for name in ("fax.send.v1", "fax.cancel.v1", "other.task"):
        send(redis_url, name)
    send(redis_url, priority=9)
    assert look() == {"celery": 2, "celery priority 9": 1}
    with Redis.from_url(redis_url) as redis:
        assert redis.llen("celery") == 3


@pytest.mark.parametrize(
    ("options", "place"),
    [({"global_keyprefix": "team:"}, "team:fax.send"), ({"sep": ":"}, "fax.send:3")],
    ids=["a prefix", "another separator"],
)
def test_queues_with_other_names_are_found_and_forgotten_once_they_are_empty(redis_url, look, options, place):
    send(redis_url, transport_options=options, queue="fax.send", priority=3)
    found = look()
    assert [name.replace("\x06\x16", "").startswith(place.split(":")[0]) for name in found] == [True]
    assert sum(found.values()) == 1
    with Redis.from_url(redis_url) as redis:
        redis.flushdb()
    assert look() == {}


def test_both_ends_of_a_long_queue_are_examined_and_many_keys_in_steps(redis_url, look):
    with Redis.from_url(redis_url) as redis:
        redis.lpush("celery", *(["x"] * 3000))
        redis.mset({f"key-{number}": "x" for number in range(5000)})
    send(redis_url)
    send(redis_url, transport_options={"global_keyprefix": "team:"}, queue="fax.send")
    found = [look(keys=1000) for _ in range(8)]
    assert found[-1] == {"celery": 1, "team:fax.send": 1}


@pytest.mark.parametrize("queue", ["team", "fax_send", "Fax.Send"])
def test_messages_in_a_queue_of_any_other_name_are_reported(redis_url, look, queue):
    send(redis_url, "other.task", queue="other")
    send(redis_url, queue=queue)
    assert look() == {queue: 1}


def test_what_may_not_be_read_or_is_no_list_hides_nothing_else(redis_url):
    send(redis_url)
    send(redis_url, transport_options={"global_keyprefix": "team:"}, queue="fax.send")
    with Redis.from_url(redis_url) as redis:
        redis.set("celery\x06\x163", "x")
        redis.acl_setuser("looks", enabled=True, passwords=["+pw"], keys=["fax*", "celery*"], categories=["+@all"])
    try:
        look = Lookout(broker_app("here", redis_url.replace("//", "//looks:pw@"))).look
        assert look() == look() == {"celery": 1}
    finally:
        with Redis.from_url(redis_url) as redis:
            redis.acl_deluser("looks")
