"""Ask Telnyx about faxes: list, show, refresh, delete.

These commands need TELNYX_API_KEY, ask Telnyx themselves and print its answer for any fax of the account. `faxdispatch
status` shows the ledger's record.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Literal

from faxdispatch.calling.written import parse_number
from faxdispatch.cli.groups import Group
from faxdispatch.cli.options import Full, Yes, argument, moment, option
from faxdispatch.cli.output import Answer, Rows, columns_of, fields, note
from faxdispatch.cli.resources import NO_SUCH_FAX, Deletion, account, deleted, deletions, known, listed
from faxdispatch.errors import BadInput, Unavailable
from faxdispatch.operations.deletable import check_deletable
from faxdispatch.operations.job_of_fax import job_of, ledger_of, marked
from faxdispatch.settings import Settings
from faxdispatch.telnyx.fax_calls import FaxFilters
from faxdispatch.telnyx.models import Fax
from faxdispatch.text.privacy import hidden_fax
from faxdispatch.text.wording import clock

_WIDTHS = {"id": 36, "created": 20, "direction": 9, "status": 16, "from": 16, "to": 16, "pages": 5, "failure reason": 0}

FaxId = Annotated[str, argument("Telnyx's id of the fax.", metavar="FAX_ID")]


app = Group(__doc__)


@app.command("list")
def list_(
    created_gte: Annotated[datetime | None, moment("Created then or later.")] = None,
    created_lte: Annotated[datetime | None, moment("Created then or earlier.")] = None,
    direction: Annotated[Literal["inbound", "outbound"] | None, option("Only this direction.")] = None,
    from_: Annotated[str | None, option("Sender: a number or a SIP URI.", "--from")] = None,
    to: Annotated[str | None, option("Recipient, written the same way.")] = None,
    limit: Annotated[int | None, option("How many; 50 if not given.", min=1)] = None,
    every: Annotated[bool, option("All of them, through all pages.", "--all")] = False,
    full: Full = False,
) -> Rows[Fax]:
    """List the faxes that Telnyx knows, in Telnyx's order.

    Telnyx can filter only by these options. Exit code 1 if the list was interrupted and is not complete.
    """
    if every and limit is not None:
        raise BadInput("give --limit or --all, not both")
    settings = Settings.load()
    filters = FaxFilters(
        created_at_gte=created_gte,
        created_at_lte=created_lte,
        direction=direction,
        from_=_number(from_, "from", settings),
        to=_number(to, "to", settings),
    )
    most = None if every else limit or 50
    return Rows(
        listed(settings, lambda telnyx: telnyx.list_faxes(**filters), "faxes"),
        data=lambda fax: fax.as_data() if full else hidden_fax(fax.as_data()),
        line=lambda fax: _line(fax, full=full),
        limit=most,
        more=f"there are more than these {most}; --limit or --all shows them",
        widths=_WIDTHS,
        none="Telnyx knows no such fax",
        columns=columns_of(Fax),
    )


@app.command("show")
def show_(fax_id: FaxId, full: Full = False) -> Answer:
    """Show everything that Telnyx says about a fax.

    If the Redis that is set knows the fax, its job is shown as well. Nothing is recorded; `faxdispatch sync`
    records the status.
    """
    settings = Settings.load()
    with account(settings) as telnyx, known(f"fax {fax_id}", NO_SUCH_FAX):
        fax = telnyx.get_fax(fax_id)
    data = fax.as_data() | _job(fax, settings)
    shown = data if full else hidden_fax(data)
    return Answer(shown, fields(shown))


@app.command()
def delete(
    fax_ids: Annotated[list[str], argument("Telnyx's ids of the faxes.", metavar="FAX_ID")], yes: Yes = False
) -> Rows[Deletion]:
    """Delete the records of faxes at Telnyx, for good.

    A call that is under way continues. Refused for a fax whose job has not ended here, since the record is the
    evidence that keeps it from being sent twice. So if REDIS_URL is set, Redis must answer, and for a fax that a
    job sent it must be set. Also refused for an inbound fax whose document is to be stored here and is not stored
    yet. Exit code 1 if one is not deleted; the others are.
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
        yield from deleted(fax_ids, look, telnyx.delete_fax, question=question, none_such=NO_SUCH_FAX, yes=yes)


def _line(fax: Fax, *, full: bool) -> list[str | None]:
    data = fax.as_data() if full else hidden_fax(fax.as_data())
    pages = None if fax.page_count is None else str(fax.page_count)
    known = (fax.direction, fax.status, data.get("from"), data.get("to"), pages)
    return [fax.id, clock(fax.created_at), *(cell or "-" for cell in known), fax.failure_reason]


def _number(text: str | None, option: str, settings: Settings) -> str | None:
    return parse_number(text, option, region=settings.fax_default_region) if text is not None else None


def _job(fax: Fax, settings: Settings) -> dict[str, Any]:
    """Return the fax's job, its state and the attempt; None if it has no job; empty if that is not known."""
    ledger = ledger_of(settings)
    if ledger is None:
        return {}
    try:
        view = job_of(fax, ledger)
    except Unavailable as error:
        note(f"its job cannot be found: {error}")
        return {}
    if view is None:
        return {"job_id": None}
    mark = marked(fax, ledger)
    attempt = mark.attempt if mark and mark.job_id == view.job_id else view.attempt
    return {"job_id": view.job_id, "job_state": view.state.value, "job_attempt": attempt}
