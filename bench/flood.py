"""Many faxes at once, as another service sends them: plain messages in the queue, without a `FaxClient`."""

import base64
import json
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from celery import Celery
from redis import Redis

from bench.installation import DOCUMENT, Installation, number
from faxdispatch.jobs import SendFax

_AT_ONCE = 2000


def flood(running: Installation, count: int, *, first: int = 0, into: str = SendFax.QUEUE, **options: Any) -> None:
    """Put `count` messages into a queue, to the numbers from place `first` on, each to its own."""
    payloads = ({"to": number(first + place), "media_name": DOCUMENT, **options} for place in range(count))
    fill(running.redis_url, SendFax.TASK, SendFax.QUEUE, payloads, into=into)


def fill(redis_url: str, task: str, queue: str, payloads: Iterable[dict[str, Any]], *, into: str) -> None:
    """Put a message for each payload into the list `into`, addressed to `queue`."""
    with Redis.from_url(redis_url, decode_responses=True) as redis, redis.pipeline(transaction=False) as pipe:
        template = _template(redis, redis_url, task)
        for place, payload in enumerate(payloads):
            pipe.lpush(into, _message(template, queue, payload))
            if place % _AT_ONCE == _AT_ONCE - 1:
                pipe.execute()
        pipe.execute()


def _template(redis: Any, redis_url: str, task: str) -> dict[str, Any]:
    """Let Celery write one message into an unused queue, as a pattern for the others."""
    queue = "bench.template"
    Celery("bench", broker=redis_url, set_as_current=False).send_task(task, kwargs={}, queue=queue)
    template: dict[str, Any] = json.loads(redis.rpop(queue))
    return template


def _message(template: dict[str, Any], queue: str, payload: dict[str, Any]) -> str:
    identity = uuid4().hex
    body = [[], payload, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}]
    headers = template["headers"] | {"id": identity, "root_id": identity, "kwargsrepr": "{}"}
    about = {"exchange": "", "routing_key": queue}
    properties = template["properties"] | {
        "correlation_id": identity, "delivery_tag": str(uuid4()), "delivery_info": about,
    }  # fmt: skip
    text = base64.b64encode(json.dumps(body).encode()).decode()
    return json.dumps(template | {"body": text, "headers": headers, "properties": properties})
