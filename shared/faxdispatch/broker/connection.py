"""The one way to reach Celery's broker, for senders and receivers of messages."""

import base64
import json
from typing import Any
from uuid import uuid4

from celery import Celery
from celery.loaders.app import AppLoader
from kombu.connection import Connection
from kombu.exceptions import OperationalError

from faxdispatch.broker.redis_transport import NAME as REDIS_TRANSPORT
from faxdispatch.errors import Misconfigured
from faxdispatch.jobs import ATTEMPT, Job
from faxdispatch.redis.address import SCHEMES, RedisAddress, split_login
from faxdispatch.redis.namespace import USUAL, queue_name
from faxdispatch.text.privacy import scrub
from faxdispatch.text.trouble import why

PATIENCE = 15.0
"""Seconds within which a broker must answer, or take what is sent to it."""

TRANSPORT: dict[str, Any] = {
    # The transport looks for such messages every hundred seconds by default.
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    # Without time-outs a publish over a dead connection waits forever.
    "socket_timeout": PATIENCE,
    "socket_connect_timeout": 3,
    "socket_keepalive": True,
    "health_check_interval": 15,
    "priority_steps": [0],
    # All Celery systems on one Redis would share these keys, and so use the shortest visibility timeout among them.
    "unacked_key": "fax:unacked",
    "unacked_index_key": "fax:unacked:at",
    "unacked_mutex_key": "fax:unacked:lock",
    "queue_order_strategy": "priority",
    # Messages are restored under a lock; the lock of a process that died in it must expire.
    "unacked_mutex_expire": 10,
}


class Loader(AppLoader):  # type: ignore[misc] # Celery has no types
    """A Celery loader that reads no settings module."""

    def read_configuration(self, env: str = "") -> dict[str, Any]:
        """Return no settings."""
        del env
        return {}


class BrokerApp(Celery):  # type: ignore[misc] # Celery has no types
    """A Celery app that sends its messages to one broker and ignores Celery's environment variables.

    Celery reads brokers, a result backend, a loader and Django's settings from the environment of its process, which
    may be meant for another service, and prefers them to the app's own arguments.
    """

    def __init__(self, name: str, url: str, namespace: str = USUAL) -> None:
        super().__init__(name, set_as_current=False, loader=Loader, fixups=(), changes={"broker_url": url})
        self.address = url
        self.namespace = namespace
        self.on_redis = False
        """Whether the broker is a Redis, whatever transport receives its messages."""

    def named(self, queue: str) -> str:
        """Return the name of one of our queues, or exchanges, in this app's namespace."""
        return queue_name(self.namespace, queue)

    # No results are kept, since nobody would read them. It is a class, so that no variable can name another one.
    backend_cls = "disabled"

    def connection_for_read(self, url: str | None = None, **options: Any) -> Connection:
        """Return a connection to receive messages; it does not connect yet."""
        connection: Connection = super().connection_for_read(url or self.address, **options)
        return connection

    def connection_for_write(self, url: str | None = None, **options: Any) -> Connection:
        """Return a connection to send messages; it does not connect yet."""
        connection: Connection = super().connection_for_write(url or self.address, **options)
        return connection


_RABBITMQ = {"amqp", "amqps", "pyamqp"}
"""Schemes of py-amqp, which has no time limits by itself. Over TLS it applies the one for connecting to every step."""
_SETTING = "CELERY_BROKER_URL, or REDIS_URL where it is not set"
_FOR_GOOD = {402, 403, 404, 405, 406, 530, 540}
"""AMQP's reply codes for errors that do not pass by themselves (AMQP 0-9-1 specification, reply codes)."""


def broker_app(name: str, url: str, *, namespace: str | None = None, visibility_timeout: float = 120) -> BrokerApp:
    """Make a Celery app for the broker at an address, with the routes of its messages. Nothing connects yet.

    `visibility_timeout` is in seconds; after it, Redis gives an unacknowledged message to another worker. A second
    delivery is harmless, since only the ledger's claim allows a call. `namespace` is the ledger's; by default it is
    that of the address.

    Raises:
        Misconfigured: the address cannot be read, or nothing here can connect to its kind of broker.
    """
    scheme = url.partition("://")[0]
    if scheme in SCHEMES:
        address = RedisAddress.read(url, setting=_SETTING)
        app = BrokerApp(name, address.place, namespace or address.namespace)
        app.on_redis = True
        options = {"visibility_timeout": visibility_timeout, "address": address, "namespace": app.namespace}
        app.conf.update(
            broker_transport=REDIS_TRANSPORT, broker_transport_options=TRANSPORT | options | address.transport_options
        )
    else:
        app = BrokerApp(name, url, namespace or USUAL)
        if scheme in _RABBITMQ:
            app.conf.update(broker_transport_options={"read_timeout": PATIENCE, "write_timeout": PATIENCE})
        _check(app)
    app.conf.update(
        broker_connection_retry_on_startup=True,
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        task_create_missing_queues=True,
    )
    return app


def _check(app: BrokerApp) -> None:
    """Let Celery read the address of a broker other than Redis, and load the library that connects to it."""
    try:
        for place in app.address.split(";"):
            split_login(place)
    except ValueError as error:
        raise Misconfigured(f"{_SETTING}: {error}") from None
    try:
        for place in app.address.split(";"):
            app.connection_for_write(place).transport  # noqa: B018 - making it is the check
    except Exception as error:  # noqa: BLE001 - what Celery and its drivers raise here has no common class
        problem = f"Celery cannot use it: {type(error).__name__}"
    else:
        if "://" in app.address:
            return
        problem = "no address"
    raise Misconfigured(
        f"{_SETTING}: {problem}; it must begin with redis://, rediss://, unix://, sentinel:// or amqp://, or name "
        "another broker that Celery can reach from here"
    )


def post(app: BrokerApp, name: str, queue: str, payload: dict[str, Any], *, message_id: str | None = None) -> None:
    """Send one message to one of our queues.

    By default, Celery would repeat the payload as plain text in a header, for logs. It would also post through the
    default exchange. On RabbitMQ, the right to do so allows writing to every queue, so the queue's own exchange is
    named there. On Redis it is not named: a Redis that was emptied no longer knows which queues are bound to an
    exchange, and the message would be lost.
    """
    place = app.named(queue)
    by_exchange = {} if app.on_redis else {"exchange": place, "routing_key": place}
    app.send_task(
        name,
        kwargs=payload,
        queue=place,
        **by_exchange,
        task_id=message_id,
        argsrepr="()",
        kwargsrepr="{}",
        ignore_result=True,
        retry=True,
        retry_policy={"max_retries": 2, "interval_start": 0.1, "interval_step": 0.2, "interval_max": 0.5},
    )


def post_job(app: BrokerApp, job: Job, *, message_id: str | None = None) -> None:
    """Send the message of a job."""
    post(app, job.TASK, job.queue, job.encode(), message_id=message_id)


def reminder(job_id: str, queue: str) -> str:
    """Return the message that makes a worker try a recorded job, as Celery writes it into a queue on Redis.

    The step that records the job can put it there, which costs no extra call. The form is Celery's message protocol 2
    (Celery documentation, "Message Protocol") in the envelope of kombu's transport.
    """
    body = json.dumps([[], {"job_id": job_id}, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}])
    headers = {
        "lang": "py", "task": ATTEMPT, "id": job_id, "root_id": job_id, "parent_id": None, "group": None, "retries": 0,
        "eta": None, "expires": None, "timelimit": [None, None], "argsrepr": "()", "kwargsrepr": "{}",
    }  # fmt: skip
    properties = {
        "correlation_id": job_id, "delivery_tag": str(uuid4()), "delivery_info": {"exchange": "", "routing_key": queue},
        "delivery_mode": 2, "priority": 0, "body_encoding": "base64",
    }  # fmt: skip
    return json.dumps(
        {
            "body": base64.b64encode(body.encode()).decode(),
            "content-encoding": "utf-8",
            "content-type": "application/json",
            "headers": headers,
            "properties": properties,
        }
    )


def refused(error: BaseException) -> str | None:
    """Return the broker's message if it refuses permanently, or None if it may accept later.

    RabbitMQ reports a queue that another app declared with other properties, and missing rights.
    """
    code, text = getattr(error, "reply_code", None), getattr(error, "reply_text", None)
    return scrub(f"{text} ({code})") if code in _FOR_GOOD and text else None


def waiting(app: BrokerApp, queue: str) -> int:
    """Count the messages that wait in one of our queues, over a connection that messages are sent by.

    Raises:
        OperationalError: the broker cannot be reached.
    """
    with app.pool.acquire(block=True) as connection:
        try:
            return int(connection.default_channel.queue_declare(app.named(queue), passive=True).message_count)
        except connection.channel_errors:
            # Redis has no empty lists: a queue without messages does not exist. RabbitMQ closes the channel over it.
            if not app.on_redis:
                connection.close()
            return 0
        except connection.connection_errors as error:
            connection.close()
            raise OperationalError(f"the broker cannot be reached: {why(error)}") from error
