"""Inbound faxes and their documents, shown as pictures so that nothing in them can run."""

import hashlib
import itertools
from functools import lru_cache
from typing import get_args

from flask import Blueprint, Response, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from console.access import looked, operators_only
from console.acting import act, acted, checked_reason
from console.desk import desk
from faxdispatch.documents.preview.pages import NotDrawn, can_draw, draw
from faxdispatch.errors import Misconfigured, NotKnown
from faxdispatch.ledger import DocumentPlace, InboundFax, ListedPlace
from faxdispatch.storage.store import open_store

pages = Blueprint("inbound", __name__, url_prefix="/inbound")

SHOWN = 100
LISTED = {
    DocumentPlace.STORED: "stored",
    DocumentPlace.WANTED: "at Telnyx, to be fetched",
    DocumentPlace.COMING: "on its way in",
    DocumentPlace.GIVEN_UP: "given up",
}
PLACES = LISTED | {
    DocumentPlace.REMOVED: "removed, since it was kept long enough",
    DocumentPlace.NONE: "none: the fax failed",
}


@pages.get("/")
def page() -> str:
    """List them by where their documents are."""
    inbox = desk().client.inbound
    wanted = request.args.get("place", "")
    place = DocumentPlace(wanted) if wanted in get_args(ListedPlace) else DocumentPlace.STORED
    return render_template(
        "inbound/list.html",
        place=place,
        places=LISTED,
        counts={where: inbox.count(where) for where in LISTED},
        found=list(itertools.islice(inbox.at(place), SHOWN)),
        kept=desk().settings.fax_inbound_dir,
    )


@pages.get("/<fax_id>")
def one(fax_id: str) -> str:
    """Show one."""
    fax = desk().client.inbound.get(fax_id)
    return render_template("inbound/one.html", fax=fax, places=PLACES, stored=fax.place is DocumentPlace.STORED)


@pages.get("/<fax_id>/pages/<int:number>.png")
@operators_only
def sheet(fax_id: str, number: int) -> Response:
    """Return a page of the document as a picture."""
    fax, content = _document(fax_id)
    if number == 1:
        looked(f"the document of inbound fax {fax.fax_id}")
    return Response(draw(content, number).png, mimetype="image/png")


@pages.get("/<fax_id>/document")
@operators_only
def document(fax_id: str) -> Response:
    """Return the document itself, to be saved and never to be shown by the browser."""
    fax, content = _document(fax_id)
    looked(f"the document of inbound fax {fax.fax_id}")
    answer = Response(content, mimetype="application/octet-stream")
    answer.headers.set("Content-Disposition", "attachment", filename=fax.name)
    return answer


@pages.get("/<fax_id>/sheets")
@operators_only
def sheets(fax_id: str) -> str:
    """Show all pages of the document on the page."""
    fax, content = _document(fax_id)
    try:
        pages_of_it = _pages(hashlib.sha256(content).hexdigest(), fax_id) if can_draw(content) else 0
        problem = None if pages_of_it else "Only pages of PDF, TIFF, JPEG and PNG are shown; save it to look at it."
    except NotDrawn as why:
        pages_of_it, problem = 0, str(why)
    return render_template("inbound/sheets.html", fax=fax, count=pages_of_it, problem=problem)


@pages.post("/<fax_id>/fetch")
def fetch(fax_id: str) -> AnyResponse:
    """Let a document be fetched again."""

    def do() -> str:
        why = checked_reason()
        desk().client.inbound.again(fax_id)
        acted("document.wanted", fax_id, reason=why)
        return "Its document is fetched as soon as a worker is free."

    return act("fetching the document", fax_id, do, back=url_for(".one", fax_id=fax_id))


@lru_cache(maxsize=256)
def _pages(_digest: str, fax_id: str) -> int:
    return draw(_document(fax_id)[1], 1).pages


def _document(fax_id: str) -> tuple[InboundFax, bytes]:
    where = desk().settings.fax_inbound_dir
    fax = desk().client.inbound.get(fax_id)
    if fax.place is not DocumentPlace.STORED or fax.name is None:
        raise NotKnown(f"inbound fax {fax_id}: its document is not stored here")
    if where is None:
        raise Misconfigured("FAX_INBOUND_DIR: not set for the console; it must be where the workers store documents")
    return fax, open_store(where).get(fax.name)
