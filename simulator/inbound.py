"""`POST /_sim/inbound`: let a fax come in, with the document and the link that a test needs."""

import base64
import json
from typing import Any

from aiohttp import web

from simulator.bodies import decode_json
from simulator.context import Simulation, simulation
from simulator.documents import KINDS
from simulator.errors import bad_request
from simulator.store import Fax, Incoming
from simulator.validation import Field, check_object, is_base64, is_destination, is_e164, is_filled, is_url

_INBOUND: dict[str, Field] = {
    "from": Field("string", required=True, check=is_e164),
    "to": Field("string", required=True, check=is_destination),
    "pages": Field("integer", least=1, most=350),
    "failure_reason": Field("string", nullable=True, check=is_filled),
    "connection_id": Field("string", check=is_filled),
    "webhook_url": Field("string", check=is_url),
    "partial_content": Field("boolean"),
    "kind": Field("string", choices=tuple(KINDS)),
    "bytes": Field("string", check=is_base64),
    # Any text, since a link that a client must not follow may be something other than a URL.
    "media_url": Field("string", check=is_filled),
}


async def receive(request: web.Request) -> web.Response:
    """POST /_sim/inbound: a fax comes in."""
    sim, given = simulation(request), decode_json(await request.read())
    speed = given.pop("speed", None)
    problems = check_object(given, _INBOUND)
    if problems or not (speed is None or (isinstance(speed, (int, float)) and speed > 0)):
        raise bad_request(json.dumps(problems) if problems else "speed must be a number above 0")
    fax = _new_fax(sim, given)
    sim.network.receive(fax, given.get("failure_reason"), speed)
    return web.json_response({"data": fax.as_json()}, status=201)


def _new_fax(sim: Simulation, given: dict[str, Any]) -> Fax:
    connection_id = given.get("connection_id", sim.config.connection_ids[0])
    application = sim.store.applications.get(connection_id) or {}
    moment = sim.store.next_moment()
    sim.tally.inbound += 1
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
        incoming=Incoming(
            number=sim.tally.inbound,
            kind=given.get("kind", "pdf"),
            content=base64.b64decode(given["bytes"]) if "bytes" in given else None,
            media_url=given.get("media_url"),
            partial=given.get("partial_content", False),
        ),
    )
