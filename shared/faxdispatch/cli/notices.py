"""Send a test to FAX_NOTICES, or list reported incidents."""

from datetime import datetime

from faxdispatch.cli.groups import Group
from faxdispatch.cli.output import Answer, Rows
from faxdispatch.errors import Misconfigured
from faxdispatch.ledger import Scripts
from faxdispatch.ledger.reported_incidents import ReportedIncidents
from faxdispatch.observability.notices.channels import channels, send
from faxdispatch.observability.notices.incidents import Incident
from faxdispatch.settings import Settings
from faxdispatch.text.wording import clock

_TEST = Incident(
    "test", "info", "A test of faxdispatch's notices", "Incidents will be reported here.", "faxdispatch notices list"
)

app = Group(__doc__)


@app.command("test")
def test_() -> Answer:
    """Send one notice to every address of FAX_NOTICES.

    Exit code 1 if one did not arrive.
    """
    settings = Settings.load()
    if settings.fax_notices is None:
        raise Misconfigured("FAX_NOTICES: is not set, so nobody gets notices; docs/operations.md says what to write")
    took, missed = send(_TEST, channels(settings.fax_notices.get_secret_value()))
    lines = [*(f"sent to {name}" for name in took), *(f"could not be sent to {name}" for name in missed)]
    return Answer({"told": took, "missed": missed}, lines, ok=not missed)


@app.command("list")
def list_() -> Rows[tuple[str, datetime]]:
    """List the incidents that are not over, and when each was last seen."""
    reported = ReportedIncidents(Scripts.from_settings(Settings.load())).all()
    return Rows(
        sorted(reported.items(), key=lambda pair: pair[1], reverse=True),
        data=lambda one: {"incident": one[0], "seen": one[1]},
        line=lambda one: (clock(one[1]), one[0]),
        widths={"seen last": 20, "incident": 0},
        none="no reported incident is still open",
    )
