"""`faxdispatch cancel`, `refresh` and `sync`: what can be done with one fax at Telnyx."""

from typing import Annotated

from faxdispatch.cli.options import argument, option
from faxdispatch.cli.output import Answer, note
from faxdispatch.cli.resources import NO_SUCH_FAX, account, known
from faxdispatch.client import FaxClient
from faxdispatch.operations.at_telnyx import cancel_fax, cancel_job_of, renewed_link
from faxdispatch.operations.job_of_fax import ledger_of, marked
from faxdispatch.settings import Settings

Job = Annotated[str | None, argument("Id of the job.")]
FaxId = Annotated[str | None, option("Telnyx's id of the fax, instead of the job's.", "--fax-id")]

_CANCELLED = {
    "cancelled": "cancelled: nothing had left",
    "wished": "Telnyx is asked to cancel; an event tells what came of it",
    "over": "nothing to cancel: the job had ended already",
    "accepted": "Telnyx has accepted the request; faxdispatch faxes show {} tells how the fax ends",
}


def cancel(job: Job = None, fax_id: FaxId = None) -> Answer:
    """Cancel a fax, at once if it has not left, otherwise at Telnyx.

    The workers ask Telnyx, and an event reports the result. If TELNYX_API_KEY is set, the command itself asks Telnyx to
    cancel a fax of --fax-id that belongs to no open job here. If REDIS_URL is set, Redis must answer. Exit code 1 if it
    is too late.
    """
    settings = Settings.load()
    if fax_id is None or job is not None or settings.telnyx_api_key is None:
        outcome = FaxClient.from_env(settings).cancel(job_id=job, fax_id=fax_id)
        return _answer(_CANCELLED[outcome], outcome=outcome, job_id=job, fax_id=fax_id)
    return _cancel_fax(fax_id, settings)


def _cancel_fax(fax_id: str, settings: Settings) -> Answer:
    """Cancel a fax through its job, if it is one of ours, so that it is not sent again; otherwise at Telnyx."""
    ledger = ledger_of(settings)
    # The ledger is asked first, and the command is refused if Redis cannot be reached: a fax that is cancelled without
    # its job is sent again.
    job_id = ledger.job_of_fax(fax_id) if ledger else None
    if job_id and (outcome := FaxClient.from_env(settings).cancel(fax_id=fax_id)) != "over":
        return _answer(
            f"job {job_id}: {_CANCELLED[outcome]}", outcome=outcome, through="job", fax_id=fax_id, job_id=job_id
        )
    with account(settings) as telnyx, known(f"fax {fax_id}", NO_SUCH_FAX):
        fax = telnyx.get_fax(fax_id)
        job_id = None
        if ledger:
            client = FaxClient.from_env(settings)
            job_id = cancel_job_of(fax, ledger, lambda job_id: client.cancel(job_id=job_id))
        cancel_fax(telnyx, fax)
    if (mark := marked(fax)) and (ledger is None or not marked(fax, ledger)):
        whose = "no REDIS_URL is set" if ledger is None else "it is of another ledger"
        note(f"it is job {mark.job_id}'s, which may send it again: {whose}, so use faxdispatch cancel there")
    words = _CANCELLED["accepted"].format(fax_id) + (f"; its job {job_id} is cancelled too" if job_id else "")
    return _answer(words, outcome="accepted", through="telnyx", fax_id=fax_id, job_id=job_id)


def refresh(fax_id: Annotated[str, argument("Telnyx's id of the inbound fax.", metavar="FAX_ID")]) -> Answer:
    """Renew the expired media link of an inbound fax, and print it.

    It is printed in full: anyone who has it can read the fax, for about ten minutes. If TELNYX_API_KEY is not set,
    the workers ask Telnyx, and the event fax.refreshed has the link.
    """
    settings = Settings.load()
    if settings.telnyx_api_key is None:
        FaxClient.from_env(settings).refresh(fax_id)
        return _answer("requested; the event fax.refreshed has the link", outcome="wished", fax_id=fax_id)
    with account(settings) as telnyx, known(f"fax {fax_id}", NO_SUCH_FAX):
        link = renewed_link(telnyx, fax_id)
    return Answer({"fax_id": fax_id, "media_url": link}, link)


def sync(job: Job = None, fax_id: FaxId = None) -> Answer:
    """Let the workers read a fax's status from Telnyx and record it.

    This needs no API key. `faxdispatch faxes show` prints what Telnyx says and records nothing.
    """
    FaxClient.from_env().sync(job_id=job, fax_id=fax_id)
    words = "requested; see faxdispatch status or faxdispatch events"
    return _answer(words, outcome="wished", job_id=job, fax_id=fax_id)


def _answer(words: str, **data: str | None) -> Answer:
    given = {name: value for name, value in data.items() if value is not None}
    return Answer(given, words, ok=data["outcome"] != "over")
