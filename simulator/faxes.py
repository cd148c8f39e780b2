"""`/faxes`: list, send, get, delete, cancel, refresh."""

import asyncio
import uuid
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from simulator import posting
from simulator.bodies import FORM, JSON, MULTIPART, Upload, missing, read_checked, read_form, read_multipart
from simulator.clock import now, parse
from simulator.context import Simulation, simulation
from simulator.errors import (
    bad_parameter,
    internal,
    not_found,
    problem,
    unprocessable,
    wrong_content_type,
    wrong_state,
)
from simulator.paging import PAGE, check_names, cut, read_page
from simulator.schemas import SEND, SEND_MULTIPART
from simulator.store import Fax
from simulator.validation import is_destination

_DIRECTIONS = frozenset({"inbound", "outbound"})
_TIMES = ("gte", "gt", "lte", "lt")
_DATE_FILTERS = {f"filter[created_at][{each}]": each for each in _TIMES}
_VALUE_FILTERS = {f"filter[{each}][eq]": each for each in ("direction", "from", "to")}
_FILTERS = PAGE | _DATE_FILTERS.keys() | _VALUE_FILTERS.keys()
# Times have a resolution of a microsecond, so "after" means "from the next microsecond on".
_NEXT = timedelta(microseconds=1)


async def list_all(request: web.Request) -> web.Response:
    """GET /faxes, newest first."""
    check_names(request, _FILTERS)
    sim = simulation(request)
    wanted, since, until = _read_values(request), *_read_span(request)
    number, size = read_page(request)
    await asyncio.sleep(sim.faults.seconds("list_slow_ms"))
    if sim.faults.fires("list_error"):
        raise internal()
    lag = sim.faults["list_lag_ms"]
    if lag:
        visible = now() - timedelta(milliseconds=lag)
        until = min(until, visible) if until else visible
    found = [] if sim.faults.fires("list_empty") else sim.store.select(wanted, since, until)
    # Newest first; only the page is reversed, not the whole list.
    _, meta = cut(found, number, size)
    end = max(0, len(found) - (number - 1) * size)
    page = reversed(found[max(0, end - size) : end])
    return web.json_response({"data": [fax.as_json() for fax in page], "meta": meta})


def _read_values(request: web.Request) -> dict[str, str]:
    wanted = {}
    for parameter, name in _VALUE_FILTERS.items():
        value = request.query.get(parameter)
        if value is None:
            continue
        # An unencoded + arrives as a space: refusing it is better than an empty list.
        fits = value in _DIRECTIONS if name == "direction" else is_destination(value) is None
        if not fits:
            raise bad_parameter("10031", "Invalid filter", f"{value!r} cannot be a {name}.", parameter)
        wanted[name] = value
    return wanted


def _read_span(request: web.Request) -> tuple[datetime | None, datetime | None]:
    """Return [since, until) of the creation filters."""
    bounds: dict[str, datetime] = {}
    for parameter, operator in _DATE_FILTERS.items():
        text = request.query.get(parameter)
        if text is None:
            continue
        try:
            bounds[operator] = parse(text)
        except ValueError as wrong:
            raise bad_parameter("10031", "Invalid filter", f"{text!r}: {wrong}", parameter) from None
    since = [bounds[each] + (_NEXT if each == "gt" else timedelta()) for each in ("gte", "gt") if each in bounds]
    until = [bounds[each] + (_NEXT if each == "lte" else timedelta()) for each in ("lte", "lt") if each in bounds]
    return max(since, default=None), min(until, default=None)


async def send(request: web.Request) -> web.StreamResponse:
    """POST /faxes."""
    check_names(request)
    sim, fault = simulation(request), request["fault"]
    await posting.before(request, sim, fault)
    given, upload = await _read_send(request)
    fax = _new_fax(sim, given, upload)
    announced = sim.network.send(fax)
    if announced is not None and sim.faults.fires("webhook_before_answer"):
        await asyncio.wait([announced], timeout=5)
    return await posting.after(request, sim, fault, fax.as_json())


async def _read_send(request: web.Request) -> tuple[dict[str, Any], Upload | None]:
    if request.content_type == MULTIPART:
        given, upload = await read_multipart(request, SEND_MULTIPART, "contents")
        if upload is None:
            raise missing("contents")
        return given, upload
    if request.content_type == JSON:
        given = await read_checked(request, SEND)
    elif request.content_type == FORM:
        given = await read_form(request, SEND)
    else:
        raise wrong_content_type(request.headers.get("Content-Type", ""))
    _check_media_choice(given)
    return given, None


def _check_media_choice(given: dict[str, Any]) -> None:
    if "media_url" not in given and "media_name" not in given:
        raise missing("media_url")
    if "media_name" in given and "media_url" in given:
        _refuse_value("10015", "media_name and media_url can't be submitted together.", "/media_name")
    if "media_name" in given and given.get("store_media"):
        _refuse_value("10015", "store_media does not support media_name.", "/store_media")


def _refuse_value(code: str, detail: str, pointer: str) -> None:
    raise unprocessable([problem(code, "Unprocessable Entity", detail, pointer=pointer)])


def _new_fax(sim: Simulation, given: dict[str, Any], upload: Upload | None) -> Fax:
    application = posting.usable_application(sim, given["connection_id"])
    moment = sim.store.next_moment()
    fax = Fax(
        direction="outbound",
        from_=given["from"],
        to=given["to"],
        connection_id=given["connection_id"],
        status="queued",
        created_at=moment,
        updated_at=moment,
        from_display_name=given.get("from_display_name", given["from"]),
        webhook_url=given.get("webhook_url") or application["webhook_event_url"] or sim.faults["webhook_url"],
        webhook_failover_url=application["webhook_event_failover_url"] or "",
    )
    for name in _COPIED & given.keys():
        setattr(fax, name, given[name])
    posting.attach_document(sim, fax, upload)
    return fax


_COPIED = {
    "client_state",
    "media_url",
    "media_name",
    "quality",
    "t38_enabled",
    "monochrome",
    "store_media",
    "store_preview",
    "preview_format",
}


def _find(request: web.Request) -> tuple[Simulation, Fax]:
    check_names(request)
    sim = simulation(request)
    try:
        fax = sim.store.faxes.get(str(uuid.UUID(request.match_info["id"])))
    except ValueError:
        fax = None
    if fax is None:
        raise not_found()
    return sim, fax


async def get(request: web.Request) -> web.Response:
    """GET /faxes/{id}."""
    _, fax = _find(request)
    return web.json_response({"data": fax.as_json()})


async def delete(request: web.Request) -> web.Response:
    """DELETE /faxes/{id}: the record is deleted; a call under way continues."""
    sim, fax = _find(request)
    sim.store.remove(fax)
    sim.tally.deleted += 1
    return web.Response(status=204)


async def cancel(request: web.Request) -> web.Response:
    """POST /faxes/{id}/actions/cancel: accepted does not mean cancelled yet."""
    sim, fax = _find(request)
    if fax.direction == "inbound":
        detail = "Cannot issue command for inbound fax."
        raise unprocessable([problem("90081", "Unprocessable Entity", detail)])
    if fax.over:
        raise wrong_state()
    sim.network.cancel(fax)
    return web.json_response({"data": {"result": "ok"}}, status=202)


async def refresh(request: web.Request) -> web.Response:
    """POST /faxes/{id}/actions/refresh: a new link; the answer does not show it."""
    sim, fax = _find(request)
    if fax.direction == "outbound" or fax.status != "received":
        raise wrong_state()
    sim.network.renew_link(fax)
    sim.tally.refreshes += 1
    return web.json_response({"data": {"result": "ok"}})
