"""`faxdispatch faxes cancel`."""

from typing import Any

from faxdispatch.cli.account import account
from faxdispatch.cli.faxes.ours import ledger_of, marked
from faxdispatch.cli.faxes.words import NONE_SUCH, FaxId, Json
from faxdispatch.cli.output import note, show, show_json
from faxdispatch.cli.resources import known
from faxdispatch.client import FaxClient
from faxdispatch.errors import NotKnown, WrongState
from faxdispatch.ledger import Ledger
from faxdispatch.settings import Settings
from faxdispatch.states import PROVIDER_RANK, provider_rank
from faxdispatch.telnyx.client import TelnyxClient
from faxdispatch.telnyx.models import Fax

_THROUGH_JOB = {
    "cancelled": "it is job {job}'s, which is cancelled and is not tried again",
    "wished": "it is job {job}'s, which is marked to be cancelled; the workers ask Telnyx, and an event "
    "tells what came of it",
}
_ASKED = "Telnyx has accepted the wish, no more; faxdispatch faxes show {fax} tells how it ends"


def cancel(fax_id: FaxId, as_json: Json = False) -> None:
    """Cancel an outbound fax: through its job, where it is one of ours, so that it is not sent again; else at Telnyx.

    Exit code 1 where it is too late. With REDIS_URL set, Redis must answer. Like `faxdispatch cancel --fax-id`, but it
    asks Telnyx itself for what is no open job's, and tells at once what Telnyx said.
    """
    settings = Settings.load()
    ledger = ledger_of(settings)
    # Asked first, and refused where Redis is away: a fax that is cancelled behind its job's back is sent again.
    job_id = ledger.job_of_fax(fax_id) if ledger else None
    if job_id and (outcome := FaxClient.from_env(settings).cancel(fax_id=fax_id)) != "over":
        _tell(fax_id, _THROUGH_JOB[outcome], outcome=outcome, through="job", job=job_id, as_json=as_json)
        return
    with account(settings) as telnyx, known(f"fax {fax_id}", NONE_SUCH):
        fax = telnyx.get_fax(fax_id)
        wished = _wish(fax, ledger, settings) if ledger else None
        _ask(telnyx, fax)
    if (mark := marked(fax)) and (ledger is None or not marked(fax, ledger)):
        whose = "no REDIS_URL is set" if ledger is None else "it is of another ledger"
        note(f"it is job {mark.job_id}'s, which may send it again: {whose}, so say faxdispatch cancel there")
    words = f"{_ASKED}; it is job {{job}}'s, which is marked to be cancelled too" if wished else _ASKED
    _tell(fax_id, words, outcome="accepted", through="telnyx", job=wished, as_json=as_json)


def _wish(fax: Fax, ledger: Ledger, settings: Settings) -> str | None:
    """Cancel the job too where this is its last attempt and the ledger does not know that fax yet; give the job's id.

    The workers cannot ask Telnyx then, since they do not know which fax.
    """
    mark = marked(fax, ledger)
    if mark is None:
        return None
    job_id, attempt, _ = mark
    try:
        view = ledger.job(job_id)
        if view.finished or view.attempt != attempt or view.fax_id is not None:
            return None
        return job_id if FaxClient.from_env(settings).cancel(job_id=job_id) != "over" else None
    except NotKnown:
        return None


def _ask(telnyx: TelnyxClient, fax: Fax) -> None:
    fax_id = str(fax.id)
    try:
        telnyx.cancel_fax(fax_id)
    except WrongState as error:
        now = telnyx.get_fax(fax_id)
        raise WrongState(
            f"fax {fax_id}: not cancelled: {_why_not(now)}", status=error.status, code=error.code
        ) from error


def _why_not(fax: Fax) -> str:
    status = fax.status or "in a status that Telnyx does not tell"
    if fax.direction == "inbound":
        return f"it is an inbound fax, {status}; only outbound ones can be"
    if 0 < provider_rank(fax.status or "") < PROVIDER_RANK["delivered"]:
        return f"Telnyx does not while it is {status}; try again in a moment"
    return f"too late, it is {status}"


def _tell(fax_id: str, words: str, *, outcome: str, through: str, job: str | None, as_json: bool) -> None:
    if as_json:
        answer: dict[str, Any] = {"outcome": outcome, "through": through, "fax_id": fax_id, "job_id": job}
        show_json({name: value for name, value in answer.items() if value is not None})
    else:
        show(words.format(job=job, fax=fax_id))
