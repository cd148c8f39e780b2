"""`faxdispatch cancel`, `refresh` and `sync`: commands for one fax, carried out by the workers.

They need REDIS_URL and no API key. `faxdispatch faxes` calls Telnyx itself, needs the key, and prints the answer.
"""

from typing import Annotated

import typer

from faxdispatch.cli.output import Answer
from faxdispatch.client import FaxClient

Job = Annotated[str | None, typer.Argument(help="Id of the job.")]
FaxId = Annotated[str | None, typer.Option("--fax-id", help="Telnyx's id of the fax, instead of the job's.")]

_CANCELLED = {
    "cancelled": "cancelled: nothing had left",
    "wished": "Telnyx is asked to cancel; an event tells what came of it",
    "over": "nothing to cancel: the job had ended already",
}


def cancel(job: Job = None, fax_id: FaxId = None) -> Answer:
    """Cancel a fax: at once if nothing has left, otherwise the workers ask Telnyx.

    It needs no API key. Exit code 1 if the job had ended. To cancel a fax that was not sent from here, use faxdispatch
    faxes cancel, which calls Telnyx itself.
    """
    outcome = FaxClient.from_env().cancel(job_id=job, fax_id=fax_id)
    return _answer(_CANCELLED[outcome], outcome=outcome, job_id=job, fax_id=fax_id)


def refresh(fax_id: Annotated[str, typer.Argument(help="Telnyx's id of the inbound fax.")]) -> Answer:
    """Let the workers renew an inbound fax's expired media link; event fax.refreshed has the new one.

    It needs no API key. To print the link at once, use faxdispatch faxes refresh, which calls Telnyx itself.
    """
    FaxClient.from_env().refresh(fax_id)
    return _answer("asked for; event fax.refreshed brings the link", outcome="wished", fax_id=fax_id)


def sync(job: Job = None, fax_id: FaxId = None) -> Answer:
    """Let the workers read a fax's status from Telnyx and record it.

    It needs no API key. To print what Telnyx says and record nothing, use faxdispatch faxes show.
    """
    FaxClient.from_env().sync(job_id=job, fax_id=fax_id)
    return _answer(
        "asked for; see faxdispatch status or faxdispatch events", outcome="wished", job_id=job, fax_id=fax_id
    )


def _answer(words: str, **data: str | None) -> Answer:
    return Answer(
        {name: value for name, value in data.items() if value is not None}, words, ok=data["outcome"] != "over"
    )
