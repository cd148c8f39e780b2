"""`/_sim/…`: what tests and demonstrations steer and judge by. Telnyx has nothing like it."""

import asyncio
import json
from typing import Any

from aiohttp import web

from simulator.applications import redirect_webhooks, seed_applications
from simulator.bodies import decode_json
from simulator.clock import parse
from simulator.context import Simulation, simulation
from simulator.errors import bad_request
from simulator.numbers import table
from simulator.report import report
from simulator.store import Fax
from simulator.validation import Field, check_object, is_destination, is_e164, is_filled, is_url
from simulator.webhooks import Event

_SECONDS_TO_WAIT = 30
_FOREIGN_SIGNATURE = {"telnyx-signature-ed25519": "A" * 86 + "=="}

_INBOUND: dict[str, Field] = {
    "from": Field("string", required=True, check=is_e164),
    "to": Field("string", required=True, check=is_destination),
    "pages": Field("integer", least=1, most=350),
    "failure_reason": Field("string", nullable=True, check=is_filled),
    "connection_id": Field("string", check=is_filled),
    "webhook_url": Field("string", check=is_url),
}


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
    }


async def receive(request: web.Request) -> web.Response:
    """POST /_sim/inbound: a fax comes in."""
    sim, given = simulation(request), decode_json(await request.read())
    speed = given.pop("speed", None)
    problems = check_object(given, _INBOUND)
    if problems or not (speed is None or (isinstance(speed, (int, float)) and speed > 0)):
        raise bad_request(json.dumps(problems) if problems else "speed must be a number above 0")
    fax = _inbound_fax(sim, given)
    sim.network.receive(fax, given.get("failure_reason"), speed)
    return web.json_response({"data": fax.as_json()}, status=201)


def _inbound_fax(sim: Simulation, given: dict[str, Any]) -> Fax:
    connection_id = given.get("connection_id", sim.config.connection_ids[0])
    application = sim.store.applications.get(connection_id) or {}
    moment = sim.store.next_moment()
    return Fax(
        direction="inbound",
        from_=given["from"],
        to=given["to"],
        connection_id=connection_id,
        status="initiated",
        created_at=moment,
        updated_at=moment,
        pages=given.get("pages", 1),
        webhook_url=given.get("webhook_url") or application.get("webhook_event_url") or "",
        webhook_failover_url=application.get("webhook_event_failover_url") or "",
    )


async def send_webhook(request: web.Request) -> web.Response:
    """POST /_sim/webhooks: send any event, once, and say what was answered.

    Takes `event_type` and `payload`, and if wanted `event_id`, `url`, `raw_body` (sent as it is),
    `bad_signature`, `timestamp` (Unix seconds), `content_type`, `flat` and `timeout`.
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
