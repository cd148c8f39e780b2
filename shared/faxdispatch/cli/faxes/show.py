"""`faxdispatch faxes show`."""

from typing import Any

from faxdispatch.cli.account import account
from faxdispatch.cli.faxes.ours import job_of, ledger_of, marked
from faxdispatch.cli.faxes.words import NONE_SUCH, FaxId, Full, Json
from faxdispatch.cli.output import note
from faxdispatch.cli.resources import known, tell, tell_fields
from faxdispatch.errors import Unavailable
from faxdispatch.settings import Settings
from faxdispatch.telnyx.models import Fax


def show_(fax_id: FaxId, full: Full = False, as_json: Json = False) -> None:
    """Show all that Telnyx says of a fax; and, where a Redis is set that knows it, which of our jobs it is."""
    settings = Settings.load()
    with account(settings) as telnyx, known(f"fax {fax_id}", NONE_SUCH):
        fax = telnyx.get_fax(fax_id)
    data = fax.as_data() | _job(fax, settings)
    if as_json:
        tell(data, full=full)
    else:
        tell_fields(data, full=full)


def _job(fax: Fax, settings: Settings) -> dict[str, Any]:
    """Give the job, its state and the attempt, None where it is no job's; nothing where nobody can tell."""
    ledger = ledger_of(settings)
    if ledger is None:
        return {}
    try:
        view = job_of(fax, ledger)
    except Unavailable as error:
        note(f"which job it is cannot be told: {error}")
        return {}
    if view is None:
        return {"job_id": None}
    mark = marked(fax, ledger)
    attempt = mark.attempt if mark and mark.job_id == view.job_id else view.attempt
    return {"job_id": view.job_id, "job_state": view.state.value, "job_attempt": attempt}
