"""List inbound faxes; fetch documents again; look for lost faxes."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from itertools import chain
from typing import Annotated, Any, get_args

from faxdispatch.cli.groups import Group
from faxdispatch.cli.options import Full, Limit, argument, moment, option
from faxdispatch.cli.output import Answer, Rows, fields
from faxdispatch.client import FaxClient
from faxdispatch.errors import BadInput, NotKnown
from faxdispatch.ledger import DocumentPlace, InboundFax, Inbox, ListedPlace
from faxdispatch.reasons.words import plain
from faxdispatch.text.privacy import mask_number
from faxdispatch.text.wording import clock, counted, lasting

FaxId = Annotated[str, argument("Telnyx's id of the fax.", metavar="FAX_ID")]

_WORDS = {
    DocumentPlace.COMING: "on its way in",
    DocumentPlace.WANTED: "at Telnyx, to be fetched",
    DocumentPlace.STORED: "stored",
    DocumentPlace.GIVEN_UP: "given up (inbound fetch tries again)",
    DocumentPlace.REMOVED: "removed, since it was kept long enough",
    DocumentPlace.NONE: "none: the fax failed",
}

app = Group(__doc__)


@app.command("list")
def list_(
    place: Annotated[ListedPlace | None, option("Only those whose document is in this place.")] = None,
    limit: Limit = 50,
    full: Full = False,
) -> Rows[InboundFax]:
    """List inbound faxes, those that need a person first.

    They are ordered by where their documents are. Stored ones are listed for FAX_INBOUND_RETENTION_DAYS, or else
    FAX_RETENTION_DAYS. Faxes that failed without a document are not listed: `inbound show` shows one, `faxdispatch
    faxes list --direction inbound` all.
    """
    inbox = FaxClient.from_env().inbound
    places = (place,) if place else get_args(ListedPlace)
    return Rows(
        chain.from_iterable(inbox.at(DocumentPlace(where)) for where in places),
        data=InboundFax.as_data,
        line=lambda fax: _line(fax, full=full),
        full=full,
        widths={"fax": 36, "received": 20, "from": 16, "status": 10, "pages": 5, "document": 0},
        limit=limit,
        none="no inbound fax is known" if place is None else f"no inbound fax is {place}",
    )


@app.command("show")
def show_(fax_id: FaxId, full: Full = False) -> Answer:
    """Show all that is known about one inbound fax."""
    fax = FaxClient.from_env().inbound.get(fax_id)
    return Answer(fax.as_data(), fields(_facts(fax)), full=full)


def _facts(fax: InboundFax) -> dict[str, Any]:
    return {
        "fax id": fax.fax_id,
        "status": fax.status,
        "in words": plain(fax.failure_reason) if fax.failure_reason else None,
        "from": fax.sender,
        "to": fax.recipient,
        "first seen": clock(fax.first_seen),
        "ended": clock(fax.ended_at) if fax.ended_at else None,
        "pages": fax.page_count,
        "partial": "only a part of it came through" if fax.partial_content else None,
        "length of the call": lasting(fax.call_duration_secs) if fax.call_duration_secs is not None else None,
        "connection": fax.connection_id,
        "document": _WORDS[fax.place],
        "problem": fax.problem,
        "failed fetches": fax.problems or None,
        "link": fax.media_url,
        "file": fax.file,
        "size": counted(fax.size, "byte") if fax.size is not None else None,
        "sha256": fax.sha256,
        "stored": clock(fax.stored_at) if fax.stored_at else None,
    }


@app.command()
def fetch(
    fax_id: Annotated[str | None, argument("Telnyx's id of the fax.", metavar="FAX_ID")] = None,
    every: Annotated[bool, option("All whose document was given up.", "--given-up")] = False,
) -> Rows[str]:
    """Fetch a document again from the beginning.

    Or, with --given-up, all documents that were given up. The event fax.stored reports each one that is stored.
    """
    if (fax_id is None) == (not every):
        raise BadInput("give the id of a fax, or --given-up for all that were given up")
    inbox = FaxClient.from_env().inbound
    if fax_id:
        inbox.again(fax_id)
    return Rows(
        [fax_id] if fax_id else _fetched_again(inbox),
        data=lambda one: {"outcome": "wanted", "fax_id": one},
        line=lambda one: f"{one}: is fetched as soon as a worker is free",
        none="no document was given up",
    )


def _fetched_again(inbox: Inbox) -> Iterator[str]:
    for fax in list(inbox.at(DocumentPlace.GIVEN_UP)):
        # The retention of a fax may have ended meanwhile.
        with suppress(NotKnown):
            inbox.again(fax.fax_id)
            yield fax.fax_id


@app.command()
def find(since: Annotated[datetime | None, moment("Look for faxes from this time on.")] = None) -> Answer:
    """Record inbound faxes that no webhook reported.

    The workers ask Telnyx for its inbound faxes now. They also do this every five minutes, from where
    the last complete listing began.
    """
    FaxClient.from_env().find_inbound(since=since)
    words = "requested; events report what is found, and inbound list shows it"
    return Answer({"outcome": "wished", "since": since}, words)


def _line(fax: InboundFax, *, full: bool) -> list[str]:
    sender = fax.sender if full or not fax.sender else mask_number(fax.sender)
    pages = "" if fax.page_count is None else f"{fax.page_count}"
    more = fax.file if fax.place is DocumentPlace.STORED else fax.problem
    partial = "partial, " if fax.partial_content else ""
    document = f"{partial}{_WORDS[fax.place]}{f': {more}' if more else ''}"
    return [fax.fax_id, clock(fax.ended_at or fax.first_seen), sender or "-", f"{fax.status}", pages, document]
