"""The ledger against many thousand orders of steps and crashes.

A seeded walk chooses among all that could happen next and checks every promise after each step; a failure names its
seed and its steps. The model plays all others: workers that may die between any two steps, a Telnyx that accepts with
or without an answer, webhooks that come early, late, twice or never, listings that lag or fail, a clock that jumps.
The Lua is the real one, on a real Valkey. What the model may assume is what the documents promise: a claim's call
leaves before half of its lease is over, and a listing shows a fax within the settle time.
"""

import json
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import pytest
from redis import Redis

from faxdispatch.jobs import SendFax
from faxdispatch.ledger import Agenda, Ledger, Observation, Observations, Rules, Scripts, connect
from faxdispatch.states import MOVES, OPEN, TERMINAL, HoldReason, State, Verdict

LEASE, SETTLE, LAG, LISTINGS = 60, 600, 300, 3
RANKS = ["queued", "media.processed", "sending", "delivered"]
T = TypeVar("T")
POSTPONED = {"429": HoldReason.RATE_LIMITED, "not sent": HoldReason.NOT_SENT}
EVENT = {"sending": "fax.sending.started"}


def number_of(job: str) -> str:
    """Give one of three numbers, so that jobs meet on the line."""
    return f"+1415555010{int(job[1:]) % 3}"


@dataclass
class Call:
    """A worker in the middle of an attempt."""

    job: str
    attempt: int
    claimed_at: float
    answer: str | None = None
    fax: str | None = None


@dataclass
class Fax:
    """A fax at Telnyx."""

    id: str
    job: str
    attempt: int
    at: float
    status: str = "queued"
    told: list[str] = field(default_factory=list)

    @property
    def over(self) -> bool:
        return self.status in {"delivered", "failed"}


class World:
    def __init__(self, url: str, seed: int) -> None:
        self.random = random.Random(seed)
        self.steps: list[str] = []
        self.crowd = self.random.randint(1, 4)
        self.tempers: defaultdict[str, float] = defaultdict(lambda: self.one([0.2, 1, 1, 5]))
        self.redis: Redis = connect(url)
        self.redis.flushall()
        self.scripts = Scripts(self.redis, Rules(channels=2))
        self.scripts.now = 1_790_000_000_000
        self.ledger = Ledger(self.scripts)
        self.agenda = Agenda(self.scripts)
        self.observations = Observations(self.scripts)
        self.messages: list[str] = []
        self.admitted: list[str] = []
        self.calls: list[Call] = []
        self.reconciles: list[str] = []
        self.faxes: list[Fax] = []
        self.webhooks: list[Observation] = []
        self.posts: dict[tuple[str, int], int] = {}
        self.created: set[str] = set()
        self.ended: dict[str, State] = {}
        self.states: dict[str, State] = {}
        self.cancelled: set[str] = set()
        self.looks = 0
        self.owners = 0

    # Helpers -------------------------------------------------------------------------------------------------------

    @property
    def now(self) -> float:
        assert self.scripts.now is not None
        return self.scripts.now / 1000

    @property
    def open(self) -> list[str]:
        return [job for job in sorted(self.created) if self.states.get(job, State.QUEUED) not in TERMINAL]

    @property
    def unknown(self) -> list[str]:
        return [job for job in self.open if self.states.get(job) is State.UNKNOWN]

    def advance(self, seconds: float) -> None:
        assert self.scripts.now is not None
        self.scripts.now += round(seconds * 1000)

    def state(self, job: str) -> State:
        return self.ledger.job(job).state

    def webhook(self, fax: Fax, status: str, reason: str | None = None) -> Observation:
        fax.told.append(status)
        return Observation(
            event_id=f"{fax.id}-{status}",
            digest=status,
            event_type=EVENT.get(status, f"fax.{status}"),
            source="webhook",
            fax_id=fax.id,
            job_id=fax.job,
            attempt=fax.attempt,
            status=status,
            connection_id="c1",
            failure_reason=reason,
        )

    # Producers -----------------------------------------------------------------------------------------------------

    def create(self) -> None:
        self._create(f"j{len(self.created)}", "created")

    def repeat(self) -> None:
        self._create(self.one(sorted(self.created)), "same")

    def _create(self, job: str, expected: str) -> None:
        fax = SendFax(to=number_of(job), media_name="letter", idempotency_key=f"key-{job}")
        assert self.ledger.create(job, fax, source="producer")["outcome"] == expected
        self.created.add(job)
        self.messages.append(job)

    def cancel(self) -> None:
        job = self.one(self.open)
        self.ledger.cancel(job, source="producer")
        self.cancelled.add(job)

    # The broker ----------------------------------------------------------------------------------------------------

    def deliver_message(self) -> None:
        job = self.take(self.messages)
        fate = self.one(["once", "once", "once", "twice", "lost"])
        if fate == "twice":
            self.messages.append(job)
        if fate != "lost" and self.ledger.admit(job, connection="c1", sender="+1")["outcome"] == "go":
            self.admitted.append(job)

    # Workers -------------------------------------------------------------------------------------------------------

    def claim(self) -> None:
        job = self.take(self.admitted)
        before = self.ledger.job(job)
        self.owners += 1
        reply = self.ledger.claim(job, owner=f"w{self.owners}", lease=LEASE, facts={})
        if self.chance(0.2):
            repeated = self.ledger.claim(job, owner=f"w{self.owners}", lease=LEASE, facts={})
            assert repeated == reply or reply["outcome"] == "no"
        if reply["outcome"] != "claimed":
            return
        assert before.state in {State.QUEUED, State.HELD}
        alive = [f for f in self.faxes if f.job == job and f.status != "failed"]
        assert not alive, f"attempt {reply['attempt']} was claimed while {alive} may arrive"
        if self.chance(0.9):
            self.calls.append(Call(job, reply["attempt"], self.now))

    def call_telnyx(self) -> None:
        call = self.one([c for c in self.calls if c.answer is None])
        if self.now >= call.claimed_at + LEASE / 2:
            call.answer = "not sent"
            return
        call.answer = self.one(
            ["accepted"] * 3 + ["accepted, no answer"] * 2 + ["refused", "429", "no answer", "not sent"]
        )
        if call.answer == "not sent":
            return
        key = (call.job, call.attempt)
        self.posts[key] = self.posts.get(key, 0) + 1
        assert self.posts[key] == 1, f"{key} was posted twice"
        if call.answer.startswith("accepted"):
            self.faxes.append(Fax(f"f{len(self.faxes)}", call.job, call.attempt, self.now))
            call.fax = self.faxes[-1].id

    def record(self) -> None:
        call = self.one([c for c in self.calls if c.answer])
        self.calls.remove(call)
        for _ in range(self.one([0, 1, 1, 1, 2])):
            self._record(call)

    def _record(self, call: Call) -> None:
        if call.answer == "accepted":
            assert call.fax
            outcome = self.ledger.accept(call.job, call.attempt, call.fax, source="worker")["outcome"]
            assert outcome in {"bound", "same", "earlier"}, outcome
        elif call.answer == "refused":
            self.ledger.end(
                call.job,
                event="job.rejected",
                cause="422",
                states=[State.SUBMITTING, State.UNKNOWN],
                attempt=call.attempt,
            )
        elif call.answer in {"429", "not sent"}:
            self.ledger.postpone(call.job, call.attempt, reason=POSTPONED[call.answer], delay=5, facts={})
        else:
            self.ledger.doubt(call.job, call.attempt, cause="no_answer", look_after=15, facts={})

    # Telnyx --------------------------------------------------------------------------------------------------------

    def progress(self) -> None:
        fax = self.one([f for f in self.faxes if not f.over])
        if self.chance(0.3):
            fax.status = "failed"
            self.webhooks.append(self.webhook(fax, "failed", "user_busy"))
            return
        if fax.status not in fax.told:
            self.webhooks.append(self.webhook(fax, fax.status))
        fax.status = RANKS[RANKS.index(fax.status) + 1]
        self.webhooks.append(self.webhook(fax, fax.status))

    def deliver_webhook(self) -> None:
        seen = self.take(self.webhooks)
        fate = self.one(["once", "once", "twice", "lost"])
        if fate == "lost":
            return
        outcome = self.observations.record(seen)["outcome"]
        assert outcome in {"recorded", "overtaken", "duplicate"}, outcome
        if fate == "twice":
            assert self.observations.record(seen)["outcome"] == "duplicate"

    # The scheduler -------------------------------------------------------------------------------------------------

    def time_passes(self) -> None:
        self.advance(self.one([1, 20, 31, 31, 61, 61, 61, 150, SETTLE + 1]))
        self.tick()

    def tick(self) -> None:
        for due in self.agenda.due():
            if due.state in {State.QUEUED, State.HELD}:
                self.messages.append(due.job_id)
            elif due.state is State.SUBMITTING:
                self.ledger.doubt(due.job_id, due.attempt, cause="lease", look_after=15, facts={}, source="scheduler")
            elif due.state is State.UNKNOWN:
                self.reconciles.append(due.job_id)
            elif due.state is State.ACCEPTED:
                self._poll(due.fax_id)
            else:
                self._decide(due.job_id)
        self.messages += [picked.job_id for picked in self.agenda.pick()]
        assert self.agenda.strays() == [], "a fax too many"

    def _poll(self, fax_id: str | None) -> None:
        fax = next(f for f in self.faxes if f.id == fax_id)
        if fax.job in self.cancelled and not fax.over:
            fax.status = "failed"
        reason = "user_busy" if fax.status == "failed" else None
        seen = self.webhook(fax, fax.status, reason)
        self.observations.record(
            Observation(
                event_id=f"poll:{fax.id}:{fax.status}",
                digest=fax.status,
                event_type=seen.event_type,
                source="poll",
                fax_id=fax.id,
                status=fax.status,
                failure_reason=reason,
            )
        )

    def _decide(self, job_id: str) -> None:
        job = self.ledger.job(job_id)
        if job.dials >= 2:
            self.ledger.end(job_id, event="job.exhausted", cause="busy", states=[State.DECIDING], attempt=job.attempt)
        else:
            self.ledger.retry(job_id, job.attempt, delay=60, counter="dials", tries={"busy": job.dials + 1}, facts={})

    def reconcile(self) -> None:
        job_id = self.take(self.reconciles)
        if self.chance(0.8):
            self._look(job_id, again=self.chance(0.2))

    def _look(self, job_id: str, *, again: bool) -> None:
        job = self.ledger.job(job_id)
        if job.state is not State.UNKNOWN:
            return
        self.looks += 1
        # A listing shows a fax once the lag is over; before, it may or may not.
        found = [f for f in self.faxes if f.job == job.job_id and f.attempt == job.attempt and f.at + LAG <= self.now]
        for _ in range(2 if again else 1):
            if found:
                self.ledger.accept(job.job_id, job.attempt, found[0].id, source="listing")
            else:
                self.ledger.not_listed(
                    job.job_id, job.attempt, look=f"look{self.looks}", settle=SETTLE, enough=LISTINGS
                )

    # The operator --------------------------------------------------------------------------------------------------

    def resolve(self) -> None:
        """Look into Telnyx's portal, which is always right, and say what is there."""
        job = self.ledger.job(self.one(self.unknown))
        fax = next((f.id for f in self.faxes if f.job == job.job_id and f.attempt == job.attempt), None)
        verdict = Verdict.ACCEPTED if fax else self.one([Verdict.NOT_SENT, Verdict.NOT_SENT, Verdict.FAILED])
        for expected in ["resolved", "repeated"][: self.one([1, 2])]:
            reply = self.ledger.resolve(job.job_id, verdict, fax_id=fax, attempt=job.attempt, reason="seen")
            assert reply["outcome"] == expected, reply

    # The walk ------------------------------------------------------------------------------------------------------

    def one(self, choices: Sequence[T]) -> T:
        return self.random.choice(choices)

    def take(self, things: list[T]) -> T:
        return things.pop(self.random.randrange(len(things)))

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def step(self) -> None:
        possible: list[tuple[bool, Callable[[], None]]] = [
            (len(self.open) < self.crowd, self.create),
            (bool(self.created) and self.chance(0.1), self.repeat),
            (bool(self.open) and self.chance(0.1), self.cancel),
            (bool(self.messages), self.deliver_message),
            (bool(self.admitted), self.claim),
            (any(c.answer is None for c in self.calls), self.call_telnyx),
            (any(c.answer for c in self.calls), self.record),
            (any(not f.over for f in self.faxes), self.progress),
            (bool(self.webhooks), self.deliver_webhook),
            (True, self.time_passes),
            (bool(self.reconciles), self.reconcile),
            (bool(self.unknown) and self.chance(0.2), self.resolve),
        ]
        # Each walk has its own tempers: in one webhooks are slow, in another workers, in a third the clock races.
        weights = [self.tempers[action.__name__] if enabled else 0 for enabled, action in possible]
        action = self.random.choices([action for _, action in possible], weights)[0]
        self.steps.append(action.__name__)
        action()

    def check(self) -> None:
        self.terminal_states_absorb()
        self.every_open_job_has_exactly_one_place()
        self.channels_and_lines_belong_to_jobs_in_flight()
        self.counts_add_up()
        self.the_index_of_states_agrees_with_the_rows()
        self.one_fax_at_most_arrives_for_each_job()

    # Promises ------------------------------------------------------------------------------------------------------

    def terminal_states_absorb(self) -> None:
        for job in self.created:
            state = self.state(job)
            before = self.states.get(job, State.QUEUED)
            if before in TERMINAL:
                assert state is before
            self.states[job] = state

    def histories_have_no_gaps_and_agree_with_the_stream(self) -> None:
        streamed: dict[str, list[tuple[int, str]]] = {}
        for _, entry in self.redis.xrange("fax:events"):
            streamed.setdefault(entry["job_id"], []).append((int(entry["seq"]), entry["id"]))
        for job in self.created:
            history = [json.loads(line) for line in self.redis.lrange(f"fax:history:{job}", 0, -1)]
            assert [int(e["seq"]) for e in history] == list(range(1, len(history) + 1))
            assert [(int(e["seq"]), e["id"]) for e in history] == streamed[job]

    def every_open_job_has_exactly_one_place(self) -> None:
        agenda = set(self.redis.zrange("fax:agenda", 0, -1))
        lines = [set(self.redis.zrange(k, 0, -1)) for k in self.redis.scan_iter("fax:*waiting*")]
        for job in self.created:
            places = sum(job in place for place in [agenda, *lines])
            assert places == (0 if self.state(job) in TERMINAL else 1), (job, self.state(job), places)

    def channels_and_lines_belong_to_jobs_in_flight(self) -> None:
        flying = set(self.redis.smembers("fax:calls:c1"))
        for job in flying:
            row = self.ledger.job(job)
            granted = self.redis.hget(f"fax:job:{job}", "granted") == "1"
            assert row.state in {State.SUBMITTING, State.ACCEPTED} or (
                granted and row.state in {State.QUEUED, State.HELD}
            ), (job, row.state)
        for job in self.created:
            if self.state(job) in {State.SUBMITTING, State.ACCEPTED}:
                assert job in flying
        for number in {number_of(j) for j in self.created}:
            holder = self.redis.get(f"fax:line:{number}")
            up = [
                j for j in self.created
                if number_of(j) == number and self.state(j) in {State.SUBMITTING, State.UNKNOWN, State.ACCEPTED}
            ]  # fmt: skip
            assert len(up) <= 1, "two faxes to one number"
            assert not up or holder == up[0]

    def counts_add_up(self) -> None:
        counts = self.ledger.counts()
        for state in State:
            assert counts[state] == sum(self.state(j) is state for j in self.created), state

    def the_index_of_states_agrees_with_the_rows(self) -> None:
        for state in State:
            since = dict(self.redis.zrange(f"fax:since:{state}", 0, -1, withscores=True))
            here = {job for job in self.created if state in OPEN and self.state(job) is state}
            assert since.keys() == here, (state, since, here)
            assert all(0 < moment <= self.now * 1000 for moment in since.values())

    def one_fax_at_most_arrives_for_each_job(self) -> None:
        for job in self.created:
            assert sum(f.status != "failed" for f in self.faxes if f.job == job) <= 1

    def calm(self) -> None:
        """The faults stop: every job ends, and delivered means delivered."""
        self.calls.clear()
        self.admitted.clear()
        for _ in range(60):
            if all(self.state(j) in TERMINAL for j in self.created):
                break
            self.advance(120)
            self.tick()
            while self.messages:
                self._work(self.messages.pop())
            while self.reconciles:
                self._look(self.reconciles.pop(), again=False)
            for fax in [f for f in self.faxes if not f.over]:
                fax.status = "delivered"
                self.observations.record(self.webhook(fax, "delivered"))
        for job in self.created:
            state = self.state(job)
            assert state in TERMINAL, (job, state, self.ledger.job(job, history=True))
            assert (state is State.DELIVERED) == any(f.status == "delivered" for f in self.faxes if f.job == job)
            assert state is not State.CANCELLED or job in self.cancelled
        self.redis.close()

    def _work(self, job: str) -> None:
        if self.ledger.admit(job, connection="c1", sender="+1")["outcome"] != "go":
            return
        reply = self.ledger.claim(job, owner=f"end{self.now}", lease=LEASE, facts={})
        if reply["outcome"] == "claimed":
            call = Call(job, reply["attempt"], self.now)
            self.posts[job, call.attempt] = self.posts.get((job, call.attempt), 0) + 1
            assert self.posts[job, call.attempt] == 1
            self.faxes.append(Fax(f"f{len(self.faxes)}", job, call.attempt, self.now))
            call.answer, call.fax = "accepted", self.faxes[-1].id
            self._record(call)


@pytest.mark.parametrize("seed", range(16))
def test_no_order_of_steps_and_crashes_loses_or_doubles_a_fax(redis_url: str, seed: int) -> None:
    world = World(redis_url, seed)
    try:
        for number in range(250):
            world.step()
            world.check()
            if number % 20 == 0:
                world.histories_have_no_gaps_and_agree_with_the_stream()
        world.calm()
    except AssertionError as error:
        raise AssertionError(f"seed {seed}: {error}\nsteps: {' '.join(world.steps)}") from error


def test_the_table_of_moves_has_no_way_out_of_a_terminal_state() -> None:
    assert all(not MOVES[state] for state in TERMINAL)
    assert set(MOVES) == set(State)
