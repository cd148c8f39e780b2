"""Campaigns against many thousand orders of steps and crashes, as `test_ledger_model` does it for single faxes.

A seeded walk chooses among all that could happen next: feeders that are late, come twice or die, messages that are lost
or doubled, workers that die between any two steps, a Telnyx that answers or not, webhooks that come late, twice, never
or after their job was forgotten, operators who pause, resume, cancel, suppress and try again. After each step the audit
must be silent. Then everything is let run to its end, and each row is accounted for by what Telnyx has seen.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from faxdispatch.jobs import SendFax
from faxdispatch.ledger import Observation, Rules
from faxdispatch.states import TERMINAL, CampaignState, HoldReason, State
from tests.ledger.campaign_desk import NAME, CampaignDesk, job
from tests.ledger.desk import SENDER, everything_is_free
from tests.ledger.snapshot import Snapshot
from tests.ledger.steps import claim_one
from tests.ledger.walk import SeededWalk

LEASE, SETTLE, LAG, LISTINGS, KEPT = 60, 600, 300, 3, 300
SINGLE = "single"
"""A fax of no campaign, to the number of a row."""


def number_of(row: int) -> str:
    """Return a number; every third one is that of the row before, so that rows meet on the line."""
    return f"+1415555{row - (row % 3 == 0):04}"


@dataclass
class Call:
    """A worker in the middle of an attempt."""

    job: str
    attempt: int
    claimed_at: float
    answer: str | None = None


@dataclass
class Fax:
    """A fax at Telnyx."""

    id: str
    job: str
    attempt: int
    at: float
    status: str = "queued"


class Walk(SeededWalk):
    def __init__(self, url: str, seed: int) -> None:
        super().__init__(seed)
        rules = Rules(
            rate=self.one([20, 1000]),
            channels=self.one([2, 50]),
            most_open=self.one([4, 20_000]),
            burst_window=self.one([6, 40]),
            burst_failures=5,
            quarantine_after=99,
        )
        self.desk = CampaignDesk(url, rules)
        self.cancels = self.chance(0.3)
        self.size = self.one([1, 3, self.random.randint(4, 14)])
        numbers = {row: number_of(row) for row in range(1, self.size + 1)}
        self.desk.run(*numbers, numbers=numbers)
        self.rows = dict.fromkeys([job(row) for row in numbers], 0) | {job(row): row for row in numbers}
        self.feeds: list[tuple[list[dict[str, Any]], int, int]] = []
        self.messages: list[str] = []
        self.admitted: list[str] = []
        self.calls: list[Call] = []
        self.faxes: list[Fax] = []
        self.webhooks: list[Observation] = []
        self.reconciles: list[str] = []
        self.posts: Counter[tuple[str, int]] = Counter()
        self.before = self.desk.codes()
        self.again_allowed = False
        self.ended: dict[str, float] = {}
        self.looks = self.owners = 0

    # Helpers -------------------------------------------------------------------------------------------------------

    @property
    def now(self) -> float:
        assert self.desk.scripts.now is not None
        return self.desk.scripts.now / 1000

    @property
    def state(self) -> CampaignState:
        return self.desk.campaigns.get(NAME).state

    @property
    def generation(self) -> int:
        return self.desk.campaigns.get(NAME).generation

    # The scheduler -------------------------------------------------------------------------------------------------

    def prepare_feed(self) -> None:
        """A feeder reads what is pending; it may give it to the line much later, and more than once."""
        del self.feeds[:-4]
        self.feeds.append((self.desk.pending(), self.generation, self.one([1, 3, 100])))

    def feed(self) -> None:
        rows, generation, limit = given = self.take(self.feeds)
        if self.chance(0.5):
            self.feeds.append(given)
        for _ in range(self.one([0, 1, 1, 1, 2])):
            cursor = self.one([None, self.size, 0])
            self.desk.campaigns.feed(NAME, rows, tags=[], generation=generation, cursor=cursor, limit=limit)

    def pick(self) -> None:
        picked = self.desk.picked()
        if self.chance(0.95):
            self.messages += picked

    def time_passes(self) -> None:
        self.desk.later(self.one([1, 3, 10, 10, 31, 61, self.one([61, SETTLE + 1])]))
        self.tick()

    def tick(self) -> None:
        for due in self.desk.agenda.due():
            if due.state in {State.QUEUED, State.HELD}:
                self.messages.append(due.job_id)
            elif due.state is State.SUBMITTING:
                self.doubt(due.job_id, due.attempt)
            elif due.state is State.UNKNOWN:
                self.reconciles.append(due.job_id)
            elif due.state is State.ACCEPTED:
                fax = next(fax for fax in self.faxes if fax.id == due.fax_id)
                if due.cancel_requested and fax.status == "queued":
                    fax.status = "failed"
                self.desk.observations.record(self.said(fax, "poll"))
            else:
                self.decide(due.job_id)
        assert self.desk.agenda.strays() == [], "a fax too many"

    def decide(self, name: str) -> None:
        if self.desk.ledger.job(name).dials >= 1:
            self.desk.end(name)
        else:
            self.desk.retry(name)

    def doubt(self, name: str, attempt: int) -> None:
        self.desk.ledger.doubt(name, attempt, cause="no_answer", look_after=15, facts={})

    def reconcile(self) -> None:
        known = self.desk.ledger.jobs([self.take(self.reconciles)])[0]
        if not known or known.state is not State.UNKNOWN:
            return
        self.looks += 1
        found = [
            f for f in self.faxes if (f.job, f.attempt) == (known.job_id, known.attempt) and f.at + LAG <= self.now
        ]
        if found:
            self.desk.ledger.accept(known.job_id, known.attempt, found[0].id, source="listing")
        else:
            self.desk.ledger.not_listed(
                known.job_id, known.attempt, look=f"look{self.looks}", settle=SETTLE, enough=LISTINGS
            )

    # Workers and Telnyx --------------------------------------------------------------------------------------------

    def deliver_message(self) -> None:
        """Messages carry several jobs; each may come again or never."""
        some = [self.take(self.messages) for _ in range(min(len(self.messages), self.one([1, 3])))]
        fate = self.one(["once"] * 5 + ["twice", "lost"])
        if fate == "twice":
            self.messages += some
        if fate != "lost":
            if self.chance(0.3):
                self.desk.ledger.step_aside_many([(name, "c", SENDER, self.chance(0.7)) for name in some])
                if self.chance(0.2):
                    # Its worker dies while it makes a document.
                    return
            asked = [(name, "c", SENDER) for name in some]
            replies = self.desk.ledger.admit_many(asked)
            self.admitted += [name for name, reply in zip(some, replies, strict=True) if reply["outcome"] == "go"]

    def claim(self) -> None:
        name = self.take(self.admitted)
        self.owners += 1
        reply = claim_one(self.desk.ledger, name, owner=f"w{self.owners}", lease=LEASE, facts={}, cost=5)
        if reply["outcome"] != "claimed":
            return
        view = self.desk.ledger.job(name)
        if view.row:
            assert self.state is CampaignState.RUNNING, "nothing may be sent"
            assert not self.desk.redis.hexists("fax:suppressed", view.request.to), "a suppressed number"
        if self.chance(0.9):
            self.calls.append(Call(name, reply["attempt"], self.now))

    def call_telnyx(self) -> None:
        call = self.one([call for call in self.calls if not call.answer])
        late = self.now >= call.claimed_at + LEASE / 2
        answers = ["accepted"] * 5 + ["accepted, no answer"] * 2 + ["refused", "no answer", "not sent"]
        call.answer = "not sent" if late else self.one(answers)
        if call.answer != "not sent":
            self.post(call)

    def post(self, call: Call) -> None:
        self.posts[call.job, call.attempt] += 1
        assert self.posts[call.job, call.attempt] == 1, f"{call} was posted twice"
        if str(call.answer).startswith("accepted"):
            self.faxes.append(Fax(f"f{len(self.faxes)}", call.job, call.attempt, self.now))

    def record(self) -> None:
        call = self.one([call for call in self.calls if call.answer])
        self.calls.remove(call)
        for _ in range(self.one([0, 1, 1, 1, 2])):
            self.record_answer(call)

    def record_answer(self, call: Call) -> None:
        if call.answer == "accepted":
            fax = next(f for f in self.faxes if (f.job, f.attempt) == (call.job, call.attempt))
            self.desk.ledger.accept(call.job, call.attempt, fax.id, source="worker")
        elif call.answer == "refused":
            self.desk.ledger.end(
                call.job, event="job.rejected", cause="422", states=[State.SUBMITTING, State.UNKNOWN],
                attempt=call.attempt,
            )  # fmt: skip
        elif call.answer == "not sent":
            self.desk.ledger.postpone(call.job, call.attempt, reason=HoldReason.NOT_SENT, delay=5, facts={})
        else:
            self.doubt(call.job, call.attempt)

    def progress(self) -> None:
        fax = self.one([fax for fax in self.faxes if fax.status == "queued"])
        fax.status = self.one(["delivered", "failed"])
        self.webhooks.append(self.said(fax, "webhook"))

    def said(self, fax: Fax, source: str) -> Observation:
        reason = "user_busy" if fax.status == "failed" else None
        return Observation(
            f"{source}-{fax.id}-{fax.status}", fax.status, f"fax.{fax.status}", source, fax.id, fax.job, fax.attempt,
            fax.status, failure_reason=reason,
        )  # fmt: skip

    def deliver_webhook(self) -> None:
        taken = [self.take(self.webhooks) for _ in range(min(self.one([1, 1, 3]), len(self.webhooks)))]
        group = [(seen, "") for seen in taken for _ in range(self.one([0, 1, 1, 2]))]
        self.desk.observations.record_many(group)
        if self.chance(0.1):
            self.webhooks.append(taken[0])

    def forget(self) -> None:
        """Delete what Redis would expire by its own clock."""
        for name, at in [*self.ended.items()]:
            if self.now > at + KEPT:
                del self.ended[name]
                faxes = [f"fax:fax:{fax.id}" for fax in self.faxes if fax.job == name]
                seen = [*self.desk.redis.scan_iter("fax:seen:*")]
                self.desk.redis.delete(f"fax:job:{name}", f"fax:history:{name}", *faxes, *seen)

    # Operators -----------------------------------------------------------------------------------------------------

    def pause(self) -> None:
        self.desk.go(CampaignState.PAUSED)

    def resume(self) -> None:
        self.desk.go(CampaignState.RUNNING)

    def cancel(self) -> None:
        self.desk.cancel(also_in_flight=self.chance(0.5))

    def end_cancelled(self) -> None:
        """What the scheduler does for a cancelled campaign, one thing after the other."""
        campaign = self.desk.campaigns.get(NAME)
        if self.chance(0.5):
            self.desk.campaigns.sweep(NAME)
        for row in self.desk.campaigns.open_rows(NAME, limit=2):
            known = self.desk.ledger.job(job(row, campaign.generation))
            if known.state in {State.QUEUED, State.HELD} or campaign.also_in_flight:
                self.desk.ledger.cancel(known.job_id, source="scheduler")

    def suppress(self) -> None:
        self.desk.redis.hset("fax:suppressed", number_of(self.random.randint(1, self.size)), "{}")

    def trust(self) -> None:
        self.desk.redis.delete("fax:suppressed")

    def try_again(self) -> None:
        rows = [row for row in range(1, self.size + 1) if self.chance(0.7)]
        self.again_allowed = True
        if self.desk.campaigns.again(NAME, rows, generation=self.generation + 1):
            self.rows |= {job(row, self.generation): row for row in range(1, self.size + 1)}

    def single(self) -> None:
        fax = SendFax(to=number_of(2), media_name="letter")
        self.desk.ledger.create(SINGLE, fax, source="producer")
        self.messages.append(SINGLE)

    # The walk ------------------------------------------------------------------------------------------------------

    def step(self) -> None:
        state = self.state
        open_calls, answered = [c for c in self.calls if not c.answer], [c for c in self.calls if c.answer]
        flying = [fax for fax in self.faxes if fax.status == "queued"]
        possible: list[tuple[float, Callable[[], None]]] = [
            (0.4, self.prepare_feed),
            (1.0 * bool(self.feeds), self.feed),
            (1.0 * bool(self.desk.waiting()), self.pick),
            (2.0 * bool(self.messages), self.deliver_message),
            (3.0 * bool(self.admitted), self.claim),
            (3.0 * bool(open_calls), self.call_telnyx),
            (3.0 * bool(answered), self.record),
            (2.0 * bool(flying), self.progress),
            (2.0 * bool(self.webhooks), self.deliver_webhook),
            (2.0 * bool(self.reconciles), self.reconcile),
            (0.5, self.time_passes),
            (0.1 * any(self.now > at + KEPT for at in self.ended.values()), self.forget),
            (0.1 * (state is CampaignState.RUNNING), self.pause),
            (0.5 * (state in {CampaignState.PAUSED, CampaignState.CHECKED}), self.resume),
            (1.0 * (state is CampaignState.CANCELLED), self.end_cancelled),
            (0.02 * self.cancels, self.cancel),
            (0.02, self.suppress),
            (0.1 * self.desk.redis.exists("fax:suppressed"), self.trust),
            (1.0 * (state is CampaignState.FINISHED and not set("fc").isdisjoint(self.before)), self.try_again),
            (0.02, self.single),
        ]
        self.again_allowed = False
        self.go(possible)

    def check(self) -> None:
        assert self.desk.faults() == ()
        codes = self.desk.codes()
        for row, (was, is_now) in enumerate(zip(self.before, codes, strict=True), start=1):
            if was in "ds":
                assert is_now == was, (row, was, is_now)
            elif was in "fc":
                assert is_now == was or (self.again_allowed and is_now == "p"), (row, was, is_now)
        self.before = codes
        self.seen = Snapshot(self.desk.redis)
        self.no_recipient_has_two()
        self.who_waits_for_a_number_waits_for_somebody()
        for name in self.rows:
            if name not in self.ended and self.seen.fields(f"fax:job:{name}").get("state") in TERMINAL:
                self.ended[name] = self.now

    def no_recipient_has_two(self) -> None:
        """Of one row no two faxes are under way or delivered, whatever their generation."""
        arriving = [self.rows[fax.job] for fax in self.faxes if fax.status != "failed" and fax.job in self.rows]
        assert len(arriving) == len(set(arriving)), arriving

    def who_waits_for_a_number_waits_for_somebody(self) -> None:
        lined = {number_of(self.rows.get(name, 2)) for name in self.desk.waiting()}
        for number in {number_of(row) for row in range(1, self.size + 1)}:
            waiting = self.seen.scores(f"fax:line:{number}:waiting")
            assert not waiting or self.seen.text(f"fax:line:{number}") or number in lined, (number, waiting)

    # The end -------------------------------------------------------------------------------------------------------

    def calm(self) -> None:
        """The faults stop: every row ends."""
        self.calls.clear()
        self.admitted.clear()
        for _ in range(80):
            state = self.state
            if state in {CampaignState.PAUSED, CampaignState.CHECKED}:
                self.resume()
            if state is CampaignState.CANCELLED:
                self.desk.campaigns.sweep(NAME)
                self.end_cancelled()
            self.desk.feed()
            self.desk.later(61)
            self.tick()
            self.messages += self.desk.picked()
            for name in self.messages:
                self.work(name)
            self.messages.clear()
            while self.reconciles:
                self.reconcile()
            up = [fax for fax in self.faxes if fax.status == "queued"]
            for fax in up:
                fax.status = "delivered"
            self.desk.observations.record_many([(self.said(fax, "webhook"), "") for fax in up])
            self.check()
            campaign = self.desk.campaigns.get(NAME)
            if campaign.ended == campaign.rows and state in {CampaignState.FINISHED, CampaignState.CANCELLED}:
                return
        raise AssertionError(f"not every row came to its end: {self.desk.campaigns.get(NAME)}")

    def work(self, name: str) -> None:
        if self.desk.admit(name) == "go" and self.desk.claim(name) == "claimed":
            call = Call(name, self.desk.ledger.job(name).attempt, self.now, "accepted")
            self.post(call)
            self.record_answer(call)

    def account(self) -> None:
        """Compare every row's record with what Telnyx has seen."""
        delivered = {
            self.rows[fax.job]: fax for fax in self.faxes if fax.status == "delivered" and fax.job in self.rows
        }
        results = list(self.desk.campaigns.results(NAME))
        assert [result.row for result in results] == list(range(1, self.size + 1))
        for result in results:
            assert (result.code == "d") == (result.row in delivered), result
            if result.code == "d":
                fax = delivered[result.row]
                assert (result.fax_id, result.attempts) == (fax.id, fax.attempt)
        assert everything_is_free(self.desk.redis) or self.desk.redis.exists(f"fax:job:{SINGLE}")


def test_no_order_of_steps_and_crashes_loses_a_row_or_sends_it_twice(redis_url: str, seed: int) -> None:
    walk = Walk(redis_url, seed)
    try:
        for _ in range(300):
            walk.step()
            walk.check()
        walk.calm()
        walk.account()
    except AssertionError as error:
        raise AssertionError(f"seed {seed}: {error}\nsteps: {' '.join(walk.steps)}") from error
