"""When each attempt of a campaign's rows began, as far as the event stream still shows it."""

import sqlite3
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from faxdispatch.events import STREAM
from faxdispatch.ledger import Campaign, Scripts, job_of_row
from faxdispatch.ledger.scripts import redis_trouble

_PAGE = 1000


class Tries:
    """Reads the stream once and stores the attempts in a file, since there may be millions.

    Use it in a `with` statement.

    Raises:
        Unavailable: Redis did not answer.
    """

    def __init__(self, scripts: Scripts, campaign: Campaign) -> None:
        self._campaign = campaign
        self._folder = tempfile.TemporaryDirectory(prefix="faxdispatch-")
        self._file = sqlite3.connect(Path(self._folder.name, "tries.db"))
        self._file.execute("CREATE TABLE tries (job TEXT, attempt INTEGER, at INTEGER, PRIMARY KEY (job, attempt))")
        self._read(scripts.redis)

    def of(self, row: int, generation: int) -> list[datetime]:
        """Return when each attempt of a row's job began, in order."""
        job = job_of_row(self._campaign.id, row, generation)
        found = self._file.execute("SELECT at FROM tries WHERE job = ? ORDER BY attempt", (job,))
        return [datetime.fromtimestamp(at / 1000, UTC) for (at,) in found]

    def _read(self, redis: Any) -> None:
        if self._campaign.started_at is None:
            return
        first = str(round(self._campaign.started_at.timestamp() * 1000))
        while True:
            with redis_trouble():
                page = redis.xrange(STREAM, min=first, count=_PAGE)
            own_events = (fields for _, fields in page if fields and fields.get("campaign_id") == self._campaign.id)
            begun = [
                (fields["job_id"], int(fields["attempt"]), int(fields["occurred_at"]))
                for fields in own_events
                if fields["type"] == "job.submitted"
            ]
            self._file.executemany("INSERT OR REPLACE INTO tries VALUES (?, ?, ?)", begun)
            if len(page) < _PAGE:
                return
            first = f"({page[-1][0]}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._folder.cleanup()
