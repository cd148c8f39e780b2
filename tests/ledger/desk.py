"""A ledger with short methods for the steps of many jobs, by a clock that the test controls."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from redis import Redis

from faxdispatch.events import Event
from faxdispatch.jobs import Priority, SendFax
from faxdispatch.ledger import Agenda, Ledger, Limits, Observation, Observations, Rules, Scripts, Suspects, connect
from faxdispatch.states import HoldReason, State
from tests.ledger.steps import START, admit_one, claim_one, put_into_campaign

SENDER = "+14155550299"
EVENT = {"sending": "fax.sending.started"}


class Desk:
    """All classes of the ledger on one empty Redis. Each job has its own number unless the test gives one."""

    def __init__(self, url: str, rules: Rules | None = None) -> None:
        self.url = url
        self.scripts = Scripts(connect(url), rules or Rules(rate=1000, channels=1000))
        self.scripts.now = START
        self.ledger = Ledger(self.scripts)
        self.agenda = Agenda(self.scripts)
        self.limits = Limits(self.scripts)
        self.suspects = Suspects(self.scripts)
        self.observations = Observations(self.scripts)
        self._numbers = 0

    @property
    def redis(self) -> Any:
        return self.scripts.redis

    def later(self, seconds: float) -> None:
        assert self.scripts.now is not None
        self.scripts.now += round(seconds * 1000)

    # Jobs ----------------------------------------------------------------------------------------------------------

    def fax(self, to: str | None = None, group: str | None = None, priority: str = "normal") -> SendFax:
        self._numbers += 1
        number = to or f"+1415{2_000_000 + self._numbers}"
        return SendFax(to=number, media_name="letter", tags=[group] if group else [], priority=Priority(priority))

    def create(self, *names: str, campaign: str | None = None, **options: Any) -> None:
        for name in names:
            self.ledger.create(name, self.fax(**options), source="producer")
            if campaign:
                put_into_campaign(self.redis, name, campaign)

    def admit(self, name: str, connection: str = "c") -> str:
        """Return `go`, `no`, or the reason for which the job is held."""
        reply = admit_one(self.ledger, name, connection=connection, sender=SENDER)
        return str(reply.get("reason", reply["outcome"]))

    def claim(self, name: str, *, cost: int = 0, ladder_step: int = 0) -> str:
        """Return `claimed`, `no`, or the reason for which the job is held."""
        reply = claim_one(
            self.ledger, name, owner=f"worker of {name}", lease=60, facts={}, cost=cost, ladder_step=ladder_step
        )
        return str(reply.get("reason", reply["outcome"]))

    def accept(self, name: str) -> str:
        attempt = self.ledger.job(name).attempt
        return str(self.ledger.accept(name, attempt, f"{name}-{attempt}", source="worker")["outcome"])

    def send(self, name: str, connection: str = "c", *, cost: int = 0, ladder_step: int = 0) -> None:
        """Bring a job to Telnyx; its message has come."""
        assert self.admit(name, connection) == "go"
        assert self.claim(name, cost=cost, ladder_step=ladder_step) == "claimed"
        assert self.accept(name) == "bound"

    def report(
        self, name: str, status: str, reason: str | None = None, *, pages: int | None = None, seconds: int | None = None
    ) -> str:
        """Record an event of Telnyx about the last attempt of a job."""
        attempt = self.ledger.job(name).attempt
        seen = Observation(
            event_id=f"{name}-{attempt}-{status}",
            digest=status,
            event_type=EVENT.get(status, f"fax.{status}"),
            source="webhook",
            fax_id=f"{name}-{attempt}",
            job_id=name,
            attempt=attempt,
            status=status,
            failure_reason=reason,
            page_count=pages,
            duration=seconds,
        )
        return str(self.observations.record(seen)["outcome"])

    def retry(self, name: str, *, spent: int | None = 0, delay: float = 60, **options: Any) -> None:
        attempt = self.ledger.job(name).attempt
        self.ledger.retry(name, attempt, delay=delay, counter="dials", tries={}, facts={}, spent=spent, **options)

    def give_up(self, name: str, *, spent: int | None = 0, blames: bool = False) -> None:
        states = [State.DECIDING, State.SUBMITTING]
        self.ledger.end(
            name, event="job.exhausted", cause="wrong", states=states, spent=spent, blames_number=blames
        )  # fmt: skip

    def postpone(self, name: str, reason: HoldReason = HoldReason.NOT_SENT, **options: Any) -> None:
        attempt = self.ledger.job(name).attempt
        self.ledger.postpone(name, attempt, reason=reason, delay=5, facts={}, **options)

    def many(self, script: str, calls: Iterable[Mapping[str, Any]]) -> None:
        """Run a script many times in a few round trips."""
        text, sha = self.scripts._script(script)
        with self.redis.pipeline(transaction=False) as pipe:
            pipe.script_load(text)
            for arguments in calls:
                pipe.evalsha(sha, 0, self.scripts.arguments(**arguments))
            pipe.execute()

    def let_wait(self, names: Sequence[str], connection: str = "c", **options: Any) -> None:
        """Record many jobs and let each be looked at once, so that they wait where nothing is free."""
        for name in names:
            self.create(name, **options)
        self.admit_all(names, connection)

    def admit_all(self, names: Sequence[str], connection: str = "c") -> None:
        """Let each of many recorded jobs be looked at once."""
        asked = [{"job": name, "connection": connection, "sender": SENDER} for name in names]
        self.many("admit", [{"jobs": [one], "source": "worker"} for one in asked])

    # Observations --------------------------------------------------------------------------------------------

    def state(self, name: str) -> State:
        return self.ledger.job(name).state

    def picked(self) -> list[str]:
        return [picked.job_id for picked in self.agenda.pick()]

    def waiting(self, connection: str = "c") -> list[str]:
        found: list[str] = self.redis.zrange(f"fax:waiting:{connection}", 0, -1)
        return found

    def number(self, name: str) -> str:
        return str(self.ledger.job(name).request.to)

    def published(self, kind: str) -> list[Event]:
        events = [Event.from_fields(fields) for _, fields in self.redis.xrange("fax:events")]
        return [event for event in events if event.type == kind]

    def calls(self) -> Counter[str]:
        """How often each script and each command ran, by Redis' own count.

        The first, failing call of a script that the server does not know yet depends on earlier tests, so it is left
        out.
        """
        stats = self.redis.info("commandstats")
        return Counter(
            {name.removeprefix("cmdstat_"): facts["calls"] - facts["failed_calls"] for name, facts in stats.items()}
        )

    def another(self) -> "Desk":
        """Another process at the same ledger, at the same time."""
        other = Desk.__new__(Desk)
        other.__dict__ |= self.__dict__
        other.scripts = Scripts(connect(self.url), self.scripts.rules)
        other.scripts.now = self.scripts.now
        other.ledger, other.agenda = Ledger(other.scripts), Agenda(other.scripts)
        other.limits, other.observations = Limits(other.scripts), Observations(other.scripts)
        return other


def everything_is_free(redis: Redis) -> bool:
    """Return whether nobody holds a channel or a number, and nobody was promised a slot."""
    return not any([*redis.scan_iter("fax:calls*"), *redis.scan_iter("fax:line:*"), *redis.scan_iter("fax:granted:*")])
