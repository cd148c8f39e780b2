"""One run: producers and faults together, then calm, then the judge."""

import sys
import time
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from redis.exceptions import RedisError

from faxdispatch.operations.recovering import TAG
from faxdispatch.settings import Settings
from tests.chaos.callers import SHARE, Callers, calls
from tests.chaos.collect import collect, open_inbound, open_jobs
from tests.chaos.director import Director, Injection
from tests.chaos.judge import Evidence, Verdict, judge
from tests.chaos.lists import ROWS, Campaigner, lists
from tests.chaos.orders import orders
from tests.chaos.producers import Producers
from tests.chaos.world import World, world

_LOOK = 0.05
_RESUME_EVERY = 0.3
_REPORT_EVERY = 5.0


@dataclass(frozen=True)
class Plan:
    """The plan of a run."""

    jobs: int
    seed: int
    faults: list[str]
    injections: int
    workers: int
    patience: float
    """Seconds that the jobs have to end in once the faults are over."""


@dataclass
class Result:
    """The result of a run."""

    plan: Plan
    verdict: Verdict
    figures: dict[str, Any]
    injections: list[Injection]

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "simulation": True,
            "ok": self.verdict.ok,
            "plan": asdict(self.plan),
            "figures": self.figures,
            "problems": asdict(self.verdict),
            "injections": [asdict(injection) for injection in self.injections],
        }


def run(plan: Plan, folder: Path) -> Result:
    """Carry out a plan on its own processes, whose files and log go to `folder`."""
    asked = orders(plan.jobs, plan.seed)
    with world(folder, workers=plan.workers) as here:
        director = Director(here, plan.faults, seed=plan.seed, quota=plan.injections)
        producers = Producers(here.redis_url, asked, lambda: director.share(len(asked)))
        expected = calls(plan.jobs // SHARE, plan.seed)
        planned = lists(plan.jobs // (4 * ROWS), plan.seed)
        campaigner = Campaigner(here.redis_url, planned, lambda: director.share(len(planned)))
        callers = Callers(here.sim, expected, lambda: director.share(len(expected)))
        producers.start()
        callers.start()
        campaigner.start()
        operator = _Operator(here, director, producers)
        set_back = 0
        while not (director.over and producers.done) or callers.is_alive() or campaigner.is_alive():
            here.stack.restart_dead()
            director.turn()
            operator.turn()
            for gone in here.restoring.spans[set_back:]:
                producers.ask_anew(gone)
                set_back += 1
            time.sleep(_LOOK)
        storm = director.seconds
        settled = _settle(here, plan, operator, campaigner)
        producers.stopped = callers.stopped = campaigner.stopped = True
        evidence = collect(here, asked, planned)
        figures = _figures(evidence, seconds=storm, settle=settled)
    return Result(plan, judge(evidence), figures, director.log)


def _settle(here: World, plan: Plan, operator: "_Operator", campaigner: Campaigner) -> float:
    """Wait until all jobs have ended and Telnyx sends no more webhooks; return how long the jobs took."""
    here.sim.no_faults()
    begun = time.monotonic()
    ended: float | None = None
    while time.monotonic() - begun < plan.patience:
        here.stack.restart_dead()
        operator.turn()
        if _read(here) and campaigner.calm() and operator.open() == 0 and _inbox_calm(here):
            ended = ended or time.monotonic()
            if here.sim.control.get("/idle", params={"seconds": 0.5}).json()["idle"]:
                break
        time.sleep(_LOOK)
    return round((ended or time.monotonic()) - begun, 1)


def _read(here: World) -> bool:
    """Return whether every message has been read: a plain one is an order that the ledger does not know yet."""
    try:
        return not here.redis.exists("fax.send", "fax:taken")
    except RedisError:
        return False


def _inbox_calm(here: World) -> bool:
    """Return whether every inbound fax that is known has come to its end, and the listing has seen the last one."""
    try:
        listed: Any = here.redis.get("fax:inbound-listed")
        calm = open_inbound(here.redis) == 0
    except RedisError:
        return False
    faxes = here.sim.control.get("/faxes").json()["data"]
    last = max((fax["created_at"] for fax in faxes if fax["direction"] == "inbound"), default=None)
    # The next listing begins earlier than the time up to which all faxes were listed.
    until = int(listed or 0) / 1000 + Settings.settle_skew
    return calm and (last is None or until > datetime.fromisoformat(last).timestamp())


def _figures(evidence: Evidence, *, seconds: float, settle: float) -> dict[str, Any]:
    report = evidence.report
    events = [event.type for event in evidence.events]
    return {
        "jobs": len(evidence.orders),
        "rows": sum(len(each.numbers) for each in evidence.lists),
        "set_back": len(evidence.gone),
        "forgotten": sum(len(order.job_ids - evidence.views.keys()) for order in evidence.orders),
        "made_again": sum(TAG in job.request.tags for job in evidence.views.values()),
        "attempts": sum(job.attempt for job in evidence.views.values()),
        "posts": report["posts_total"],
        "accepted": report["accepted_total"],
        "accepted_per_attempt": max((sends["accepted"] for sends in report["client_states"].values()), default=0),
        "delivered": report["delivered"],
        "was_unknown": events.count("job.unknown"),
        "conflicts": events.count("job.conflict"),
        "overlaps": report["overlaps"],
        "inbound": len(evidence.inbound),
        "documents": len(evidence.documents),
        "events": len(events),
        "states": {state.value: count for state, count in evidence.counts.items() if count},
        "faults_injected": report["faults_injected"],
        "webhooks": report["webhooks"],
        "seconds": round(seconds, 1),
        "settle_seconds": settle,
    }


class _Operator:
    """The operator: says every few seconds how far the run is, on standard error, and resumes what Telnyx refused."""

    def __init__(self, here: World, director: Director, producers: Producers) -> None:
        self._here = here
        self._director = director
        self._producers = producers
        self._next = self._resumes = 0.0

    def open(self) -> int | None:
        """Count the open jobs, or None while Valkey is away."""
        try:
            return open_jobs(self._here.redis)
        except RedisError:
            return None

    def turn(self) -> None:
        """Resume what was refused, and say how far it is, if it is time."""
        if time.monotonic() >= self._resumes:
            self._resumes = time.monotonic() + _RESUME_EVERY
            self._here.resume()
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _REPORT_EVERY
        still = self.open()
        said = "Valkey is away" if still is None else f"{still} jobs open"
        seconds, injected = self._director.seconds, len(self._director.log)
        line = f"{seconds:5.0f} s: {self._producers.placed} placed, {said}, {injected} injections"
        print(line, file=sys.stderr, flush=True)
