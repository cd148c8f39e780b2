"""Reports each incident once.

Workers and the web app take turns, so that the last running process reports the end of the others.
"""

import logging
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from threading import Thread
from typing import Self

from faxdispatch.errors import Unavailable
from faxdispatch.ledger import Campaign, Campaigns, Scripts, read_overview
from faxdispatch.ledger.reported_incidents import ReportedIncidents
from faxdispatch.observability.notices.channels import PATIENCE, Channel, channels, send
from faxdispatch.observability.notices.incidents import Incident, incidents
from faxdispatch.settings import Settings

log = logging.getLogger(__name__)

EVERY = 30.0
"""Seconds between two checks, for all processes together."""
QUIET = timedelta(minutes=10)
"""Seconds without an incident before it counts as over, so that one that comes and goes is one incident."""
MOST = 10
"""Maximum number of notices in one check; others wait for the next."""
_PAGE = 100


class Reporter:
    """Sends the notices. It has its own thread, so that no notice can delay a fax."""

    def __init__(self, scripts: Scripts, where: Sequence[Channel], *, settle: float) -> None:
        self._scripts = scripts
        self._where = where
        self._settle = settle
        self._reported = ReportedIncidents(scripts)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self | None:
        """Build it, or None if `FAX_NOTICES` is not set.

        Raises:
            Misconfigured: an address in `FAX_NOTICES` is not valid.
        """
        if settings.fax_notices is None:
            return None
        where = channels(settings.fax_notices.get_secret_value())
        return cls(Scripts.from_settings(settings), where, settle=settings.fax_settle)

    def start(self) -> None:
        """Start a thread that ends with the process."""
        Thread(target=self._run, name="notices", daemon=True).start()

    def look(self) -> None:
        """Send notices of new incidents, unless another process has just looked.

        Raises:
            Unavailable: Redis did not answer. Incidents that were not recorded as reported are reported at the next
                check.
        """
        if not self._reported.take_turn(EVERY):
            return
        found = {incident.key: incident for incident in self._incidents()}
        reported = self._reported.all()
        self._reported.seen(found.keys() & reported.keys())
        now = self._scripts.clock() / 1000
        self._reported.forget(
            key for key, seen in reported.items() if key not in found and now - seen.timestamp() > QUIET.total_seconds()
        )
        for incident in [found[key] for key in found if key not in reported][:MOST]:
            self._reported.keep_turn(EVERY + PATIENCE * len(self._where))
            took, missed = send(incident, self._where)
            if missed:
                log.warning("notice %r could not be sent to %s", incident.title, ", ".join(missed))
            if took:
                self._reported.seen([incident.key])

    def _incidents(self) -> Iterator[Incident]:
        found = read_overview(self._scripts)
        return incidents(found, self._campaigns(), settle=self._settle, since=self._reported.since())

    def _campaigns(self) -> Iterator[Campaign]:
        known, first = Campaigns(self._scripts), 0
        while True:
            some, count = known.some(first, _PAGE)
            yield from some
            first += _PAGE
            if first >= count:
                return

    def _run(self) -> None:
        while True:
            time.sleep(EVERY / 3)
            try:
                self.look()
            except Unavailable as error:
                log.info("notices: %s; trying again", error)
            except Exception:
                log.exception("notices: unexpected error; trying again")
