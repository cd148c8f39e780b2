"""Gathers the evidence once everything is quiet."""

from typing import Any

from faxdispatch import Event
from faxdispatch.ledger import JobView, Ledger, Scripts, connect
from tests.chaos.inbox import documents
from tests.chaos.judge import Evidence
from tests.chaos.lists import List, ended
from tests.chaos.orders import Order
from tests.chaos.world import World

_ROW = "fax:job:"
INBOUND = ("fax:coming", "fax:documents:wanted", "fax:documents:given_up")
"""The places of inbound faxes that have not ended."""


def collect(world: World, orders: list[Order], lists: list[List]) -> Evidence:
    """Ask the ledger, the stream and the simulator."""
    ledger = Ledger(Scripts(connect(world.redis_url)))
    names = [str(key).removeprefix(_ROW) for key in world.redis.scan_iter(f"{_ROW}*", count=1000)]
    views = {name: ledger.job(name, history=True) for name in names}
    faxes = world.sim.control.get("/faxes").raise_for_status().json()["data"]
    return Evidence(
        orders=orders,
        views=views,
        events=[Event.from_fields(fields) for _, fields in world.redis.xrange("fax:events")],
        counts=ledger.counts(),
        left_over=_left_over(world.redis, views),
        report=world.sim.report(),
        faxes=[fax for fax in faxes if fax["direction"] == "outbound"],
        inbound=[fax for fax in faxes if fax["direction"] == "inbound"],
        documents=documents(world.inbox),
        lists=lists,
        campaigns=ended(world.redis_url),
        gone=world.restoring.spans,
    )


def _left_over(redis: Any, views: dict[str, JobView]) -> dict[str, list[str]]:
    """Find entries that belong to no job in flight. An open job must be in exactly one place."""
    agenda = redis.zrange("fax:agenda", 0, -1)
    waiting = {key: redis.zrange(key, 0, -1) for key in redis.scan_iter("fax:*waiting*", count=1000)}
    places = [*agenda, *(job for jobs in waiting.values() for job in jobs)]
    still = {name for name, job in views.items() if not job.finished}
    calls = [
        job for connection in redis.smembers("fax:connections") for job in redis.smembers(f"fax:calls:{connection}")
    ]
    lines = [key for key in redis.scan_iter("fax:line:*", count=1000) if not key.endswith(":waiting")]
    held = {key: redis.get(key) for key in lines}
    return {
        "places of ended jobs": [job for job in places if job not in still],
        "open jobs without a place": [job for job in still if places.count(job) != 1],
        "channels": [job for job in calls if job not in still],
        "lines": [key for key, job in held.items() if job not in still],
        "strays": redis.zrange("fax:strays", 0, -1),
        "inbound faxes": [name for key in INBOUND for name in redis.zrange(key, 0, -1)],
        "dead letters": redis.zrange("fax:deadletters", 0, -1),
    }


def open_inbound(redis: Any) -> int:
    """Count the inbound faxes that are still on their way or whose documents are not here."""
    return sum(redis.zcard(key) for key in INBOUND)


def open_jobs(redis: Any) -> int:
    """Count the jobs that have not ended, as the ledger counts them."""
    counts = redis.hgetall("fax:counts")
    return sum(int(count) for state, count in counts.items() if state not in {"delivered", "failed", "cancelled"})
