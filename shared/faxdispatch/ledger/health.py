"""The figures that an operator watches, read in one round trip at a cost that does not grow with the jobs."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from faxdispatch.ledger.presence import Presence
from faxdispatch.ledger.scripts import Scripts, redis_trouble
from faxdispatch.states import OPEN, State

UNREAD = "fax:unread"
"""JSON: where messages for our workers lie unread, and how many."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures to watch. Times are in seconds."""

    oldest: dict[State, float]
    """For each open state, how long the job that entered it first has been there; 0 if there is none.

    For `accepted`, how long Telnyx has been silent about it.
    """
    dead_letters: int
    strays: int
    """Surplus faxes, to be cancelled at Telnyx."""
    quarantined: int
    """Signed webhooks that could not be read or belong to a connection that is not ours."""
    documents_wanted: int
    """Documents of inbound faxes that are not here yet; if nothing is stored, all of them."""
    documents_given_up: int
    """Documents of inbound faxes that could not be fetched; a person must decide."""
    workers: int
    """Worker processes that have reported lately."""
    workers_clock_ahead: float | None
    """How far the clock of the worker that is furthest off is ahead of Redis'; below 0 it is behind."""
    telnyx_clock_ahead: float | None
    """How far Telnyx's clock is ahead, as the workers see it, or None if Telnyx has answered nothing lately."""
    ledger_behind: bool
    """The ledger went back in time, and nothing is sent before it is recovered."""
    inbound_behind: float | None
    """Seconds since the time at which the next listing of inbound faxes begins, or None if none was complete yet."""
    leader: str | None
    """The worker whose scheduler leads, or None if none does."""
    questions: int
    """Producers' questions to Telnyx that wait for their share of the rate, or are being asked."""
    unread: dict[str, int]
    """Messages for our workers in places that no worker reads, by place, as the leader last saw them."""


class Watch:
    """Reads the figures of one Redis."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts

    def figures(self) -> Figures:
        """Read them. Raises `Unavailable` if Redis did not answer."""
        now = self._scripts.clock()
        states = sorted(OPEN)
        with redis_trouble(), self._scripts.redis.pipeline(transaction=False) as pipe:
            pipe.zcount("fax:deadletters", self._scripts.oldest_kept(), "+inf")
            pipe.zcard("fax:strays")
            pipe.xlen("fax:quarantine")
            pipe.zcard("fax:documents:wanted")
            pipe.zcard("fax:documents:given_up")
            pipe.get("fax:inbound-listed")
            pipe.get("fax:leader")
            pipe.get(UNREAD)
            pipe.hexists("fax:ledger", "behind")
            pipe.hlen("fax:questions")
            for state in states:
                pipe.zrange(f"fax:since:{state}", 0, 0, withscores=True)
            found = pipe.execute()
        dead_letters, strays, quarantined, wanted, given_up, listed, leader, unread, behind, questions, *first = found
        workers = Presence(self._scripts).all()
        return Figures(
            oldest={
                state: max(0.0, (now - found[0][1]) / 1000) if found else 0.0
                for state, found in zip(states, first, strict=True)
            },
            dead_letters=dead_letters,
            strays=strays,
            quarantined=quarantined,
            documents_wanted=wanted,
            documents_given_up=given_up,
            workers=len(workers),
            workers_clock_ahead=_worst(worker.own_clock_ahead for worker in workers),
            telnyx_clock_ahead=_worst(worker.telnyx_ahead for worker in workers),
            inbound_behind=max(0.0, (now - int(listed)) / 1000) if listed else None,
            leader=leader,
            unread=json.loads(unread) if unread else {},
            ledger_behind=bool(behind),
            questions=questions,
        )

    def note_unread(self, found: dict[str, int], *, kept: float) -> None:
        """Record where unread messages are; the record expires after `kept` seconds. Raises `Unavailable`."""
        with redis_trouble():
            self._scripts.redis.set(UNREAD, json.dumps(found), px=round(kept * 1000))


def _worst(seconds: Iterable[float | None]) -> float | None:
    return max((each for each in seconds if each is not None), key=abs, default=None)
