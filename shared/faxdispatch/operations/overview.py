"""Figures for programs: the number of jobs in each state, and how much of the limits is in use."""

from dataclasses import asdict
from typing import Any

from faxdispatch.ledger import (
    Account,
    Held,
    JobView,
    Ledger,
    Limits,
    Pause,
    Place,
    Presence,
    Scripts,
    Traffic,
    Watch,
    Worker,
)
from faxdispatch.operations.next_step import ends_by, pause_line, why_held
from faxdispatch.reasons.holds import MEANINGS, ending
from faxdispatch.settings import Settings

LIMITS = {
    "rate": "FAX_RATE",
    "channels": "FAX_CHANNELS",
    "account_channels": "FAX_ACCOUNT_CHANNELS",
    "day_cap": "FAX_SPEND_DAY",
}
"""Each limit with the setting that applies without a change."""


def overview(scripts: Scripts) -> dict[str, Any]:
    """Return the figures under their names in JSON. Raises `Unavailable` if Redis did not answer."""
    ledger, limits, figures = Ledger(scripts), Limits(scripts), asdict(Watch(scripts).figures())
    workers = Presence(scripts).all()
    return {
        "namespace": scripts.namespace,
        "jobs": {state.value: count for state, count in ledger.counts().items()},
        "oldest_seconds": {state.value: round(age, 1) for state, age in figures.pop("oldest").items()},
        "connections": [_connection(traffic) for traffic in limits.connections()],
        "account": asdict(limits.account()),
        "held": {held.reason.value: held.count for held in ledger.holds()},
        **figures,
        "workers": [_worker(worker) for worker in workers],
        "wrong_clocks": sorted({words for worker in workers for words in worker.wrong_clocks()}),
    }


def _connection(traffic: Traffic) -> dict[str, Any]:
    pause = traffic.pause
    return {
        "connection_id": traffic.connection,
        "in_flight": traffic.in_flight,
        "channels": traffic.channels,
        "waiting": traffic.waiting,
        "paused": pause and {"reason": pause.reason, "until": pause.until, "words": pause_line(pause)},
    }


def _worker(worker: Worker) -> dict[str, Any]:
    ahead = {"own_clock_ahead": worker.own_clock_ahead, "telnyx_ahead": worker.telnyx_ahead}
    return {"name": worker.name, "seen": worker.seen_at} | ahead


def pause_data(pause: Pause | None) -> dict[str, Any] | None:
    """Return why and until when a connection is paused, or None if it is not."""
    return {"reason": pause.reason, "until": pause.until} if pause else None


def holds_data(held: list[Held], paused: dict[str, Pause], account: Account) -> dict[str, Any]:
    """Return why faxes are held, and reasons that hold all of them."""
    return {
        "held": [asdict(one) | {"meaning": MEANINGS[one.reason].text, "ends_by": ending(one.reason)} for one in held],
        "paused": [
            {"connection_id": name, "reason": pause.reason, "until": pause.until} for name, pause in paused.items()
        ],
        "spent_today": account.spent,
        "spend_cap": account.cap,
        "shut_until": account.shut_until,
    }


def limits_data(limits: Limits, settings: Settings) -> dict[str, Any]:
    """Return the limits that apply, those of them that an operator has set, and what is in use."""
    changed, account = limits.changed(), limits.account()
    return {
        "limits": {name: changed.get(name, getattr(settings, setting.lower())) for name, setting in LIMITS.items()},
        "changed": changed,
        "connections": {
            one.connection: {"channels": one.channels, "in_use": one.in_flight} for one in limits.connections()
        },
        "account": {"channels": account.channels, "in_use": account.in_flight, "spent": account.spent},
    }


def job_data(view: JobView, place: Place, pause: Pause | None, settings: Settings) -> dict[str, Any]:
    """Return the facts about a job that are not in its row."""
    return {
        "why": why_held(view),
        "ends_by": ends_by(view),
        "next_look": place.at,
        "line": place.line,
        "position": place.position,
        "holder": place.holder,
        "paused": pause_data(pause),
        "changed": dict(settings.fax_ladder[: view.ladder_step]),
    }
