"""`GET /detail_records`: the cost of faxes.

The reference does not say what a fax's record contains; this is a simulation.
"""

from datetime import UTC, datetime

from aiohttp import web

from simulator.context import simulation
from simulator.errors import bad_parameter
from simulator.paging import PAGE, check_names, cut, read_page
from simulator.store import Fax

_FILTERS = frozenset({"filter[record_type]", "filter[created_at][gte]", "filter[created_at][lt]"})
_PAGE_PRICE, _MINUTE_PRICE = 0.007, 0.005


async def list_all(request: web.Request) -> web.Response:
    """GET /detail_records of faxes that had a call, by days."""
    check_names(request, PAGE | _FILTERS)
    if request.query.get("filter[record_type]") != "fax":
        raise bad_parameter("10031", "Invalid filter", "Only records of faxes are simulated.", "filter[record_type]")
    since, until = _day(request, "filter[created_at][gte]"), _day(request, "filter[created_at][lt]")
    number, size = read_page(request)
    charged = [fax for fax in simulation(request).store.select({}, since, until) if fax.call_duration_secs]
    page, meta = cut(charged, number, size)
    return web.json_response({"data": [_record(fax) for fax in page], "meta": meta})


def _day(request: web.Request, name: str) -> datetime | None:
    text = request.query.get(name)
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise bad_parameter("10031", "Invalid filter", f"{text!r} is not a day such as 2026-05-01.", name) from None


def _record(fax: Fax) -> dict[str, object]:
    minutes = -(-(fax.call_duration_secs or 0) // 60)
    cost = fax.pages * _PAGE_PRICE + minutes * _MINUTE_PRICE if fax.direction == "outbound" else 0
    return {
        "record_type": "fax",
        "id": f"charge-{fax.id}",
        "fax_id": fax.id,
        "direction": fax.direction,
        "status": fax.status,
        "cost": f"{cost:.4f}",
        "currency": "USD",
        "created_at": fax.as_json()["created_at"],
    }
