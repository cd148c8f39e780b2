"""A walk of a campaign: the feeder, the broker, workers, operators, and the final account.

Feeders are late, come twice or die, messages carry several jobs and are lost or doubled, webhooks come after their job
was forgotten, operators pause, resume, cancel, suppress and try again.
"""

from collections.abc import Callable
from typing import Any

from faxdispatch.jobs import SendFax
from faxdispatch.ledger import Rules
from faxdispatch.states import TERMINAL, CampaignState, State
from tests.ledger.campaign_desk import NAME, CampaignDesk, job
from tests.ledger.desk import SENDER, everything_is_free
from tests.ledger.sending_walk import SETTLE, Call, SendingWalk
from tests.ledger.snapshot import Snapshot

KEPT = 300
"""Seconds after which the ledger forgets a row's job."""
SINGLE = "single"
"""A fax of no campaign, to the number of a row."""


def number_of(row: int) -> str:
    """Return a number; every third one is that of the row before, so that rows meet on the line."""
    return f"+1415555{row - (row % 3 == 0):04}"


class CampaignWalk(SendingWalk):
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
        self.before = self.desk.codes()
        self.again_allowed = False
        self.ended: dict[str, float] = {}

    # Helpers -------------------------------------------------------------------------------------------------------

    @property
    def state(self) -> CampaignState:
        return self.desk.campaigns.get(NAME).state

    @property
    def generation(self) -> int:
        return self.desk.campaigns.get(NAME).generation

    # The scheduler -------------------------------------------------------------------------------------------------

    def prepare_feed(self) -> None:
        """A feeder reads the pending rows; it may queue them much later, and more than once."""
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

    def decide(self, name: str) -> None:
        if self.desk.ledger.job(name).dials >= 1:
            self.desk.end(name)
        else:
            self.desk.retry(name)

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
        reply = self.claimed(name)
        if reply["outcome"] != "claimed":
            return
        view = self.desk.ledger.job(name)
        if view.row:
            assert self.state is CampaignState.RUNNING, "nothing may be sent"
            assert not self.desk.redis.hexists("fax:suppressed", view.request.to), "a suppressed number"
        if self.chance(0.9):
            self.calls.append(Call(name, reply["attempt"], self.now))

    def progress(self) -> None:
        fax = self.one(self.flying)
        fax.status, fax.reason = self.one([("delivered", None), ("failed", "user_busy")])
        self.webhooks.append(self.said(fax))

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
        possible: list[tuple[float, Callable[[], None]]] = [
            (0.4, self.prepare_feed),
            (1.0 * bool(self.feeds), self.feed),
            (1.0 * bool(self.desk.waiting()), self.pick),
            (2.0 * bool(self.messages), self.deliver_message),
            (3.0 * bool(self.admitted), self.claim),
            (3.0 * bool(open_calls), self.call_telnyx),
            (3.0 * bool(answered), self.record),
            (2.0 * bool(self.flying), self.progress),
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
        """No row has two faxes under way or delivered, in any generation."""
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
                self.send(name)
            self.messages.clear()
            while self.reconciles:
                self.reconcile()
            up = self.flying
            for fax in up:
                fax.status = "delivered"
            self.desk.observations.record_many([(self.said(fax), "") for fax in up])
            self.check()
            campaign = self.desk.campaigns.get(NAME)
            if campaign.ended == campaign.rows and state in {CampaignState.FINISHED, CampaignState.CANCELLED}:
                return
        raise AssertionError(f"not every row came to its end: {self.desk.campaigns.get(NAME)}")

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
