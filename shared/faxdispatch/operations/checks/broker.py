"""Check of the broker: whether messages that are posted there can be received."""

import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from kombu.entity import Exchange, Queue
from kombu.messaging import Producer

from faxdispatch.broker.connection import BrokerApp, broker_app, refused
from faxdispatch.broker.unread import WHOLE, Lookout
from faxdispatch.errors import Misconfigured
from faxdispatch.jobs import JOBS, URGENT
from faxdispatch.operations.checks.finding import Finding, fail, ok, warn
from faxdispatch.redis.address import RedisAddress
from faxdispatch.settings import Settings
from faxdispatch.text.trouble import why

PATIENCE = 5.0
"""Seconds within which a posted message must be there."""

# kombu is only partly typed; `Any` avoids false errors.
_Exchange: Any = Exchange
_Queue: Any = Queue
_Producer: Any = Producer

_START = "start it, or fix CELERY_BROKER_URL, or REDIS_URL if that is not set"
_RIGHTS = "give its user the rights that docs/permissions.md lists"


def check_broker(settings: Settings) -> Iterator[Finding]:
    """Declare the queues of producers as they do.

    Then declare a queue of our own, post to it, receive from it, delete it.
    """
    if settings.celery_broker_url is None and settings.redis_url is None:
        return
    try:
        namespace = RedisAddress.read(settings.redis).namespace if settings.redis_url else settings.fax_namespace
        app = broker_app("faxdispatch-doctor", settings.broker, namespace=namespace)
    except Misconfigured as error:
        yield fail("broker", str(error), _START)
        return
    try:
        with app.connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, interval_start=0.1, timeout=PATIENCE)
            yield _producers_queues(connection, app)
            yield _round_trip(connection, app)
        yield _unread(app)
    except Exception as error:  # noqa: BLE001 - what brokers and their drivers raise has no common class
        yield fail("broker", why(error), _START)
    finally:
        app.close()


def _producers_queues(connection: Any, app: BrokerApp) -> Finding:
    """Check whether another app has declared one of them with other properties, so that nobody can post to it."""
    for name in sorted(map(app.named, {URGENT, *(job.QUEUE for job in JOBS)})):
        try:
            with connection.channel() as channel:
                _queue(name)(channel).declare()
        except Exception as error:
            if words := refused(error):
                remedy = "delete it when it is empty, so that it is declared again, or fix the user's rights"
                return fail("broker queues", f"{name}: {words}", remedy)
            raise
    return ok("broker queues", "declared as Celery declares them")


def _unread(app: BrokerApp) -> Finding:
    found = Lookout(app).look(keys=WHOLE)
    if not found:
        return ok("broker messages", "none in places that no worker reads")
    places = ", ".join(f"{count} or more in {place}" for place, count in found.items())
    remedy = "make their senders use the queue that README names and no global_keyprefix, then send again"
    return warn("broker messages", f"for our tasks, in places that no worker reads: {places}", remedy)


def _round_trip(connection: Any, app: BrokerApp) -> Finding:
    name, word = app.named(f"fax.doctor.{uuid4().hex[:8]}"), uuid4().hex
    with connection.channel() as channel:
        queue = _queue(name)(channel)
        try:
            queue.declare()
            _Producer(channel).publish({"word": word}, exchange=queue.exchange, routing_key=name)
            taken = _taken(queue, word)
        except Exception as error:  # noqa: BLE001 - as above
            return fail("broker", f"accepts or delivers no messages: {refused(error) or error}", _RIGHTS)
        finally:
            queue.delete()
            queue.exchange.delete()
    if not taken:
        return fail("broker", f"a test message did not arrive within {PATIENCE:g} s", _RIGHTS)
    return ok("broker", "a test message was sent and received")


def _queue(name: str) -> Any:
    return _Queue(name, _Exchange(name), routing_key=name)


def _taken(queue: Any, word: str) -> bool:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        message = queue.get()
        if message is not None:
            message.ack()
            return bool(message.payload == {"word": word})
        time.sleep(0.05)
    return False
