"""`/_sim/…`: routes by which tests and demonstrations control and judge the simulator. Telnyx has none like them."""

import asyncio
from typing import Any

from aiohttp import web

from simulator.applications import redirect_webhooks, seed_applications
from simulator.bodies import decode_json
from simulator.clock import parse
from simulator.context import simulation
from simulator.errors import bad_request
from simulator.numbers import table
from simulator.report import report
from simulator.store import Fax
from simulator.webhooks import Event

_SECONDS_TO_WAIT = 30
_FOREIGN_SIGNATURE = {"telnyx-signature-ed25519": "A" * 86 + "=="}


async def health(_: web.Request) -> web.Response:
    """GET /_sim/health."""
    return web.json_response({"status": "ok", "simulation": True})


async def numbers(_: web.Request) -> web.Response:
    """GET /_sim/numbers."""
    return web.json_response({"data": table()})


async def get_report(request: web.Request) -> web.Response:
    """GET /_sim/report."""
    return web.json_response(report(simulation(request)))


async def get_faults(request: web.Request) -> web.Response:
    """GET /_sim/faults."""
    return web.json_response(simulation(request).faults.as_json())


async def put_faults(request: web.Request) -> web.Response:
    """PUT /_sim/faults: set some, keep the others."""
    sim, changes = simulation(request), decode_json(await request.read())
    try:
        sim.faults.merge(changes)
    except ValueError as wrong:
        raise bad_request(str(wrong)) from None
    if "webhook_url" in changes:
        redirect_webhooks(sim)
    return web.json_response(sim.faults.as_json())


async def delete_faults(request: web.Request) -> web.Response:
    """DELETE /_sim/faults: all off; settings as on the command line."""
    sim = simulation(request)
    sim.faults.reset()
    redirect_webhooks(sim)
    return web.json_response(sim.faults.as_json())


async def reset(request: web.Request) -> web.Response:
    """POST /_sim/reset: forget all faxes, files, applications and counts; the fault switches stay."""
    sim = simulation(request)
    sim.network.stop()
    sim.courier.forget()
    sim.store.clear_faxes()
    sim.store.media.clear()
    sim.store.applications.clear()
    sim.links.clear()
    sim.tally.reset()
    sim.faults.injected.clear()
    seed_applications(sim)
    return web.json_response({"status": "ok"})


async def get_faxes(request: web.Request) -> web.Response:
    """GET /_sim/faxes?since=: all faxes created since, oldest first, with what the API does not show."""
    since = request.query.get("since")
    try:
        moment = parse(since) if since else None
    except ValueError as wrong:
        raise bad_request(str(wrong)) from None
    found = simulation(request).store.select({}, moment, None)
    return web.json_response({"data": [_with_secrets(fax) for fax in found]})


def _with_secrets(fax: Fax) -> dict[str, Any]:
    return fax.as_json() | {
        "page_count": fax.pages,
        "call_duration_secs": fax.call_duration_secs,
        "cancel_asked": fax.cancel_asked,
        "partial_content": fax.incoming is not None and fax.incoming.partial,
    }


async def send_webhook(request: web.Request) -> web.Response:
    """POST /_sim/webhooks: send any event, once, and return the receiver's answer.

    Takes `event_type` and `payload`, and optionally `event_id`, `url`, `raw_body` (sent unchanged), `bad_signature`,
    `timestamp` (Unix seconds), `content_type`, `flat` and `timeout`.
    """
    sim, given = simulation(request), decode_json(await request.read())
    url = given.get("url") or sim.faults["webhook_url"]
    if not url:
        raise bad_request("there is no webhook URL to send to")
    event = Event(str(given.get("event_type", "fax.queued")), given.get("payload") or {}, [url], attempts=1)
    event.id = str(given.get("event_id", event.id))
    body = event.body(url, flat=bool(given.get("flat")))
    if "raw_body" in given:
        body = str(given["raw_body"]).encode()
    headers: dict[str, str] = {}
    if "timestamp" in given:
        headers = sim.signer.headers(str(given["timestamp"]), body)
    if given.get("bad_signature"):
        headers |= _FOREIGN_SIGNATURE
    if "content_type" in given:
        headers["Content-Type"] = str(given["content_type"])
    status = await sim.courier.post(url, body, float(given.get("timeout", _SECONDS_TO_WAIT)), headers)
    return web.json_response({"event_id": event.id, "url": url, "status": status})


async def wait(request: web.Request) -> web.Response:
    """GET /_sim/idle: answers once no fax and no webhook is under way, or after `seconds`."""
    sim = simulation(request)
    try:
        patience = float(request.query.get("seconds", _SECONDS_TO_WAIT))
    except ValueError as wrong:
        raise bad_request(str(wrong)) from None
    loop = asyncio.get_running_loop()
    end = loop.time() + patience
    while loop.time() < end and (sim.network.busy or sim.courier.pending):  # noqa: ASYNC110 - many things end it
        await asyncio.sleep(0.01)
    return web.json_response({"idle": not (sim.network.busy or sim.courier.pending)})
