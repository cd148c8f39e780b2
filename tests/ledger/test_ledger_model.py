"""The ledger against many thousand orders of steps and crashes.

A seeded walk chooses among all that could happen next and checks every promise after each step; a failure names its
seed and its steps. The model plays all others: producers, the broker, workers, Telnyx, the scheduler and operators.
Channels, money, rate and numbers run out; operators pause, resume and release. The Lua is the real one, on a real
Valkey.
"""

from collections.abc import Callable
from dataclasses import replace

from faxdispatch.jobs import Priority, SendFax
from faxdispatch.ledger import CallOutcome, Observation, Rules, Scope
from faxdispatch.states import MOVES, OPEN, TERMINAL, WAIVABLE, HoldReason, State, Verdict
from tests.ledger.campaign_desk import CampaignDesk
from tests.ledger.desk import everything_is_free
from tests.ledger.promises import CAMPAIGN, CAMPAIGN_CAP, CONNECTIONS, Promises, number_of
from tests.ledger.sending_walk import SETTLE, Call, Fax, SendingWalk
from tests.ledger.steps import admit_one, claim_one, put_into_campaign

RANKS = ["queued", "media.processed", "sending", "delivered"]
CUTS = ("fax:channels:cut", *(f"fax:channels:{connection}:cut" for connection in CONNECTIONS))
"""Keys that remember for a moment that an estimate of the channels was cut."""
POSTPONED: dict[str, tuple[HoldReason, Scope | None, CallOutcome | None]] = {
    "429": (HoldReason.RATE_LIMITED, None, None),
    "not sent": (HoldReason.NOT_SENT, None, None),
    "not reached": (HoldReason.NOT_SENT, None, "unreachable"),
    "connection full": (HoldReason.NO_CHANNEL_AT_TELNYX, "connection", "answered"),
    "account full": (HoldReason.NO_CHANNEL_AT_TELNYX, "account", "answered"),
}
"""What follows a call that created nothing: the hold, what was out of channels, and what the connection learns."""
FAILURES: dict[str, Scope | None] = {
    "user_busy": None, "receiver_unallocated_number": None, "user_channel_limit_exceeded": "account",
    "connection_channel_limit_exceeded": "connection",
}  # fmt: skip
"""Why a fax fails, and what was out of channels then."""


class World(SendingWalk):
    def __init__(self, url: str, seed: int) -> None:
        super().__init__(seed)
        self.crowd = self.random.randint(1, 6)
        rules = Rules(
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
        self.desk = CampaignDesk(url, rules)
        self.ledger, self.redis = self.desk.ledger, self.desk.redis
        self.redis.hset(f"fax:campaign:{CAMPAIGN}", "cap", CAMPAIGN_CAP)
        self.created: set[str] = set()
        self.promises = Promises(self.desk, self.created)
        self.shut_until = 0.0
        self.paused: dict[str, float] = {}
        self.cancelled: set[str] = set()
        self.reported: set[tuple[str, str]] = set()

    # Helpers -------------------------------------------------------------------------------------------------------

    def jobs_in(self, *states: State) -> list[str]:
        return [job for job in sorted(self.created) if self.promises.states.get(job, State.QUEUED) in states]

    @property
    def open(self) -> list[str]:
        return self.jobs_in(*OPEN)

    def advance(self, seconds: float) -> None:
        self.desk.later(seconds)
        if seconds > 5:
            self.redis.delete(*CUTS)

    def by_our_clock(self, *keys: str) -> None:
        """Keep keys that Redis would expire by its own clock."""
        for key in keys:
            self.redis.persist(key)

    def connection_of(self, job: str) -> str:
        """Return the usual connection of its number, or sometimes the other one."""
        return CONNECTIONS[(int(job[1:]) + self.chance(0.1)) % 2]

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

    # Workers -------------------------------------------------------------------------------------------------------

    def deliver_message(self) -> None:
        job = self.take(self.messages)
        fate = self.one(["once", "once", "once", "twice", "lost"])
        if fate == "twice":
            self.messages.append(job)
        if fate == "lost":
            return
        if self.ledger.job(job).untaken >= self.desk.scripts.rules.most_untaken:
            self.ledger.hold(job, reason=HoldReason.NEVER_ACCEPTED, due=None)
            return
        if self.chance(0.2):
            self.ledger.step_aside_many([(job, self.connection_of(job), "+1", self.chance(0.7))])
            if self.chance(0.2):
                # Its worker dies while it makes a document.
                return
        if admit_one(self.ledger, job, connection=self.connection_of(job), sender="+1")["outcome"] == "go":
            self.admitted.append(job)

    def claim(self) -> None:
        job = self.take(self.admitted)
        before = self.ledger.job(job)
        pause = self.redis.hgetall(f"fax:paused:{before.connection_id}")
        cost = self.random.randint(5, 20)
        reply = self.claimed(job, cost)
        if self.chance(0.2):
            repeated = claim_one(self.ledger, job, owner=f"w{self.owners}", lease=60, facts={}, cost=cost)
            assert repeated == reply or reply["outcome"] in {"no", "held"}
        if reply["outcome"] != "claimed":
            return
        assert before.connection_id
        assert self.now >= max(self.shut_until, self.paused.get(before.connection_id, 0)), "nothing may be sent"
        assert "tries" not in pause or pause["probe"] == job, "one fax tries whether Telnyx answers again"
        assert before.state in {State.QUEUED, State.HELD}
        alive = [fax for fax in self.faxes if fax.job == job and fax.status != "failed"]
        assert not alive, f"attempt {reply['attempt']} was claimed while {alive} may arrive"
        if self.chance(0.9):
            self.calls.append(Call(job, reply["attempt"], self.now, cost))

    def answers(self) -> list[str]:
        return (
            ["accepted"] * 6
            + ["accepted, no answer"] * 4
            + ["refused", "429", "no answer", "5xx", "not sent", "not reached"] * self.one([1, 2])
            + ["not reached", "5xx"] * self.one([0, 20])
            + ["connection full", "account full"]
        )

    def record_answer(self, call: Call) -> None:
        if call.answer in POSTPONED:
            reason, full, learnt = POSTPONED[call.answer]
            self.ledger.postpone(call.job, call.attempt, reason=reason, delay=5, facts={}, capacity=full, call=learnt)
            self.by_our_clock(*CUTS)
        elif call.answer == "5xx":
            self.doubt(call.job, call.attempt, failing=True)
            self.by_our_clock(*(f"fax:failing:{connection}" for connection in CONNECTIONS))
        else:
            super().record_answer(call)

    # Telnyx --------------------------------------------------------------------------------------------------------

    def said(self, fax: Fax, source: str = "webhook") -> Observation:
        self.reported.add((fax.id, fax.status))
        seen = replace(super().said(fax, source), connection_id="c1")
        delivered = fax.status == "delivered"
        return replace(seen, page_count=self.random.randint(0, fax.cost), duration=30) if delivered else seen

    def progress(self) -> None:
        fax = self.one(self.flying)
        if self.chance(0.3):
            fax.status, fax.reason = "failed", self.one(["user_busy", *FAILURES])
        else:
            if (fax.id, fax.status) not in self.reported:
                self.webhooks.append(self.said(fax))
            fax.status = RANKS[RANKS.index(fax.status) + 1]
        self.webhooks.append(self.said(fax))

    def deliver_webhook(self) -> None:
        """Deliver one, or several at once; each may be lost, or come again, at once or later."""
        taken = [self.take(self.webhooks) for _ in range(min(self.one([1, 1, 2, 4]), len(self.webhooks)))]
        fates = [(seen, self.one(["once", "once", "twice", "again", "lost"])) for seen in taken]
        group = [seen for seen, fate in fates if fate != "lost" for _ in range(2 if fate == "twice" else 1)]
        come: set[str] = set()
        for seen, reply in zip(group, self.desk.observations.record_many([(seen, "") for seen in group]), strict=True):
            allowed = {"duplicate"} if seen.event_id in come else {"recorded", "overtaken", "duplicate"}
            assert reply["outcome"] in allowed, reply
            come.add(seen.event_id)
        for seen in (seen for seen, fate in fates if fate == "again"):
            assert self.desk.observations.record(seen)["outcome"] == "duplicate"

    # The scheduler -------------------------------------------------------------------------------------------------

    def time_passes(self) -> None:
        self.advance(self.one([1, 20, 31, 31, 61, 61, 61, 150, SETTLE + 1]))
        self.tick()

    def tick(self) -> None:
        super().tick()
        self.messages += self.desk.picked()

    def decide(self, job_id: str) -> None:
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
        self.by_our_clock(*CUTS)

    # The operator --------------------------------------------------------------------------------------------------

    def resolve(self) -> None:
        """Resolve an attempt by Telnyx's portal, which is always right."""
        job = self.ledger.job(self.one(self.jobs_in(State.UNKNOWN)))
        fax = next((f.id for f in self.faxes if f.job == job.job_id and f.attempt == job.attempt), None)
        verdict = Verdict.ACCEPTED if fax else self.one([Verdict.NOT_SENT, Verdict.NOT_SENT, Verdict.FAILED])
        for expected in ["resolved", "repeated"][: self.one([1, 2])]:
            reply = self.ledger.resolve(job.job_id, verdict, fax_id=fax, attempt=job.attempt, reason="seen")
            assert reply["outcome"] == expected, reply

    def pause(self) -> None:
        connection = self.one(CONNECTIONS)
        delay = self.one([10, 600])
        self.desk.limits.pause(connection, delay=delay)
        self.paused[connection] = self.now + delay

    def resume(self) -> None:
        connection = self.one(CONNECTIONS)
        assert self.desk.limits.resume(connection, reason="fixed") or self.now >= self.paused.get(connection, 0)
        self.paused.pop(connection, None)

    def back_off(self) -> None:
        delay = self.one([1, 30])
        self.desk.limits.back_off(delay)
        self.by_our_clock("fax:shut")
        self.shut_until = max(self.shut_until, self.now + delay)

    def release(self) -> None:
        held = self.ledger.job(self.one(self.jobs_in(State.HELD)))
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
        for suspect in self.desk.suspects.all():
            assert self.desk.suspects.lift(suspect.number, reason="tested")

    # The walk ------------------------------------------------------------------------------------------------------

    def step(self) -> None:
        possible: list[tuple[bool, Callable[[], None]]] = [
            (len(self.open) < self.crowd, self.create),
            (bool(self.created) and self.chance(0.1), self.repeat),
            (bool(self.open) and self.chance(0.04), self.cancel),
            (bool(self.messages), self.deliver_message),
            (bool(self.admitted), self.claim),
            (any(call.answer is None for call in self.calls), self.call_telnyx),
            (any(call.answer for call in self.calls), self.record),
            (bool(self.flying), self.progress),
            (bool(self.webhooks), self.deliver_webhook),
            (True, self.time_passes),
            (bool(self.reconciles), self.reconcile),
            (bool(self.jobs_in(State.UNKNOWN)) and self.chance(0.2), self.resolve),
            (self.chance(0.03), self.pause),
            (self.chance(0.1), self.resume),
            (self.chance(0.03), self.back_off),
            (bool(self.jobs_in(State.HELD)) and self.chance(0.2), self.release),
            (bool(self.open) and self.chance(0.04), self.hold),
            (self.chance(0.05), self.trust),
        ]
        self.go(possible)

    def check(self) -> None:
        self.promises.check()
        arriving = [fax.job for fax in self.faxes if fax.status != "failed"]
        assert len(arriving) == len(set(arriving)), "two faxes of one job may arrive"

    def calm(self) -> None:
        """The faults stop: every job ends, and delivered means delivered."""
        self.calls.clear()
        self.admitted.clear()
        self.redis.hdel(f"fax:campaign:{CAMPAIGN}", "cap")
        for number in range(60):
            if all(self.desk.state(job) in TERMINAL for job in self.created):
                break
            # At midnight the daily budget starts again.
            self.advance(120 if number % 10 else 86_400)
            for job in self.open:
                self.ledger.release(job, why="at last")
            self.tick()
            while self.messages:
                self.send(self.messages.pop())
            while self.reconciles:
                self.look(self.reconciles.pop())
            for fax in self.flying:
                fax.status = "delivered"
                self.desk.observations.record(self.said(fax))
        for job in self.created:
            state = self.desk.state(job)
            assert state in TERMINAL, (job, state, self.ledger.job(job, history=True))
            arrived = any(fax.status == "delivered" for fax in self.faxes if fax.job == job)
            assert (state is State.DELIVERED) == arrived
            assert state is not State.CANCELLED or job in self.cancelled
        assert everything_is_free(self.redis)


def test_no_order_of_steps_and_crashes_loses_a_fax_or_sends_it_twice(redis_url: str, seed: int) -> None:
    world = World(redis_url, seed)
    with world.explained():
        for number in range(400):
            world.step()
            world.check()
            if number % 10 == 9:
                world.promises.check_what_stays_wrong()
        world.calm()


def test_the_table_of_transitions_has_no_way_out_of_a_terminal_state() -> None:
    assert all(not MOVES[state] for state in TERMINAL)
    assert set(MOVES) == set(State)
