"""Another team's Celery service, which knows nothing of faxes and shares the Redis."""

import os

from celery import Celery
from redis import Redis

REDIS = os.environ["NEIGHBOUR_REDIS"]

app = Celery("neighbour", broker=REDIS, backend=REDIS)
app.conf.update(worker_send_task_events=True, broker_connection_retry_on_startup=True)


@app.task(name="neighbour.note")
def note(word: str) -> str:
    """Note that this was done."""
    with Redis.from_url(REDIS.replace("redis+socket://", "unix://")) as redis:
        redis.rpush("neighbour:done", word)
    return word
