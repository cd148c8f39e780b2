"""The HTTP server: routes, and the steps for every request before and after its handler."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from urllib.parse import parse_qs

from aiohttp import web
from aiohttp.typedefs import Handler

from simulator import applications, charges, control, downloads, faxes, inbound, media
from simulator.bodies import FORM, JSON
from simulator.config import USER_ID
from simulator.context import SIMULATION, Simulation
from simulator.errors import ApiError, internal, not_found, problem, too_many, unauthenticated
from simulator.posting import bad_gateway

log = logging.getLogger(__name__)

MARK = "x-faxdispatch-simulator"
# The largest upload is 20 MB, with some room for what surrounds it.
MAX_BODY = 24 * 1024 * 1024


def create_app(sim: Simulation) -> web.Application:
    """Return the application that serves one simulator."""
    app = web.Application(middlewares=[_errors, _gate], client_max_size=MAX_BODY)
    app[SIMULATION] = sim
    applications.seed_applications(sim)
    app.add_routes([*_API, *_CONTROL, web.get("/_media/{token}/{name}", downloads.download)])
    app.on_response_prepare.append(_mark)
    app.cleanup_ctx.append(_running)
    return app


async def _running(app: web.Application) -> AsyncIterator[None]:
    sim = app[SIMULATION]
    await sim.courier.start()
    yield
    await sim.network.close()
    await sim.courier.close()


async def _whoami(request: web.Request) -> web.Response:
    """`/whoami`: not in the API reference; it returns only fields that Telnyx is known to return."""
    organization = request.app[SIMULATION].config.organization
    return web.json_response({"data": {"user_id": USER_ID, "organization_id": organization}})


_API = [
    web.get("/v2/faxes", faxes.list_all),
    web.post("/v2/faxes", faxes.send),
    web.get("/v2/faxes/{id}", faxes.get),
    web.delete("/v2/faxes/{id}", faxes.delete),
    web.post("/v2/faxes/{id}/actions/cancel", faxes.cancel),
    web.post("/v2/faxes/{id}/actions/refresh", faxes.refresh),
    web.get("/v2/fax_applications", applications.list_all),
    web.post("/v2/fax_applications", applications.create),
    web.get("/v2/fax_applications/{id}", applications.get),
    web.patch("/v2/fax_applications/{id}", applications.update),
    web.delete("/v2/fax_applications/{id}", applications.delete),
    web.get("/v2/detail_records", charges.list_all),
    web.get("/v2/whoami", _whoami),
    web.get("/v2/media", media.list_all),
    web.post("/v2/media", media.create),
    web.get("/v2/media/{media_name}", media.get),
    web.put("/v2/media/{media_name}", media.update),
    web.delete("/v2/media/{media_name}", media.delete),
    web.get("/v2/media/{media_name}/download", media.download),
]

_CONTROL = [
    web.get("/_sim/health", control.health),
    web.get("/_sim/numbers", control.numbers),
    web.get("/_sim/report", control.get_report),
    web.get("/_sim/faxes", control.get_faxes),
    web.get("/_sim/idle", control.wait),
    web.get("/_sim/faults", control.get_faults),
    web.put("/_sim/faults", control.put_faults),
    web.delete("/_sim/faults", control.delete_faults),
    web.post("/_sim/reset", control.reset),
    web.post("/_sim/inbound", inbound.receive),
    web.post("/_sim/webhooks", control.send_webhook),
]


async def _mark(request: web.Request, response: web.StreamResponse) -> None:
    """Mark every answer as simulated, and add to API answers how many calls are left."""
    response.headers[MARK] = "true"
    if "rate" in request:
        response.headers.update(request["rate"])


@web.middleware
async def _errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every failure into an error body, and record refusals."""
    try:
        return await handler(request)
    except ApiError as error:
        refusal = error
    except web.HTTPException as error:
        refusal = _translated(error)
    except ConnectionError:
        raise
    except Exception:
        log.exception("SIMULATION: %s %s caused an error in the simulator itself", request.method, request.path)
        refusal = internal(injected=False)
    if 400 <= refusal.status < 500 and request.path.startswith("/v2"):
        request.app[SIMULATION].tally.refuse(
            f"{request.method} {request.path}",
            refusal.status,
            refusal.body(),
            injected=refusal.injected,
            about=request.get("client_state"),
        )
    return web.json_response(refusal.body(), status=refusal.status)


def _translated(error: web.HTTPException) -> ApiError:
    if error.status == 404:
        return not_found()
    return ApiError(error.status, [problem(str(error.status), error.reason, error.text or error.reason)])


@web.middleware
async def _gate(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count, slow down, authenticate and limit API calls."""
    if not request.path.startswith("/v2/"):
        return await handler(request)
    sim = request.app[SIMULATION]
    sim.tally.count(request.method, request.match_info.route.resource)
    if request.method == "POST" and request.path == "/v2/faxes":
        await _note_send(request, sim)
    await asyncio.sleep(sim.faults.seconds("latency_ms"))
    _limit(request, sim)
    if sim.faults.fires("unauthorized"):
        raise unauthenticated(injected=True)
    if request.headers.get("Authorization") != f"Bearer {sim.config.api_key}":
        raise unauthenticated()
    if sim.faults.fires("html_502"):
        return bad_gateway()
    return await handler(request)


async def _note_send(request: web.Request, sim: Simulation) -> None:
    """Count a send before anything can refuse it, and choose what happens to it."""
    state = await _peek_client_state(request)
    request["client_state"] = state
    count = sim.tally.post(state)
    request["fault"] = sim.faults.for_post(state, count) if state else sim.faults.for_post()


async def _peek_client_state(request: web.Request) -> str | None:
    # A multipart request has none, so its file is not read.
    try:
        if request.content_type == JSON:
            found = json.loads(await request.read()).get("client_state")
        elif request.content_type == FORM:
            found = parse_qs((await request.read()).decode()).get("client_state", [None])[0]
        else:
            return None
    except (ValueError, AttributeError, RecursionError):
        return None
    return found if isinstance(found, str) else None


def _limit(request: web.Request, sim: Simulation) -> None:
    limit = sim.faults["rate_limit"]
    admitted, left, reset = sim.tally.meter.admit(limit)
    injected = sim.faults.fires("rate_429")
    shown = 2000 if limit is None else limit
    request["rate"] = {
        "x-ratelimit-limit": f"{shown}, {shown};w=1",
        "x-ratelimit-remaining": "0" if injected else str(left),
        "x-ratelimit-reset": str(reset),
    }
    if injected or not admitted:
        raise too_many(injected=injected)
