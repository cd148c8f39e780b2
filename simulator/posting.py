"""The parts of POST /faxes around its request checks: faults before and after, connection, document."""

import asyncio
import time
from typing import Any

from aiohttp import web

from simulator.bodies import Upload
from simulator.context import Simulation
from simulator.documents import blank_pdf, examine
from simulator.errors import forbidden, internal, problem, too_many, unprocessable
from simulator.store import Fax

BAD_GATEWAY = "<html><head><title>502 Bad Gateway</title></head><body>(simulated)</body></html>"


async def before(request: web.Request, sim: Simulation, fault: str | None) -> None:
    """Apply a fault that keeps the fax from being created."""
    if fault == "insufficient_funds":
        detail = "The account has insufficient funds to perform this action."
        raise forbidden("20100", "Insufficient Funds", detail, injected=True)
    if fault == "forbidden_d1":
        detail = "D1: the account's limit of concurrent outbound calls is exceeded."
        raise forbidden("90041", "User channel limit exceeded", detail, injected=True)
    if fault in {"error_500_before", "timeout_before"}:
        if fault == "timeout_before":
            await hold(request, sim.faults["hold_seconds"])
        raise internal()
    if fault == "drop_before":
        abort(request)
        raise web.HTTPInternalServerError
    limit = sim.faults["process_limit"]
    if limit is not None and sim.network.in_process >= limit:
        raise too_many(f"There is a limit for outbound faxes of {limit} faxes being processed at the same time.")


async def after(request: web.Request, sim: Simulation, fault: str | None, shown: dict[str, Any]) -> web.StreamResponse:
    """Answer for a fax that was created, correctly unless a fault prevents it."""
    if fault == "error_500_after":
        raise internal()
    if fault == "html_502_after":
        return bad_gateway()
    if fault == "drop_after":
        abort(request)
    if fault == "timeout_after":
        await hold(request, sim.faults["hold_seconds"])
    if fault == "no_id":
        shown = {name: value for name, value in shown.items() if name != "id"}
    return web.json_response({"data": shown}, status=202)


def bad_gateway() -> web.Response:
    """Return the answer of a broken proxy in front of the API."""
    return web.Response(status=502, text=BAD_GATEWAY, content_type="text/html")


def abort(request: web.Request) -> None:
    """Cut the connection, so that no answer arrives."""
    if request.transport is not None:
        request.transport.abort()


async def hold(request: web.Request, seconds: float) -> None:
    """Keep the client waiting until it disconnects, at most."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and _connected(request):  # noqa: ASYNC110 - no event says that a client left
        await asyncio.sleep(min(0.05, max(0.0, end - time.monotonic())))


def _connected(request: web.Request) -> bool:
    return request.transport is not None and not request.transport.is_closing()


def usable_application(sim: Simulation, connection_id: str) -> dict[str, Any]:
    """Return the application to send with, or refuse."""
    application = sim.store.applications.get(connection_id)
    if application is None:
        detail = "The connection_id is not the id of a connection of this account."
        raise unprocessable([problem("85004", "Invalid connection id", detail, pointer="/connection_id")])
    if not application["active"]:
        raise forbidden("10010", "Not authorized", "The connection is not active.")
    return application


def attach_document(sim: Simulation, fax: Fax, upload: Upload | None) -> None:
    """Examine the document and make the links that the request asked for."""
    content = None
    if fax.media_name is not None:
        file = sim.store.find_media(fax.media_name)
        if file is None:
            detail = f"There is no media {fax.media_name!r}."
            raise unprocessable([problem("10017", "Unknown media", detail, pointer="/media_name")])
        content, fax.pages, fax.document_problem = file.content, file.pages, file.problem
    if upload is not None:
        content = upload.content
        fax.pages, fax.document_problem = examine(content, upload.content_type)
        fax.media_url = _link(sim, f"{fax.id}.pdf", content)
    if fax.store_media:
        fax.stored_media_url = _link(sim, f"{fax.id}.pdf", content)
    if fax.store_preview:
        fax.preview_url = _link(sim, f"{fax.id}_preview.{fax.preview_format}", content)


def _link(sim: Simulation, file_name: str, content: bytes | None) -> str:
    # The document behind a media_url is never fetched, since a simulation needs no network. It counts as one page.
    return sim.links.make(file_name, "application/pdf", lambda: content or blank_pdf(1))
