"""The ledger against many thousand orders of steps and crashes.

A seeded walk chooses among all that could happen next and checks every promise after each step; a failure names its
seed and its steps. The model plays all others: workers that may die between any two steps, a Telnyx that accepts with
or without an answer, webhooks that come early, late, twice or never, listings that lag or fail, a clock that jumps.
Channels, money, rate and numbers run out; operators pause, resume and release. The Lua is the real one, on a real
Valkey. What the model may assume is what the documents promise: a claim's call leaves before half of its lease is over,
and a listing shows a fax within the settle time.
"""

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from redis import Redis

from faxdispatch.jobs import Priority, SendFax
from faxdispatch.ledger import (
    Agenda,
    CallOutcome,
    JobView,
    Ledger,
    Limits,
    Observation,
    Observations,
    Rules,
    Scope,
    Scripts,
    Suspects,
    connect,
)
from faxdispatch.ledger.index import BLOCK, Index, Looked
from faxdispatch.states import MOVES, OPEN, TERMINAL, WAIVABLE, HoldReason, State, Verdict
from tests.ledger.desk import everything_is_free
from tests.ledger.snapshot import Snapshot
from tests.ledger.steps import admit_one, claim_one, put_into_campaign
from tests.ledger.walk import SeededWalk

LEASE, SETTLE, LAG, LISTINGS = 60, 600, 300, 3
CONNECTIONS = ("c1", "c2")
CAMPAIGN, CAMPAIGN_CAP = "spring", 30
RANKS = ["queued", "media.processed", "sending", "delivered"]
POSTPONED: dict[str, tuple[HoldReason, Scope | None]] = {
    "429": (HoldReason.RATE_LIMITED, None),
    "not sent": (HoldReason.NOT_SENT, None),
    "not reached": (HoldReason.NOT_SENT, None),
    "connection full": (HoldReason.NO_CHANNEL_AT_TELNYX, "connection"),
    "account full": (HoldReason.NO_CHANNEL_AT_TELNYX, "account"),
}
CALLS: dict[str, CallOutcome] = {
    "not reached": "unreachable",
    "connection full": "answered",
    "account full": "answered",
}
"""What the connection learns of a call that created nothing."""
FAILURES: dict[str, Scope | None] = {
    "user_busy": None, "receiver_unallocated_number": None, "user_channel_limit_exceeded": "account",
    "connection_channel_limit_exceeded": "connection",
}  # fmt: skip
"""Why a fax fails, and what was out of channels then."""
EVENT = {"sending": "fax.sending.started"}


def number_of(job: str) -> str:
    """Return one of three numbers, so that jobs meet on the line."""
    return f"+1415555010{int(job[1:]) % 3}"


@dataclass
class Call:
    """A worker in the middle of an attempt."""

    job: str
    attempt: int
    claimed_at: float
    cost: int
    answer: str | None = None
    fax: str | None = None


@dataclass
class Fax:
    """A fax at Telnyx."""

    id: str
    job: str
    attempt: int
    at: float
    cost: int
    status: str = "queued"
    reason: str | None = None
    told: list[str] = field(default_factory=list)

    @property
    def over(self) -> bool:
        return self.status in {"delivered", "failed"}


class World(SeededWalk):
    def __init__(self, url: str, seed: int) -> None:
        super().__init__(seed)
        self.crowd = self.random.randint(1, 6)
        self.redis: Redis = connect(url)
        self.redis.flushall()
        self.rules = Rules(
            rate=self.one([1, 20, 1000]),
            connection_rate=self.one([None, 2]),
            channels=self.one([2, "auto"]),
            account_channels=self.one([3, "auto"]),
            call_lease=self.one([1200, 10_800]),
            page_price=0.000001,
            minute_price=0,
            day_cap=self.one([None, 0.00004, 0.0001]),
            quarantine=600,
            quarantine_after=1,
        )
        self.scripts = Scripts(self.redis, self.rules)
        self.scripts.now = 1_790_000_000_000
        self.redis.hset(f"fax:campaign:{CAMPAIGN}", "cap", CAMPAIGN_CAP)
        self.limits = Limits(self.scripts)
        self.suspects = Suspects(self.scripts)
        self.shut_until = 0.0
        self.paused: dict[str, float] = {}
        self.rows: dict[str, JobView] = {}
        self.raw: dict[str, dict[str, str]] = {}
        self.seen = Snapshot(self.redis)
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
    def held(self) -> list[str]:
        return [job for job in self.open if self.states.get(job) is State.HELD]

    @property
    def unknown(self) -> list[str]:
        return [job for job in self.open if self.states.get(job) is State.UNKNOWN]

    def advance(self, seconds: float) -> None:
        assert self.scripts.now is not None
        self.scripts.now += round(seconds * 1000)
        if seconds > 5:
            self.redis.delete("fax:channels:cut", *(f"fax:channels:{connection}:cut" for connection in CONNECTIONS))

    def by_our_clock(self, *keys: str) -> None:
        """Keep what Redis would forget by its own clock."""
        for key in keys:
            self.redis.persist(key)

    def connection_of(self, job: str) -> str:
        """Return the connection that its number goes by, now and then the other one."""
        return CONNECTIONS[(int(job[1:]) + self.chance(0.1)) % 2]

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
            page_count=self.random.randint(0, fax.cost) if status == "delivered" else None,
            duration=30 if status == "delivered" else None,
        )

    # Producers -----------------------------------------------------------------------------------------------------

    def create(self) -> None:
        self._create(f"j{len(self.created)}", "created")

    def repeat(self) -> None:
        self._create(self.one(sorted(self.created)), "same")

    def _create(self, job: str, expected: str) -> None:
        number = int(job[1:])
        fax = SendFax(
            to=number_of(job),
            media_name="letter",
            idempotency_key=f"key-{job}",
            priority=list(Priority)[number // 3 % 3],
            tags=[f"group-{number % 4}"],
        )
        assert self.ledger.create(job, fax, source="producer")["outcome"] == expected
        if number % 5 == 0 and expected == "created":
            put_into_campaign(self.redis, job, CAMPAIGN)
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
        if fate == "lost":
            return
        if self.ledger.job(job).untaken >= self.rules.most_untaken:
            self.ledger.hold(job, reason=HoldReason.NEVER_ACCEPTED, due=None)
            return
        if self.chance(0.2):
            self.ledger.step_aside_many([(job, self.connection_of(job), "+1", self.chance(0.7))])
            if self.chance(0.2):
                # Its worker dies while it makes a document.
                return
        if admit_one(self.ledger, job, connection=self.connection_of(job), sender="+1")["outcome"] == "go":
            self.admitted.append(job)

    # Workers -------------------------------------------------------------------------------------------------------

    def claim(self) -> None:
        job = self.take(self.admitted)
        before = self.ledger.job(job)
        pause = self.redis.hgetall(f"fax:paused:{before.connection_id}")
        self.owners += 1
        cost = self.random.randint(5, 20)
        reply = claim_one(self.ledger, job, owner=f"w{self.owners}", lease=LEASE, facts={}, cost=cost)
        if self.chance(0.2):
            repeated = claim_one(self.ledger, job, owner=f"w{self.owners}", lease=LEASE, facts={}, cost=cost)
            assert repeated == reply or reply["outcome"] in {"no", "held"}
        if reply["outcome"] != "claimed":
            return
        assert before.connection_id
        assert self.now >= max(self.shut_until, self.paused.get(before.connection_id, 0)), "nothing may be sent"
        assert "tries" not in pause or pause["probe"] == job, "one fax tries whether Telnyx answers again"
        assert before.state in {State.QUEUED, State.HELD}
        alive = [f for f in self.faxes if f.job == job and f.status != "failed"]
        assert not alive, f"attempt {reply['attempt']} was claimed while {alive} may arrive"
        if self.chance(0.9):
            self.calls.append(Call(job, reply["attempt"], self.now, cost))

    def call_telnyx(self) -> None:
        call = self.one([c for c in self.calls if c.answer is None])
        if self.now >= call.claimed_at + LEASE / 2:
            call.answer = "not sent"
            return
        call.answer = self.one(
            ["accepted"] * 6
            + ["accepted, no answer"] * 4
            + ["refused", "429", "no answer", "5xx", "not sent", "not reached"] * self.one([1, 2])
            + ["not reached", "5xx"] * self.one([0, 20])
            + ["connection full", "account full"]
        )
        if call.answer in {"not sent", "not reached"}:
            return
        key = (call.job, call.attempt)
        self.posts[key] = self.posts.get(key, 0) + 1
        assert self.posts[key] == 1, f"{key} was posted twice"
        if call.answer.startswith("accepted"):
            self.faxes.append(Fax(f"f{len(self.faxes)}", call.job, call.attempt, self.now, call.cost))
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
        elif call.answer in POSTPONED:
            reason, full = POSTPONED[call.answer]
            learnt = CALLS.get(call.answer)
            self.ledger.postpone(call.job, call.attempt, reason=reason, delay=5, facts={}, capacity=full, call=learnt)
            self.by_our_clock("fax:channels:cut", *(f"fax:channels:{connection}:cut" for connection in CONNECTIONS))
        else:
            failing = call.answer == "5xx"
            self.ledger.doubt(call.job, call.attempt, cause="no_answer", look_after=15, facts={}, failing=failing)
            self.by_our_clock(*(f"fax:failing:{connection}" for connection in CONNECTIONS))

    # Telnyx --------------------------------------------------------------------------------------------------------

    def progress(self) -> None:
        fax = self.one([f for f in self.faxes if not f.over])
        if self.chance(0.3):
            fax.status = "failed"
            fax.reason = self.one(["user_busy", *FAILURES])
            self.webhooks.append(self.webhook(fax, "failed", fax.reason))
            return
        if fax.status not in fax.told:
            self.webhooks.append(self.webhook(fax, fax.status))
        fax.status = RANKS[RANKS.index(fax.status) + 1]
        self.webhooks.append(self.webhook(fax, fax.status))

    def deliver_webhook(self) -> None:
        """Deliver one, or several at once; each may be lost, or come again, at once or later."""
        taken = [self.take(self.webhooks) for _ in range(min(self.one([1, 1, 2, 4]), len(self.webhooks)))]
        fates = [(seen, self.one(["once", "once", "twice", "again", "lost"])) for seen in taken]
        group = [seen for seen, fate in fates if fate != "lost" for _ in range(2 if fate == "twice" else 1)]
        come: set[str] = set()
        for seen, reply in zip(group, self.observations.record_many([(seen, "") for seen in group]), strict=True):
            allowed = {"duplicate"} if seen.event_id in come else {"recorded", "overtaken", "duplicate"}
            assert reply["outcome"] in allowed, reply
            come.add(seen.event_id)
        for seen in (seen for seen, fate in fates if fate == "again"):
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
            fax.status, fax.reason = "failed", "sender_canceled"
        seen = self.webhook(fax, fax.status, fax.reason)
        self.observations.record(
            Observation(
                event_id=f"poll:{fax.id}:{fax.status}",
                digest=fax.status,
                event_type=seen.event_type,
                source="poll",
                fax_id=fax.id,
                status=fax.status,
                failure_reason=fax.reason,
                page_count=seen.page_count,
                duration=seen.duration,
            )
        )

    def _decide(self, job_id: str) -> None:
        job = self.ledger.job(job_id)
        wrong = job.cause == "receiver_unallocated_number"
        spent = self.one([0, None])
        if job.dials >= 2 or wrong:
            self.ledger.end(
                job_id,
                event="job.exhausted",
                cause="busy",
                states=[State.DECIDING],
                attempt=job.attempt,
                blames_number=wrong,
                spent=spent,
            )
            return
        full = FAILURES.get(job.cause or "")
        self.ledger.retry(
            job_id,
            job.attempt,
            delay=60,
            counter="holds" if full else "dials",
            tries={"busy": job.dials + 1},
            facts={},
            capacity=full,
            spent=spent,
        )
        self.by_our_clock("fax:channels:cut", *(f"fax:channels:{connection}:cut" for connection in CONNECTIONS))

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

    def pause(self) -> None:
        connection = self.one(CONNECTIONS)
        delay = self.one([10, 600])
        self.limits.pause(connection, delay=delay)
        self.paused[connection] = self.now + delay

    def resume(self) -> None:
        connection = self.one(CONNECTIONS)
        assert self.limits.resume(connection, reason="fixed") or self.now >= self.paused.get(connection, 0)
        self.paused.pop(connection, None)

    def back_off(self) -> None:
        delay = self.one([1, 30])
        self.limits.back_off(delay)
        self.by_our_clock("fax:shut")
        self.shut_until = max(self.shut_until, self.now + delay)

    def release(self) -> None:
        held = self.ledger.job(self.one(self.held))
        waivable = held.hold_reason in WAIVABLE
        reply = self.ledger.release(held.job_id, why="urgent")
        assert reply["outcome"] == ("released" if waivable else "shared")

    def hold(self) -> None:
        """Let the preparation of an attempt find its window closed, or ask for a person's word."""
        job = self.one(self.open)
        due = self.one([self.now + 30, None])
        reply = self.ledger.hold(job, reason=self.one([HoldReason.WINDOW, HoldReason.POLICY_HOOK]), due=due)
        assert reply["outcome"] in {"held", "no"}

    def trust(self) -> None:
        for suspect in self.suspects.all():
            assert self.suspects.lift(suspect.number, reason="tested")

    # The walk ------------------------------------------------------------------------------------------------------

    def step(self) -> None:
        possible: list[tuple[bool, Callable[[], None]]] = [
            (len(self.open) < self.crowd, self.create),
            (bool(self.created) and self.chance(0.1), self.repeat),
            (bool(self.open) and self.chance(0.04), self.cancel),
            (bool(self.messages), self.deliver_message),
            (bool(self.admitted), self.claim),
            (any(c.answer is None for c in self.calls), self.call_telnyx),
            (any(c.answer for c in self.calls), self.record),
            (any(not f.over for f in self.faxes), self.progress),
            (bool(self.webhooks), self.deliver_webhook),
            (True, self.time_passes),
            (bool(self.reconciles), self.reconcile),
            (bool(self.unknown) and self.chance(0.2), self.resolve),
            (self.chance(0.03), self.pause),
            (self.chance(0.1), self.resume),
            (self.chance(0.03), self.back_off),
            (bool(self.held) and self.chance(0.2), self.release),
            (bool(self.open) and self.chance(0.04), self.hold),
            (self.chance(0.05), self.trust),
        ]
        self.go(possible)

    def check(self) -> None:
        self.look_at_all_rows()
        self.terminal_states_absorb()
        self.every_open_job_has_exactly_one_place()
        self.channels_and_lines_belong_to_jobs_in_flight()
        self.the_account_has_the_channels_of_its_connections()
        self.who_was_granted_a_channel_has_all_it_needs()
        self.who_waits_for_a_number_waits_for_somebody()
        self.the_index_of_states_agrees_with_the_rows()
        self.the_books_balance_and_no_cap_is_broken()
        self.one_fax_at_most_arrives_for_each_job()

    def check_what_stays_wrong(self) -> None:
        """Check what no later step would fix: now and then is enough to see it."""
        self.counts_add_up()
        self.the_index_of_held_jobs_agrees_with_the_rows()
        self.the_index_for_searches_agrees_with_the_rows()
        self.histories_have_no_gaps_and_agree_with_the_stream()

    def look_at_all_rows(self) -> None:
        self.seen = Snapshot(self.redis)
        self.raw = {job: self.seen.fields(f"fax:job:{job}") for job in sorted(self.created)}
        self.rows = {job: JobView.from_hash(job, row) for job, row in self.raw.items()}

    def now_in(self, *states: State) -> list[str]:
        return [job for job, row in self.rows.items() if row.state in states]

    # Promises ------------------------------------------------------------------------------------------------------

    def terminal_states_absorb(self) -> None:
        for job, row in self.rows.items():
            before = self.states.get(job, State.QUEUED)
            if before in TERMINAL:
                assert row.state is before
            self.states[job] = row.state

    def histories_have_no_gaps_and_agree_with_the_stream(self) -> None:
        streamed: dict[str, list[tuple[int, str]]] = {}
        for _, entry in self.redis.xrange("fax:events"):
            streamed.setdefault(entry["job_id"], []).append((int(entry["seq"]), entry["id"]))
        for job in self.created:
            history = [json.loads(line) for line in self.redis.lrange(f"fax:history:{job}", 0, -1)]
            assert [int(e["seq"]) for e in history] == list(range(1, len(history) + 1))
            assert [(int(e["seq"]), e["id"]) for e in history] == streamed[job]

    def every_open_job_has_exactly_one_place(self) -> None:
        found = [self.seen.scores(key) for key in ("fax:agenda", *self.seen.keys("fax:*waiting*"))]
        for job, row in self.rows.items():
            places = sum(job in place for place in found)
            assert places == (0 if row.finished else 1), (job, row.state, places)

    def channels_and_lines_belong_to_jobs_in_flight(self) -> None:
        flying = {job: name for name in CONNECTIONS for job in self.seen.members(f"fax:calls:{name}")}
        for job, connection in flying.items():
            row, granted = self.rows[job], self.raw[job].get("granted") == "1"
            assert row.connection_id == connection
            assert row.state in {State.SUBMITTING, State.ACCEPTED} or (
                granted and row.state in {State.QUEUED, State.HELD}
            ), (job, row.state)
        freed = {job for job, raw in self.raw.items() if raw.get("freed") == "1"}
        assert set(self.now_in(State.SUBMITTING, State.ACCEPTED)) - freed <= flying.keys()
        up: defaultdict[str, list[str]] = defaultdict(list)
        for job in set(self.now_in(State.SUBMITTING, State.UNKNOWN, State.ACCEPTED)) - freed:
            up[number_of(job)].append(job)
        for number, jobs in up.items():
            assert len(jobs) == 1, "two faxes to one number"
            assert self.seen.text(f"fax:line:{number}") == jobs[0]

    def the_account_has_the_channels_of_its_connections(self) -> None:
        on_each = [self.seen.members(f"fax:calls:{connection}") for connection in CONNECTIONS]
        assert not set.intersection(*on_each)
        assert self.seen.members("fax:calls") == set.union(*on_each)
        # Evidence of a call that was not expected takes its channel whatever the limit is.
        if self.rules.account_channels == 3:
            sent = [job for job in set.union(*on_each) if self.rows[job].state is not State.ACCEPTED]
            assert len(sent) <= 3

    def who_was_granted_a_channel_has_all_it_needs(self) -> None:
        for job in self.now_in(State.QUEUED, State.HELD):
            if self.raw[job].get("granted") == "1":
                assert job in self.seen.members(f"fax:calls:{self.rows[job].connection_id}")
                assert self.seen.text(f"fax:line:{number_of(job)}") == job
                assert self.seen.scores("fax:agenda").get(job)
        for connection in CONNECTIONS:
            for job in self.seen.scores(f"fax:granted:{connection}"):
                assert self.raw[job].get("granted") == "1", "promised to one that has left"
                assert self.seen.text(f"fax:line:{number_of(job)}") == job

    def who_waits_for_a_number_waits_for_somebody(self) -> None:
        lined = {job for name in CONNECTIONS for job in self.seen.scores(f"fax:waiting:{name}")}
        for number in {number_of(job) for job in self.created}:
            waiting = self.seen.scores(f"fax:line:{number}:waiting")
            holder = self.seen.text(f"fax:line:{number}")
            assert not holder or not self.rows[holder].finished
            assert not waiting or holder or any(number_of(job) == number for job in lined), number

    def counts_add_up(self) -> None:
        counts = self.ledger.counts()
        for state in State:
            assert counts[state] == len(self.now_in(state)), state

    def the_index_of_states_agrees_with_the_rows(self) -> None:
        for state in State:
            since = self.seen.scores(f"fax:since:{state}")
            here = set(self.now_in(state)) if state in OPEN else set()
            assert since.keys() == here, (state, since, here)
            assert all(0 < moment <= self.now * 1000 for moment in since.values())

    def the_index_of_held_jobs_agrees_with_the_rows(self) -> None:
        held: defaultdict[str, set[str]] = defaultdict(set)
        for job in self.now_in(State.HELD):
            held[str(self.rows[job].hold_reason)].add(job)
        assert {sum_.reason: sum_.count for sum_ in self.ledger.holds()} == {r: len(jobs) for r, jobs in held.items()}
        for reason, jobs in held.items():
            index = self.seen.scores(f"fax:held:{reason}")
            assert index.keys() == jobs, reason
            for job in jobs:
                due = self.raw[job].get("due")
                assert index[job] == float(due) if due else index[job] <= self.now * 1000

    def the_index_for_searches_agrees_with_the_rows(self) -> None:
        index = Index(self.scripts)
        span = index.span()
        blocks = range((span.stop + BLOCK - 1) // BLOCK)
        read = (
            index.block(block, content, Looked(), span)
            for several in index.contents(blocks)
            for block, content in several
        )
        entries = [entry for found in read for entry in found]
        codes = {job: row.state[0] if row.finished else "o" for job, row in self.rows.items()}
        assert {entry.job_id: entry.code for entry in entries} == codes
        assert len(entries) == len(codes)

    def the_books_balance_and_no_cap_is_broken(self) -> None:
        costs = {job: int(raw.get("spent") or 0) + int(raw.get("cost") or 0) for job, raw in self.raw.items()}
        days = [int(self.seen.text(key) or 0) for key in self.seen.keys("fax:spend:[0-9]*")]
        assert sum(days) == sum(costs.values())
        campaign = int(self.seen.text(f"fax:spend:campaign:{CAMPAIGN}") or 0)
        assert campaign == sum(cost for job, cost in costs.items() if self.raw[job].get("campaign"))
        assert campaign <= CAMPAIGN_CAP
        assert not self.rules.day_cap or all(day <= round(self.rules.day_cap * 1_000_000) for day in days)
        for job in self.now_in(*TERMINAL):
            assert not self.raw[job].get("cost"), "what has ended is settled"

    def one_fax_at_most_arrives_for_each_job(self) -> None:
        arriving = [f.job for f in self.faxes if f.status != "failed"]
        assert len(arriving) == len(set(arriving))

    def calm(self) -> None:
        """The faults stop: every job ends, and delivered means delivered."""
        self.calls.clear()
        self.admitted.clear()
        self.redis.hdel(f"fax:campaign:{CAMPAIGN}", "cap")
        for number in range(60):
            if all(self.state(j) in TERMINAL for j in self.created):
                break
            # At midnight the daily budget starts again.
            self.advance(120 if number % 10 else 86_400)
            for job in self.open:
                self.ledger.release(job, why="at last")
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
        assert everything_is_free(self.redis)
        self.redis.close()

    def _work(self, job: str) -> None:
        if admit_one(self.ledger, job, connection=self.connection_of(job), sender="+1")["outcome"] != "go":
            return
        reply = claim_one(self.ledger, job, owner=f"end{self.now}", lease=LEASE, facts={}, cost=10)
        if reply["outcome"] == "claimed":
            call = Call(job, reply["attempt"], self.now, 10)
            self.posts[job, call.attempt] = self.posts.get((job, call.attempt), 0) + 1
            assert self.posts[job, call.attempt] == 1
            self.faxes.append(Fax(f"f{len(self.faxes)}", job, call.attempt, self.now, 10))
            call.answer, call.fax = "accepted", self.faxes[-1].id
            self._record(call)


def test_no_order_of_steps_and_crashes_loses_a_fax_or_sends_it_twice(redis_url: str, seed: int) -> None:
    world = World(redis_url, seed)
    try:
        for number in range(400):
            world.step()
            world.check()
            if number % 10 == 9:
                world.check_what_stays_wrong()
        world.calm()
    except AssertionError as error:
        raise AssertionError(f"seed {seed}: {error}\nsteps: {' '.join(world.steps)}") from error


def test_the_table_of_transitions_has_no_way_out_of_a_terminal_state() -> None:
    assert all(not MOVES[state] for state in TERMINAL)
    assert set(MOVES) == set(State)
