"""`faxdispatch faxes`: the faxes that Telnyx knows, from Telnyx itself."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from faxdispatch.calling.written import parse_moment, parse_number
from faxdispatch.cli.groups import Group
from faxdispatch.cli.options import Full, Yes
from faxdispatch.cli.output import Answer, Rows, columns_of, fields, note
from faxdispatch.cli.resources import Deletion, account, deleted, deletions, known, masked, unbroken
from faxdispatch.client import FaxClient
from faxdispatch.errors import BadInput, Unavailable
from faxdispatch.operations.at_telnyx import cancel_fax, cancel_job_of, renewed_link
from faxdispatch.operations.deletable import check_deletable
from faxdispatch.operations.job_of_fax import job_of, ledger_of, marked
from faxdispatch.settings import Settings
from faxdispatch.telnyx.fax_calls import FaxFilters
from faxdispatch.telnyx.models import Fax
from faxdispatch.text.wording import clock

LIMIT = 50
"""How many are listed by default."""
_NONE_SUCH = "Telnyx knows no fax of this id; it may have been deleted"
_WIDTHS = {"id": 36, "created": 20, "direction": 9, "status": 16, "from": 16, "to": 16, "pages": 5, "failure reason": 0}
_THROUGH_JOB = {
    "cancelled": "it is job {job}'s, which is cancelled and is not tried again",
    "wished": "it is job {job}'s, which is marked to be cancelled; the workers ask Telnyx, and an event "
    "tells what came of it",
}
_ASKED = "Telnyx has accepted the wish, no more; faxdispatch faxes show {fax} tells how it ends"

FaxId = Annotated[str, typer.Argument(metavar="FAX_ID", help="Telnyx's id of the fax.")]
Moment = str | None


class Direction(StrEnum):
    """The direction of a fax."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


app = Group(
    "Look at the faxes that Telnyx knows, in and out, whoever sent them; cancel, refresh or delete one.\n\n"
    "These commands need TELNYX_API_KEY, ask Telnyx themselves and print its answer. faxdispatch cancel, refresh and "
    "sync have the workers do it and need only REDIS_URL. faxdispatch status shows what is known here."
)


@app.command("list")
def list_(
    created_gte: Annotated[Moment, typer.Option(help="Created then or later, like 2026-05-01T08:00:00-05:00.")] = None,
    created_gt: Annotated[Moment, typer.Option(help="Created later.")] = None,
    created_lte: Annotated[Moment, typer.Option(help="Created then or earlier.")] = None,
    created_lt: Annotated[Moment, typer.Option(help="Created earlier.")] = None,
    direction: Annotated[Direction | None, typer.Option(help="Only those.")] = None,
    from_: Annotated[
        str | None, typer.Option("--from", help="Sender: a number, without + one of FAX_DEFAULT_REGION, or a SIP URI.")
    ] = None,
    to: Annotated[str | None, typer.Option(help="Recipient, written the same way.")] = None,
    page_size: Annotated[int | None, typer.Option(min=1, help="Faxes a call; Telnyx's default if not given.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help=f"How many; {LIMIT} if not given.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All of them, through all pages.")] = False,
    full: Full = False,
) -> Rows[Fax]:
    """List the faxes that Telnyx knows, in Telnyx's order, as they come; Telnyx can filter only by these options.

    Exit code 1 if the list was interrupted and is not complete.
    """
    if every and limit is not None:
        raise BadInput("give --limit or --all, not both")
    settings = Settings.load()
    filters = FaxFilters(
        created_at_gte=_moment(created_gte, "created-gte"),
        created_at_gt=_moment(created_gt, "created-gt"),
        created_at_lte=_moment(created_lte, "created-lte"),
        created_at_lt=_moment(created_lt, "created-lt"),
        direction=direction.value if direction else None,
        from_=_number(from_, "from", settings),
        to=_number(to, "to", settings),
        page_size=page_size,
    )
    most = None if every else limit or LIMIT
    return Rows(
        _listed(settings, filters),
        data=lambda fax: fax.as_data() if full else masked(fax.as_data()),
        line=lambda fax: _line(_cells(fax, full=full)),
        limit=most,
        more=f"there are more than these {most}; --limit or --all shows them",
        head=_line(dict(zip(_WIDTHS, _WIDTHS, strict=True))),
        none="Telnyx knows no such fax",
        columns=columns_of(Fax),
    )


@app.command("show")
def show_(fax_id: FaxId, full: Full = False) -> Answer:
    """Show everything that Telnyx says about a fax and, if the Redis that is set knows it, our job."""
    settings = Settings.load()
    with account(settings) as telnyx, known(f"fax {fax_id}", _NONE_SUCH):
        fax = telnyx.get_fax(fax_id)
    data = fax.as_data() | _job(fax, settings)
    shown = data if full else masked(data)
    return Answer(shown, fields(shown))


@app.command()
def cancel(fax_id: FaxId) -> Answer:
    """Cancel an outbound fax: through its job, if it is one of ours, so that it is not sent again; otherwise at Telnyx.

    Exit code 1 if it is too late. If REDIS_URL is set, Redis must answer. Unlike `faxdispatch cancel --fax-id`, it also
    cancels faxes that belong to no open job: it calls Telnyx itself and prints the answer.
    """
    settings = Settings.load()
    ledger = ledger_of(settings)
    # The ledger is asked first, and the command is refused if Redis is away: a fax that is cancelled without its job is
    # sent again.
    job_id = ledger.job_of_fax(fax_id) if ledger else None
    if job_id and (outcome := FaxClient.from_env(settings).cancel(fax_id=fax_id)) != "over":
        return _cancelled(fax_id, _THROUGH_JOB[outcome], outcome=outcome, through="job", job=job_id)
    with account(settings) as telnyx, known(f"fax {fax_id}", _NONE_SUCH):
        fax = telnyx.get_fax(fax_id)
        wished = None
        if ledger:
            client = FaxClient.from_env(settings)
            wished = cancel_job_of(fax, ledger, lambda job_id: client.cancel(job_id=job_id))
        cancel_fax(telnyx, fax)
    if (mark := marked(fax)) and (ledger is None or not marked(fax, ledger)):
        whose = "no REDIS_URL is set" if ledger is None else "it is of another ledger"
        note(f"it is job {mark.job_id}'s, which may send it again: {whose}, so say faxdispatch cancel there")
    words = f"{_ASKED}; it is job {{job}}'s, which is marked to be cancelled too" if wished else _ASKED
    return _cancelled(fax_id, words, outcome="accepted", through="telnyx", job=wished)


@app.command()
def refresh(fax_id: FaxId) -> Answer:
    """Renew an inbound fax's expired media link and print the new one in full: anyone who has it can read the fax.

    It calls Telnyx itself and waits for the link. With `faxdispatch refresh` the workers do it, and an event has the
    link.
    """
    with account(Settings.load()) as telnyx, known(f"fax {fax_id}", _NONE_SUCH):
        link = renewed_link(telnyx, fax_id)
    return Answer({"fax_id": fax_id, "media_url": link}, link, notes=["the link lives for about ten minutes"])


@app.command()
def delete(
    fax_ids: Annotated[list[str], typer.Argument(metavar="FAX_ID", help="Telnyx's ids of the faxes.")], yes: Yes = False
) -> Rows[Deletion]:
    """Delete the records of faxes at Telnyx, for good; a call that is under way continues.

    Refused for a fax whose job has not ended here, since the record is the evidence that keeps it from being sent
    twice. So if REDIS_URL is set, Redis must answer, and for a fax that a job sent it must be set. Also refused for an
    inbound fax whose document is to be stored here and is not stored yet. Exit code 1 if one is not deleted; the others
    are.
    """
    return deletions(_deleted(fax_ids, yes=yes), "fax_id")


def _deleted(fax_ids: list[str], *, yes: bool) -> Iterator[Deletion]:
    settings = Settings.load()
    ledger = ledger_of(settings)
    if ledger:
        # Checked before Telnyx is asked anything: without the ledger nothing is deleted.
        ledger.counts()
    with account(settings) as telnyx:

        def look(fax_id: str) -> str:
            fax = telnyx.get_fax(fax_id)
            check_deletable(fax, ledger, fetches=settings.fax_inbound_dir is not None)
            return f"{fax.id} ({fax.direction}, {fax.status})"

        question = "Delete {} at Telnyx for good?"
        yield from deleted(fax_ids, look, telnyx.delete_fax, question=question, none_such=_NONE_SUCH, yes=yes)


def _listed(settings: Settings, filters: FaxFilters) -> Iterator[Fax]:
    with account(settings) as telnyx:
        yield from unbroken(telnyx.list_faxes(**filters), "faxes")


def _cells(fax: Fax, *, full: bool) -> dict[str, str]:
    data = fax.as_data()
    data = data if full else masked(data)
    return {
        "id": str(fax.id),
        "created": clock(fax.created_at),
        "direction": fax.direction or "-",
        "status": fax.status or "-",
        "from": data.get("from") or "-",
        "to": data.get("to") or "-",
        "pages": "-" if fax.page_count is None else str(fax.page_count),
        "failure reason": fax.failure_reason or "",
    }


def _line(cells: dict[str, str]) -> str:
    return "  ".join(f"{cells[name]:<{width}}" for name, width in _WIDTHS.items()).rstrip()


def _moment(text: str | None, option: str) -> datetime | None:
    return parse_moment(text, option) if text is not None else None


def _number(text: str | None, option: str, settings: Settings) -> str | None:
    return parse_number(text, option, region=settings.fax_default_region) if text is not None else None


def _job(fax: Fax, settings: Settings) -> dict[str, Any]:
    """Return the job, its state and the attempt, or None if it belongs to no job; empty if that is not known."""
    ledger = ledger_of(settings)
    if ledger is None:
        return {}
    try:
        view = job_of(fax, ledger)
    except Unavailable as error:
        note(f"which job it is cannot be said: {error}")
        return {}
    if view is None:
        return {"job_id": None}
    mark = marked(fax, ledger)
    attempt = mark.attempt if mark and mark.job_id == view.job_id else view.attempt
    return {"job_id": view.job_id, "job_state": view.state.value, "job_attempt": attempt}


def _cancelled(fax_id: str, words: str, *, outcome: str, through: str, job: str | None) -> Answer:
    data: dict[str, Any] = {"outcome": outcome, "through": through, "fax_id": fax_id, "job_id": job}
    told = {name: value for name, value in data.items() if value is not None}
    return Answer(told, words.format(job=job, fax=fax_id))
