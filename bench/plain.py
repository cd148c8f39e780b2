"""The alternative to us: a Celery task that posts with httpx and tries again with tenacity, as a team would write it.

`PLAIN_BROKER`, `PLAIN_STUB`: addresses of Redis and of the stub. With `PLAIN_LEDGER=1` the task keeps a minimal ledger:
it writes a hash before the call and after it, and an entry into a stream.
"""

import os
import time
from typing import Any

import httpx
from celery import Celery
from redis import Redis
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_exponential

QUEUE = "plain.send"

app = Celery("plain", broker=os.environ["PLAIN_BROKER"], set_as_current=False)
app.conf.update(task_acks_late=True, task_ignore_result=True, task_default_queue=QUEUE, worker_redirect_stdouts=False)
http = httpx.Client(base_url=os.environ["PLAIN_STUB"], headers={"Authorization": "Bearer KEYbench"}, trust_env=False)
redis = Redis.from_url(os.environ["PLAIN_BROKER"], decode_responses=True)


@app.task(name="plain.send")
def send(**fax: str) -> None:
    """Send a fax and record nothing."""
    _post(fax)


@app.task(name="plain.send_recorded", bind=True)
def send_recorded(self: Any, **fax: str) -> None:
    """Send a fax, with a record before the call, one after it, and a fact in a stream."""
    key = f"plain:job:{self.request.id}"
    redis.hset(key, mapping={"state": "submitting", "at": time.time(), **fax})
    fax_id = _post(fax)
    redis.hset(key, mapping={"state": "accepted", "fax_id": fax_id})
    redis.xadd("plain:events", {"job": self.request.id, "type": "accepted", "fax_id": fax_id})


@retry(
    retry=retry_if_exception_type(httpx.TransportError),
    stop=stop_after_attempt(3),
    wait=wait_exponential(multiplier=0.5),
    reraise=True,
)
def _post(fax: dict[str, str]) -> str:
    answer = http.post("/faxes", json=fax)
    answer.raise_for_status()
    fax_id: str = answer.json()["data"]["id"]
    return fax_id
