"""How many jobs are in each state, and what all processes use of their limits, as figures for programs."""

from dataclasses import asdict
from typing import Any

from faxdispatch.ledger import Ledger, Limits, Pause, Presence, Scripts, Traffic, Watch, Worker
from faxdispatch.operations.next_step import pause_line


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
