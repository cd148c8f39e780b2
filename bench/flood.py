"""Many faxes at once, as another service sends them: plain messages in the queue, without a `FaxClient`."""

import base64
import json
from typing import Any
from uuid import uuid4

from celery import Celery

from bench.installation import DOCUMENT, Installation, number
from faxdispatch.broker import configure
from faxdispatch.jobs import SendFax

_AT_ONCE = 2000


def flood(running: Installation, count: int, *, first: int = 0, **options: Any) -> None:
    """Put `count` messages into the queue, to the numbers from place `first` on, each its own."""
    template = _template(running)
    with running.redis.pipeline(transaction=False) as pipe:
        for place in range(count):
            payload = {"to": number(first + place), "media_name": DOCUMENT, **options}
            pipe.lpush(SendFax.QUEUE, _message(template, payload))
            if place % _AT_ONCE == _AT_ONCE - 1:
                pipe.execute()
        pipe.execute()


def _template(running: Installation) -> dict[str, Any]:
    """Have Celery write one message into a queue of nobody's, so that the others are what Celery writes."""
    queue = "bench.template"
    configure(Celery("bench", set_as_current=False), running.redis_url).send_task(SendFax.TASK, kwargs={}, queue=queue)
    template: dict[str, Any] = json.loads(running.redis.rpop(queue))
    return template


def _message(template: dict[str, Any], payload: dict[str, Any]) -> str:
    identity = uuid4().hex
    body = [[], payload, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}]
    headers = template["headers"] | {"id": identity, "root_id": identity, "kwargsrepr": "{}"}
    about = {"exchange": "", "routing_key": SendFax.QUEUE}
    properties = template["properties"] | {
        "correlation_id": identity, "delivery_tag": str(uuid4()), "delivery_info": about,
    }  # fmt: skip
    text = base64.b64encode(json.dumps(body).encode()).decode()
    return json.dumps(template | {"body": text, "headers": headers, "properties": properties})
