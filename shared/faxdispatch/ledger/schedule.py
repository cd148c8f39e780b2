"""Which jobs must be looked at now, and which process does it."""

import os
import socket
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from faxdispatch.ledger.scripts import Scripts, redis_trouble
from faxdispatch.states import State

_RENEW = (
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) else return 0 end"
)
_YIELD = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) else return 0 end"


@dataclass(frozen=True, slots=True)
class Appointment:
    """A job whose time has come."""

    job_id: str
    state: State
    attempt: int
    fax_id: str | None
    cancel_requested: bool
    hints: int
    """How many messages workers got about it since its last attempt, including this one."""


@dataclass(frozen=True, slots=True)
class Picked:
    """A waiting job that was given a channel."""

    job_id: str
    urgent: bool
    row: bool
    """It is a row of a campaign."""


class Agenda:
    """The appointments of all open jobs, and the lease of the one scheduler that keeps them. Times are in seconds.

    A scheduler may do everything twice without harm; the lease only saves work.
    """

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        # `fax:leader` names the process that leads; process ids are reused, so the rest makes the name unique.
        self._name = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex}"
        self._renew = self._redis.register_script(_RENEW)
        self._yield = self._redis.register_script(_YIELD)

    @property
    def _redis(self) -> Any:
        # redis-py's types cannot say that replies are text.
        return self._scripts.redis

    def lead(self, *, lease: float) -> bool:
        """Become or stay the leader for `lease` seconds. Return False if another process leads."""
        millis = round(lease * 1000)
        with redis_trouble():
            if self._redis.set("fax:leader", self._name, nx=True, px=millis):
                return True
            return bool(self._renew(keys=["fax:leader"], args=[self._name, millis]))

    def resign(self) -> None:
        """Let another process lead at once."""
        with redis_trouble():
            self._yield(keys=["fax:leader"], args=[self._name])

    def due(self, *, limit: int = 500) -> list[Appointment]:
        """Take the appointments that have come; each job's next one is already set."""
        found = self._scripts.run("due", limit=limit)["jobs"]
        return [
            Appointment(
                job_id=job["job"],
                state=State(job["state"]),
                attempt=job["attempt"],
                fax_id=job["fax_id"] or None,
                cancel_requested=job["cancel"],
                hints=job["hints"],
            )
            for job in found
            # A job in a state of a later version is left to that version's workers; it keeps its next appointment.
            if job["state"] in set(State)
        ]

    def pick(self, *, limit: int = 500) -> list[Picked]:
        """Give free channels to waiting jobs, best first. Return those jobs; each needs a message to a worker."""
        found = self._scripts.run("pick", limit=limit, source="scheduler")["jobs"]
        return [Picked(job["job"], urgent=job["urgent"], row=job["row"]) for job in found]

    def surplus_faxes(self, *, again_after: float = 60) -> list[str]:
        """Take the ids of faxes to be cancelled at Telnyx; each comes again until `surplus_gone`."""
        return self._take("fax:strays", again_after)

    def deletions(self, *, limit: int = 100, again_after: float = 600) -> list[str]:
        """Take the ids of faxes to be deleted at Telnyx; each comes again until `deleted`."""
        return self._take("fax:deletions", again_after, limit)

    def is_to_be_deleted(self, fax_id: str) -> bool:
        """Return whether a fax is still to be deleted at Telnyx: its document may have become wanted meanwhile."""
        with redis_trouble():
            return self._redis.zscore("fax:deletions", fax_id) is not None

    def deleted(self, fax_id: str) -> None:
        """Record that a fax is deleted at Telnyx; an event reports it once."""
        self._scripts.run("deleted", fax_id=fax_id, source="worker")

    def surplus_gone(self, fax_id: str) -> None:
        """Remove a fax from the list of surplus faxes."""
        with redis_trouble():
            self._redis.zrem("fax:strays", fax_id)

    def _take(self, key: str, again_after: float, limit: int = 100) -> list[str]:
        now = self._scripts.clock()
        with redis_trouble():
            fax_ids: list[str] = self._redis.zrangebyscore(key, "-inf", now, start=0, num=limit)
            if fax_ids:
                self._redis.zadd(key, dict.fromkeys(fax_ids, now + again_after * 1000), xx=True)
        return fax_ids

    def overdue(self) -> float:
        """Return the seconds for which the oldest overdue appointment has waited; 0 if none is overdue."""
        with redis_trouble():
            first = self._redis.zrange("fax:agenda", 0, 0, withscores=True)
            seconds, micros = self._redis.time()
        return max(0.0, seconds + micros / 1e6 - first[0][1] / 1000) if first else 0.0
