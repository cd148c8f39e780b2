"""`/fax_applications`: list, create, get, update, delete."""

from typing import Any

from aiohttp import web

from simulator.bodies import read_checked
from simulator.clock import now, stamp
from simulator.context import Simulation, simulation
from simulator.errors import bad_parameter, internal, not_found
from simulator.paging import PAGE, check_names, cut, read_page
from simulator.schemas import APPLICATION, APPLICATION_UPDATE

_CONTAINS = "filter[application_name][contains]"
_PROFILE = "filter[outbound_voice_profile_id]"
_SORTS = ("created_at", "application_name", "active")
_LEAST_TO_SEARCH = 3


def new_application(given: dict[str, Any], identity: str) -> dict[str, Any]:
    """Make an application from a checked request."""
    moment = stamp(now())
    application: dict[str, Any] = {
        "id": identity,
        "record_type": "fax_application",
        "active": True,
        "anchorsite_override": "Latency",
        "webhook_event_failover_url": "",
        "webhook_timeout_secs": None,
        "tags": [],
        "inbound": {
            "channel_limit": None,
            "sip_subdomain": None,
            "sip_subdomain_receive_settings": "from_anyone",
        },
        "outbound": {"channel_limit": None},
        "created_at": moment,
        "updated_at": moment,
    }
    _merge(application, given)
    return application


def seed_applications(sim: Simulation) -> None:
    """Create the applications that exist from the start; they may send."""
    for at, identity in enumerate(sim.config.connection_ids, 1):
        given = {
            "application_name": f"simulated-{at}",
            "webhook_event_url": sim.faults["webhook_url"],
            "outbound": {"outbound_voice_profile_id": "2000000000000000001"},
        }
        sim.store.applications[identity] = new_application(given, identity)


def redirect_webhooks(sim: Simulation) -> None:
    """Set the present webhook URL in the applications that exist from the start, and in their faxes."""
    present = sim.faults["webhook_url"]
    for identity in sim.config.connection_ids:
        if application := sim.store.applications.get(identity):
            former, application["webhook_event_url"] = application["webhook_event_url"], present
            for fax in sim.store.faxes.values():
                if fax.connection_id == identity and fax.webhook_url == former:
                    fax.webhook_url = present


def _merge(application: dict[str, Any], given: dict[str, Any]) -> None:
    for name, value in given.items():
        # The mailbox is not part of what the API shows.
        if name in {"inbound", "outbound"}:
            application[name] = application[name] | value
        elif name != "fax_email_recipient":
            application[name] = value


def _find(request: web.Request) -> tuple[Simulation, dict[str, Any]]:
    sim = simulation(request)
    application = sim.store.applications.get(request.match_info["id"])
    if application is None:
        raise not_found()
    return sim, application


async def list_all(request: web.Request) -> web.Response:
    """GET /fax_applications."""
    check_names(request, PAGE | {_CONTAINS, _PROFILE, "sort"})
    found = list(simulation(request).store.applications.values())
    contains = request.query.get(_CONTAINS)
    if contains is not None:
        if len(contains) < _LEAST_TO_SEARCH:
            raise bad_parameter("10031", "Invalid filter", "Requires at least three characters.", _CONTAINS)
        found = [each for each in found if contains.lower() in each["application_name"].lower()]
    if _PROFILE in request.query:
        profile = request.query[_PROFILE]
        found = [each for each in found if each["outbound"].get("outbound_voice_profile_id") == profile]
    found = _sorted(found, request.query.get("sort", "-created_at"))
    page, meta = cut(found, *read_page(request))
    return web.json_response({"data": page, "meta": meta})


def _sorted(found: list[dict[str, Any]], sort: str) -> list[dict[str, Any]]:
    name = sort.removeprefix("-")
    if name not in _SORTS:
        detail = f"Must be one of {', '.join(_SORTS)}, with - in front for descending order."
        raise bad_parameter("10032", "Invalid enumerated value", detail, "sort")
    return sorted(found, key=lambda each: each[name], reverse=sort.startswith("-"))


async def create(request: web.Request) -> web.Response:
    """POST /fax_applications."""
    check_names(request)
    given = await read_checked(request, APPLICATION)
    sim = simulation(request)
    if sim.faults.fires("application_500_before"):
        raise internal()
    application = new_application(given, sim.store.next_application_id())
    sim.store.applications[application["id"]] = application
    if sim.faults.fires("application_500_after"):
        raise internal()
    return web.json_response({"data": application}, status=201)


async def get(request: web.Request) -> web.Response:
    """GET /fax_applications/{id}."""
    check_names(request)
    _, application = _find(request)
    return web.json_response({"data": application})


async def update(request: web.Request) -> web.Response:
    """PATCH /fax_applications/{id}."""
    check_names(request)
    _, application = _find(request)
    _merge(application, await read_checked(request, APPLICATION_UPDATE))
    application["updated_at"] = stamp(now())
    return web.json_response({"data": application})


async def delete(request: web.Request) -> web.Response:
    """DELETE /fax_applications/{id}: answers 200 with the deleted application."""
    check_names(request)
    sim, application = _find(request)
    del sim.store.applications[application["id"]]
    return web.json_response({"data": application})
