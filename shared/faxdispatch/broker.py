"""The one way to reach Celery's broker, for those who send messages and those who take them."""

import base64
import json
from typing import Any
from uuid import uuid4

from celery import Celery
from kombu.transport import TRANSPORT_ALIASES

from faxdispatch.errors import Misconfigured
from faxdispatch.jobs import ATTEMPT, Job

TRANSPORT: dict[str, Any] = {
    # The transport looks for such messages every hundred seconds unless told otherwise.
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    # Without time-outs a publish over a dead connection waits for ever.
    "socket_timeout": 15,
    "socket_connect_timeout": 3,
    "socket_keepalive": True,
    "health_check_interval": 15,
    "priority_steps": [0],
    "queue_order_strategy": "priority",
    # Who restores messages does it under a lock; the lock of one that died in it must not last.
    "unacked_mutex_expire": 10,
}


def configure(app: Celery, url: str, *, visibility_timeout: float = 120) -> Celery:
    """Give a Celery app the broker and the ways of its messages.

    `visibility_timeout` is in seconds; after it, Redis hands an unacknowledged message to another worker. A second
    delivery is harmless, since only the ledger's claim allows a call.

    Raises:
        Misconfigured: the address names no kind of broker that Celery knows.
    """
    scheme = url.partition("://")[0].partition("+")[0]
    if scheme not in TRANSPORT_ALIASES:
        raise Misconfigured(
            "CELERY_BROKER_URL, or REDIS_URL where it is not set: must begin with redis://, amqp:// or another broker "
            "that Celery knows"
        )
    app.conf.update(
        # Celery lets CELERY_BROKER_URL of the environment overrule broker_url, not these two; who names an address
        # means that one.
        broker_read_url=url,
        broker_write_url=url,
        broker_transport_options=_options(scheme, visibility_timeout),
        broker_connection_retry_on_startup=True,
        task_ignore_result=True,
        result_backend=None,
        task_serializer="json",
        accept_content=["json"],
        task_create_missing_queues=True,
    )
    return app


def _options(scheme: str, visibility_timeout: float) -> dict[str, Any]:
    """Give the options of Redis' transport; others would refuse words that are not theirs."""
    if scheme in {"redis", "rediss", "sentinel"}:
        return TRANSPORT | {"visibility_timeout": visibility_timeout}
    return {}


def post(app: Celery, name: str, queue: str, payload: dict[str, Any], *, message_id: str | None = None) -> None:
    """Send one message. Celery would repeat the payload in clear in a header, for logs: it is told not to."""
    app.send_task(
        name,
        kwargs=payload,
        queue=queue,
        task_id=message_id,
        argsrepr="()",
        kwargsrepr="{}",
        retry=True,
        retry_policy={"max_retries": 2, "interval_start": 0.1, "interval_step": 0.2, "interval_max": 0.5},
    )


def post_job(app: Celery, job: Job, *, message_id: str | None = None) -> None:
    """Send the message of a job."""
    post(app, job.TASK, job.queue, job.encode(), message_id=message_id)


def reminder(job_id: str, queue: str) -> str:
    """Give the message that has a recorded job tried, as Celery writes it into a queue on Redis.

    Written here, it can be put there by the step that records the job, and costs no call of its own. The form is
    Celery's message protocol 2 (Celery documentation, "Message Protocol") in the envelope of kombu's transport.
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


def waiting(app: Celery, queue: str) -> int:
    """Count the messages that wait in a queue."""
    with app.connection_for_read() as connection:
        try:
            return int(connection.default_channel.queue_declare(queue, passive=True).message_count)
        except connection.channel_errors:
            # Redis has no empty lists: a queue without messages does not exist.
            return 0
