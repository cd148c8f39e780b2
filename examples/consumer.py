"""Follow all faxes and store the result of each, once, however often an event is delivered.

    REDIS_URL=redis://localhost:6379/0 python examples/consumer.py

You can stop it at any time, even with SIGKILL: it continues where it was. If you start it twice, under two names,
both share the work. Events are identified by their id, so one that is delivered again changes nothing.
"""

import argparse
import signal
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

from faxdispatch import Consumer, Delivery, Event

ENDS = {
    "fax.delivered": "delivered",
    "job.rejected": "refused by Telnyx",
    "job.exhausted": "given up",
    "job.cancelled": "cancelled",
}
"""The events after which nothing more happens to a job. `fax.failed` is not among them: a retry may follow."""


class Results:
    """The result of each job, in our own database."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        database.execute("CREATE TABLE IF NOT EXISTS seen (event_id TEXT PRIMARY KEY)")
        database.execute("CREATE TABLE IF NOT EXISTS results (job_id TEXT PRIMARY KEY, result TEXT, pages INTEGER)")

    def handle(self, delivery: Delivery) -> None:
        """Store an event. Its id and its effect are in one transaction, so neither is stored without the other."""
        event = delivery.event
        with self._database:
            new = self._database.execute("INSERT OR IGNORE INTO seen VALUES (?)", (event.id,)).rowcount
            if new and event.type in ENDS and event.job_id:
                self._book(event)

    def _book(self, event: Event) -> None:
        result = ENDS[event.type]
        row = (event.job_id, result, event.data.get("page_count"))
        self._database.execute("INSERT OR REPLACE INTO results VALUES (?, ?, ?)", row)
        print(f"{event.occurred_at:%Y-%m-%d %H:%M:%S}  {event.job_id}  {result}  {' '.join(event.tags)}", flush=True)


def main() -> None:
    """Consume until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(description="Store the result of each fax.")
    parser.add_argument("--group", default="example")
    parser.add_argument("--name", default="example-1")
    parser.add_argument("--database", type=Path, default=Path("results.sqlite"))
    given = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with closing(sqlite3.connect(given.database)) as database, Consumer.from_env(given.group, given.name) as consumer:
        consumer.run(Results(database).handle, stop=stop)


if __name__ == "__main__":
    main()
