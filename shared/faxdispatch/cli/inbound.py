"""`faxdispatch inbound`: inbound faxes as the ledger knows them, and where their documents are."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal, get_args

import typer

from faxdispatch.cli.moments import parse_moment
from faxdispatch.cli.output import note, show, show_json
from faxdispatch.client import FaxClient
from faxdispatch.errors import BadInput, NotKnown
from faxdispatch.ledger import DocumentPlace, InboundFax
from faxdispatch.privacy import hidden, mask_number
from faxdispatch.wording import clock

FaxId = Annotated[str, typer.Argument(metavar="FAX_ID", help="Telnyx's id of the fax.", show_default=False)]
Full = Annotated[bool, typer.Option("--full", help="Show numbers and links in full.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]

Listed = Literal["given_up", "wanted", "coming", "stored"]
"""The places of which there is a list, in the order in which they are shown."""

_WORDS = {
    DocumentPlace.COMING: "on its way in",
    DocumentPlace.WANTED: "at Telnyx, to be fetched",
    DocumentPlace.STORED: "stored",
    DocumentPlace.GIVEN_UP: "given up: inbound fetch tries again",
    DocumentPlace.REMOVED: "removed, since it was kept long enough",
    DocumentPlace.NONE: "none: the fax failed",
}

app = typer.Typer(
    help="Look at inbound faxes, have a document fetched again, or have lost ones looked for.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("list")
def list_(
    place: Annotated[
        Listed | None, typer.Option(help="Only those whose document is there.", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 50,
    full: Full = False,
    as_json: Json = False,
) -> None:
    """List inbound faxes by where their documents are, those that need a person first; with --json one object a line.

    Stored ones are listed as long as FAX_INBOUND_RETENTION_DAYS, or else FAX_RETENTION_DAYS, says. Faxes that failed
    without a document are not listed: `inbound show` tells of one, `faxdispatch faxes list --direction inbound` of all.
    """
    inbox = FaxClient.from_env().inbound
    shown = 0
    for where in (place,) if place else get_args(Listed):
        for fax in inbox.at(DocumentPlace(where)):
            if shown == limit:
                note("there are more; --limit shows them")
                return
            shown += 1
            if as_json:
                show_json(_data(fax), full=full)
            else:
                show(_line(fax, full=full))
    if not shown and not as_json:
        show("no inbound fax is known" if place is None else f"no inbound fax is {place}")


@app.command("show")
def show_(fax_id: FaxId, full: Full = False, as_json: Json = False) -> None:
    """Tell all that is known of one inbound fax."""
    fax = FaxClient.from_env().inbound.get(fax_id)
    data = _data(fax)
    if as_json:
        show_json(data, full=full)
        return
    known = {name: value for name, value in data.items() if value is not None and value != ""}
    width = max(map(len, known))
    for name, value in (known if full else hidden(known)).items():
        show(f"{name:<{width}}  {value}")
    show(f"{'document':<{width}}  {_WORDS[fax.place]}")


@app.command()
def fetch(
    fax_id: Annotated[
        str | None, typer.Argument(metavar="FAX_ID", help="Telnyx's id of the fax.", show_default=False)
    ] = None,
    every: Annotated[bool, typer.Option("--given-up", help="All whose document was given up.")] = False,
    as_json: Json = False,
) -> None:
    """Have a document fetched again from the beginning, or all that were given up; fax.stored tells of it."""
    if (fax_id is None) == (not every):
        raise BadInput("give the id of a fax, or --given-up for all that were given up")
    inbox = FaxClient.from_env().inbound
    wanted = [fax_id] if fax_id else [fax.fax_id for fax in inbox.at(DocumentPlace.GIVEN_UP)]
    for one in wanted:
        try:
            inbox.again(one)
        except NotKnown:
            if fax_id:
                raise
            continue  # its time was over meanwhile
        if as_json:
            show_json({"outcome": "wanted", "fax_id": one})
        else:
            show(f"{one}: is fetched as soon as a worker has a hand free")
    if not wanted and not as_json:
        show("no document was given up")


@app.command()
def find(
    since: Annotated[
        str | None, typer.Option(help="From that moment on, like 2026-05-01T08:00:00-05:00.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Have Telnyx's inbound faxes listed now, and those recorded that no webhook told of.

    It is done by itself every FAX_INBOUND_POLL seconds, from where the last complete listing began.
    """
    moment: datetime | None = parse_moment(since, "since") if since else None
    FaxClient.from_env().find_inbound(since=moment)
    if as_json:
        show_json({"outcome": "wished", "since": moment.isoformat() if moment else None})
    else:
        show("asked for; events tell of what is found, inbound list shows it")


def _data(fax: InboundFax) -> dict[str, Any]:
    facts: dict[str, Any] = asdict(fax) | {"place": fax.place.value}
    facts["from"], facts["to"] = facts.pop("sender"), facts.pop("recipient")
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in facts.items()}


def _line(fax: InboundFax, *, full: bool) -> str:
    sender = (fax.sender or "-") if full else mask_number(fax.sender or "-")
    pages = f"{fax.page_count} p." if fax.page_count is not None else ""
    partial = "partial" if fax.partial_content else ""
    more = fax.file if fax.place is DocumentPlace.STORED else fax.problem
    words = [fax.fax_id, clock(fax.ended_at or fax.first_seen), f"from {sender}", f"{fax.status}", pages, partial]
    told = f"{fax.place}: {more if full else hidden(more)}" if more else fax.place.value
    return "  ".join(filter(None, [*words, told]))
