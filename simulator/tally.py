"""Counters for the judge of a test: calls, posts and faxes per client_state, refusals, webhooks."""

import math
import time
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from typing import Any

from aiohttp.web import AbstractResource

from simulator.clock import now, stamp
from simulator.store import Fax

# Maximum number of examples, which is enough to find a mistake.
KEPT_VIOLATIONS = 5000


@dataclass(slots=True)
class Sends:
    """The counts of one client_state."""

    posts: int = 0
    faxes: list[Fax] = field(default_factory=list)


class CallMeter:
    """Counts API calls in a sliding window of one second, and limits them if asked."""

    def __init__(self) -> None:
        self._all: deque[float] = deque()
        self._allowed: deque[float] = deque()
        self.most_in_a_second = 0
        self.total = 0

    def note(self) -> None:
        """Count a call, whatever its result."""
        moment = time.monotonic()
        self.total += 1
        self._all.append(moment)
        _forget(self._all, moment)
        self.most_in_a_second = max(self.most_in_a_second, len(self._all))

    def admit(self, limit: int | None) -> tuple[bool, int, int]:
        """Return whether the limit allows a call, how many calls are left, and the seconds until there are more."""
        allowed, moment = self._allowed, time.monotonic()
        _forget(allowed, moment)
        ceiling = 2000 if limit is None else limit
        admitted = limit is None or len(allowed) < limit
        if admitted:
            allowed.append(moment)
        reset = math.ceil(allowed[0] + 1 - moment) if allowed else 1
        return admitted, max(0, ceiling - len(allowed)), max(1, reset)


def _forget(calls: deque[float], moment: float) -> None:
    while calls and calls[0] <= moment - 1:
        calls.popleft()


class Tally:
    """All counters of one run."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Start counting again."""
        self.meter = CallMeter()
        self.calls: Counter[str] = Counter()
        self.sends: defaultdict[str, Sends] = defaultdict(Sends)
        self.posts = 0
        self.accepted = 0
        self.endings: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.overlaps = 0
        self.webhooks: Counter[str] = Counter()
        self.inbound = 0
        self.downloads: Counter[str] = Counter()
        self.refreshes = 0
        self.deleted = 0
        self.violations: deque[dict[str, Any]] = deque(maxlen=KEPT_VIOLATIONS)
        self.violations_total = 0

    def count(self, method: str, resource: AbstractResource | None) -> None:
        """Count a call of the API, whatever its result."""
        self.meter.note()
        path = resource.canonical if resource else "(unknown)"
        self.calls[f"{method} {path.removeprefix('/v2')}"] += 1

    def post(self, client_state: str | None) -> int:
        """Count one POST /faxes; return how many there were with this client_state."""
        self.posts += 1
        sends = self.sends[client_state or ""]
        sends.posts += 1
        return sends.posts

    def accept(self, fax: Fax) -> None:
        """Count a fax that was created."""
        self.accepted += 1
        self.sends[fax.client_state or ""].faxes.append(fax)

    def end(self, status: str, reason: str | None) -> None:
        """Count an outbound fax that has ended."""
        self.endings[status] += 1
        if status == "failed":
            self.reasons[reason or ""] += 1

    def refuse(self, call: str, status: int, body: dict[str, Any], *, injected: bool, about: str | None) -> None:
        """Record a request that was answered with 4xx."""
        first = body["errors"][0]
        self.violations_total += 1
        self.violations.append(
            {
                "at": stamp(now()),
                "request": call,
                "status": status,
                "code": first["code"],
                "reason": " ".join(each.get("detail", each["title"]) for each in body["errors"]),
                "source": first.get("source"),
                "client_state": about,
                "injected": injected,
            }
        )
