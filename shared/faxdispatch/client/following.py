"""Following a job to its end."""

import time
from collections.abc import Callable, Iterator

from faxdispatch.client.client import FaxClient
from faxdispatch.errors import Unavailable
from faxdispatch.ledger import JobView

EVERY = 0.3
"""Seconds between two reads of the job."""
AWAY = 300.0
"""Seconds for which Redis may be unreachable."""


def views(client: FaxClient, job_id: str, *, on_away: Callable[[Unavailable], None]) -> Iterator[JobView]:
    """Yield a job with its history repeatedly, for the last time once it has ended.

    `on_away` is called once for each outage of Redis.

    Raises:
        NotKnown: there is no such job.
        Unavailable: Redis did not answer for five minutes.
    """
    seen_at, away = time.monotonic(), False
    while True:
        try:
            view = client.status(job_id, history=True)
        except Unavailable as error:
            if time.monotonic() - seen_at > AWAY:
                raise
            if not away:
                on_away(error)
            away = True
        else:
            seen_at, away = time.monotonic(), False
            yield view
            if view.finished:
                return
        time.sleep(EVERY)
