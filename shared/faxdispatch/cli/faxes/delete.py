"""`faxdispatch faxes delete`."""

from typing import Annotated

import typer

from faxdispatch.cli.account import account
from faxdispatch.cli.confirm import confirm
from faxdispatch.cli.faxes.ours import job_of, ledger_of, marked
from faxdispatch.cli.faxes.words import NONE_SUCH
from faxdispatch.cli.removal import delete_each, not_deleted
from faxdispatch.errors import Conflict, NoSuchResource, NotKnown
from faxdispatch.ledger import DocumentPlace, Inbox, Ledger
from faxdispatch.settings import Settings
from faxdispatch.telnyx.client import TelnyxClient
from faxdispatch.telnyx.models import Fax


def delete(
    fax_ids: Annotated[
        list[str], typer.Argument(metavar="FAX_ID", help="Telnyx's ids of the faxes.", show_default=False)
    ],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one fax a line.")] = False,
) -> None:
    """Delete the records of faxes at Telnyx, for good; a call that is under way goes on.

    Refused for a fax whose job has not ended here: the record is the evidence that keeps it from being sent twice. So
    Redis must answer where REDIS_URL is set, and must be set for a fax that was sent by a job. Refused too for an
    inbound fax whose document is to be stored here and is not yet. Exit code 1 where one is not deleted; the others
    are.
    """
    settings = Settings.load()
    ledger = ledger_of(settings)
    if ledger:
        # Before anything is asked of Telnyx: without the ledger nothing is deleted.
        ledger.counts()
    with account(settings) as telnyx:
        fetches = settings.fax_inbound_dir is not None
        found = _deletable(telnyx, list(dict.fromkeys(fax_ids)), ledger, fetches=fetches, as_json=as_json)
        if found:
            names = ", ".join(f"{fax.id} ({fax.direction}, {fax.status})" for fax in found)
            confirm(f"Delete {names} at Telnyx for good?", yes=yes)
        done = delete_each([str(fax.id) for fax in found], telnyx.delete_fax, key="fax_id", as_json=as_json)
    if not done or len(found) < len(set(fax_ids)):
        raise typer.Exit(1)


def _deletable(
    telnyx: TelnyxClient, fax_ids: list[str], ledger: Ledger | None, *, fetches: bool, as_json: bool
) -> list[Fax]:
    """Give the faxes that may go, and tell of the others. `fetches` says that inbound documents are stored here."""
    found = []
    for fax_id in fax_ids:
        try:
            fax = telnyx.get_fax(fax_id)
            _check_job(fax, ledger)
            if ledger and fetches:
                _check_document(fax, ledger)
        except NoSuchResource:
            not_deleted(fax_id, NONE_SUCH, key="fax_id", as_json=as_json, outcome="missing")
        except Conflict as error:
            not_deleted(fax_id, str(error), key="fax_id", as_json=as_json, outcome="refused")
        else:
            found.append(fax)
    return found


def _check_job(fax: Fax, ledger: Ledger | None) -> None:
    """Refuse a fax that a job may still need.

    Raises:
        Conflict: saying what must happen first.
        Unavailable: Redis did not answer.
    """
    mark = marked(fax)
    if mark and (ledger is None or not marked(fax, ledger)):
        raise Conflict(
            f"not deleted: it was sent for job {mark.job_id}, and only its ledger knows whether that has ended; "
            "set REDIS_URL to that ledger's"
        )
    if ledger is None:
        return
    view = job_of(fax, ledger)
    if view and not view.finished:
        raise Conflict(
            f"not deleted: its job {view.job_id} is {view.state} still, and would lose the evidence that the fax was "
            f"sent; wait for its end, or end it: faxdispatch cancel {view.job_id}"
        )


def _check_document(fax: Fax, ledger: Ledger) -> None:
    """Refuse an inbound fax whose document is to be fetched still.

    Raises:
        Conflict: saying so.
        Unavailable: Redis did not answer.
    """
    if fax.direction != "inbound":
        return
    try:
        place = Inbox(ledger.scripts).get(str(fax.id)).place
    except NotKnown:
        return
    if place in (DocumentPlace.COMING, DocumentPlace.WANTED):
        raise Conflict("not deleted: its document is not stored here yet, and would be lost; wait for fax.stored")
    if place is DocumentPlace.GIVEN_UP:
        raise Conflict(
            f"not deleted: its document could not be stored here, and would be lost; faxdispatch inbound show {fax.id} "
            "says why, faxes refresh and a download, or inbound fetch, bring it"
        )
