"""`faxdispatch status`."""

import math
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from redis import Redis

from faxdispatch.cli.output import clock, hidden, show, show_json
from faxdispatch.cli.waiting import event_line, state_line
from faxdispatch.ledger import DeadLetters, JobView, Ledger, Limits, Scripts, connect
from faxdispatch.ledger.scripts import redis_trouble
from faxdispatch.settings import Settings


def status(
    job: Annotated[str | None, typer.Argument(help="Id of the job; all jobs if not given.", show_default=False)] = None,
    history: Annotated[bool, typer.Option("--history", help="Show what happened to it, and who said so.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Show numbers and links in full.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show where a job stands, or how many jobs stand where."""
    settings = Settings.load()
    scripts = Scripts(connect(settings.redis))
    if job is None:
        found = _overview(scripts, settings)
        if as_json:
            show_json(found)
        else:
            _show_overview(found)
        return
    view = Ledger(scripts).job(job, history=history)
    if as_json:
        left_out = None if history else {"history"}
        show_json(view.model_dump(mode="json", by_alias=True, exclude=left_out), full=full)
    else:
        _show_job(view, full=full)


def _show_job(view: JobView, *, full: bool) -> None:
    request = view.request.encode() if full else hidden(view.request.encode())
    rows = {
        "job": view.job_id,
        "state": state_line(view),
        "to": request["to"],
        "from": request.get("from") or (view.sender if full else hidden(view.sender)),
        "document": request.get("media_url") or request.get("media_name"),
        "attempts": f"{view.attempt} begun, {view.dials} failed and counted, {view.holds} put back without counting",
        "fax id": view.fax_id,
        "Telnyx says": view.provider_status,
        "pages": view.page_count,
        "connection": view.connection_id,
        "recorded": clock(view.created_at),
        "submitted": clock(view.submitted_at) if view.submitted_at else None,
        "changed": clock(view.updated_at),
        "looked for": f"{view.listings} complete listings without it" if view.listings else None,
        "tags": ", ".join(view.request.tags) or None,
    }
    for name, value in rows.items():
        if value is not None:
            show(f"{name:<12} {value}")
    for event in view.history:
        show(event_line(event, full=full))


def _overview(scripts: Scripts, settings: Settings) -> dict[str, Any]:
    limits = Limits(scripts, rate=settings.fax_rate)
    paused, calls = limits.paused(), limits.calls()
    redis = scripts.redis
    with redis_trouble():
        connections = [
            {
                "connection_id": name,
                "in_flight": calls.get(name, 0),
                "channels": _channels(redis, name, settings.fax_channels),
                "waiting": redis.zcard(f"fax:waiting:{name}"),
                "paused": _pause(paused.get(name)),
            }
            for name in sorted(calls.keys() | paused.keys())
        ]
        present: Any = redis.zrange("fax:workers", 0, -1, withscores=True)
        quarantined = redis.xlen("fax:quarantine")
    ledger = Ledger(scripts)
    return {
        "jobs": {state.value: count for state, count in ledger.counts().items()},
        "connections": connections,
        "workers": [{"name": name, "seen": _time(millis)} for name, millis in present],
        "dead_letters": ledger.dead_letters.count(),
        "quarantined": quarantined,
    }


def _show_overview(found: dict[str, Any]) -> None:
    for state, count in found["jobs"].items():
        show(f"{state:<12} {count:>9}")
    for line in found["connections"]:
        words = f"{line['in_flight']} of {line['channels']} channels in use, {line['waiting']} waiting"
        if line["paused"]:
            words += f", paused until {line['paused']['until']} because {line['paused']['reason']}"
        show(f"connection {line['connection_id']}: {words}")
    show(f"workers: {len(found['workers'])}")
    if found["dead_letters"] or found["quarantined"]:
        show(f"to look at: {found['dead_letters']} dead letters, {found['quarantined']} webhooks in quarantine")


def _channels(redis: Redis, connection: str, wanted: int | str) -> int:
    if isinstance(wanted, int):
        return wanted
    estimate: Any = redis.get(f"fax:channels:{connection}")
    return math.floor(float(estimate or 2))


def _pause(pause: dict[str, str] | None) -> dict[str, str] | None:
    return {"reason": pause["reason"], "until": _time(float(pause["until"]))} if pause else None


def _time(millis: float) -> str:
    return datetime.fromtimestamp(millis / 1000, UTC).isoformat(timespec="seconds")
