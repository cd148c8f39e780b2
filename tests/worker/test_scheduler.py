"""The scheduler's work at each appointment, in this process on a real Valkey."""

from typing import Any

import pytest

from faxdispatch.jobs import Priority, SendFax
from faxdispatch.ledger import (
    Ledger,
    Observation,
    Observations,
    Rules,
    Scripts,
    connect,
)
from faxdispatch.settings import Settings
from faxdispatch.states import State
from tests.ledger.steps import admit_one, claim_one, of_tomorrow
from tests.worker.doubles import collaborators
from worker.scheduling import housekeeping
from worker.scheduling.scheduler import CROWD, Scheduler

START = 1_790_000_000_000


class Desk:
    """A scheduler with its own clock, and what it posted."""

    def __init__(self, redis_url: str) -> None:
        self.scripts = Scripts(connect(redis_url), Rules(rate=1000, channels=5))
        self.scripts.now = START
        self.posted: list[tuple[str, dict[str, Any]]] = []
        self.waiting = 0
        self.ledger = Ledger(self.scripts)
        self.observations = Observations(self.scripts)
        self.w = collaborators(
            self.scripts,
            Settings(fax_connection_id="c1", fax_from="+13125550299"),
            post=lambda name, _queue, payload: self.posted.append((name, payload)),
            backlog=lambda _: self.waiting,
        )
        self.scheduler = Scheduler(self.w, "desk")
        # Inbound faxes were listed just now.
        self.w.inbox.may_list(every=3600)

    def create(self, **options: Any) -> None:
        job = SendFax.decode({"to": "+13125550200", "media_name": "letter", **options})
        self.ledger.create("job", job, source="producer")

    def claim(self) -> None:
        admit_one(self.ledger, "job", connection="c1", sender="+13125550299")
        claim_one(self.ledger, "job", owner="w", lease=60, facts={})

    def fail(self, reason: str) -> None:
        self.ledger.accept("job", 1, "fax-1", source="worker")
        said = Observation("e1", "d", "fax.failed", "webhook", fax_id="fax-1", status="failed", failure_reason=reason)
        self.observations.record(said)

    def after(self, seconds: float) -> list[tuple[str, dict[str, Any]]]:
        """Let time pass and tick; return what was posted by it."""
        assert self.scripts.now is not None
        self.scripts.now += round(seconds * 1000)
        self.posted.clear()
        self.scheduler.tick()
        return list(self.posted)

    @property
    def state(self) -> State:
        return self.ledger.job("job").state


@pytest.fixture
def desk(redis_url: str) -> Desk:
    return Desk(redis_url)


def test_a_job_whose_message_was_lost_gets_another(desk: Desk) -> None:
    desk.create()

    assert desk.after(29) == []
    assert desk.after(1) == [("fax.rows.v1", {"jobs": ["job"]})]


def test_many_waiting_messages_are_not_repeated_but_a_lost_one_is(desk: Desk) -> None:
    desk.create()
    desk.waiting = CROWD + 1

    assert [desk.after(pause) for pause in (30, 30, 60)] == [[], [], []]
    assert desk.after(120) == [("fax.rows.v1", {"jobs": ["job"]})]


def test_a_claim_whose_worker_died_becomes_unknown_and_is_searched_for(desk: Desk) -> None:
    desk.create()
    desk.claim()

    assert desk.after(60) == []
    assert desk.state is State.UNKNOWN
    assert desk.after(15) == [("fax.reconcile.v1", {"job_id": "job"})]


def test_inbound_faxes_are_listed_every_five_minutes(desk: Desk) -> None:
    desk.ledger.redis.delete("fax:inbound-listing")

    assert desk.after(1) == [("fax.ask.v1", {"task": "fax.find.v1", "payload": {}})]
    assert 200_000 < desk.ledger.redis.pttl("fax:inbound-listing") <= 300_000


def test_a_retry_skips_steps_of_the_ladder_that_the_fax_has_taken_already(desk: Desk) -> None:
    desk.create(t38_enabled=False)
    desk.claim()
    desk.fail("carrier_lost")
    desk.after(0)

    assert (desk.state, desk.ledger.job("job").ladder_step) == (State.HELD, 2)


def test_surplus_faxes_are_cancelled_unless_the_ledger_went_back_in_time(desk: Desk) -> None:
    desk.ledger.redis.zadd("fax:strays", {"fax-1": 0})
    desk.w.watch.witness.behind = True

    assert desk.after(1) == []
    desk.w.watch.witness.behind = False
    assert desk.after(1) == [("fax.cancel.v1", {"fax_id": "fax-1"})]


def test_a_fax_without_news_is_polled_less_and_less_often(desk: Desk) -> None:
    desk.create()
    desk.claim()
    desk.ledger.accept("job", 1, "fax-1", source="worker")
    question = [("fax.ask.v1", {"task": "fax.sync.v1", "payload": {"job_id": "job"}})]

    assert [desk.after(pause) for pause in (300, 299, 1, 599, 1)] == [question, [], question, [], question]


def test_a_fax_without_news_for_a_day_is_polled_every_hour(desk: Desk) -> None:
    desk.create()
    desk.claim()
    desk.ledger.accept("job", 1, "fax-1", source="worker")

    asked = [bool(desk.after(60)) for _ in range(24 * 60)]
    pauses = [len(silence) + 1 for silence in "".join("?" if a else "." for a in asked).split("?")]

    assert max(pauses) <= 60


def test_a_request_to_cancel_is_repeated_until_telnyx_answers(desk: Desk) -> None:
    desk.create()
    desk.claim()
    desk.ledger.cancel("job", source="producer")
    desk.ledger.accept("job", 1, "fax-1", source="worker")
    wish = [("fax.cancel.v1", {"job_id": "job"})]

    assert [desk.after(0), desk.after(30), desk.after(30)] == [wish, wish, wish]


def test_a_busy_number_is_called_again_after_the_pause_of_its_schedule(desk: Desk) -> None:
    desk.create()
    desk.claim()
    desk.fail("user_busy")

    assert desk.after(0) == []
    job = desk.ledger.job("job")
    assert (job.state, job.hold_reason, job.dials, job.tries) == (State.HELD, "retry", 1, {"busy": 1})
    assert desk.after(180 * 1.1) == [("fax.rows.v1", {"jobs": ["job"]})]


def test_a_wrong_number_ends_the_job(desk: Desk) -> None:
    desk.create()
    desk.claim()
    desk.fail("receiver_unallocated_number")
    desk.after(0)

    assert desk.state is State.FAILED
    assert [e.type for e in desk.ledger.job("job", history=True).history][-1] == "job.exhausted"


def test_a_disabled_account_pauses_the_connection_and_gives_nothing_up(desk: Desk) -> None:
    desk.create()
    desk.claim()
    desk.fail("account_disabled")
    desk.after(0)

    assert desk.state is State.HELD
    assert desk.scripts.redis.hget("fax:paused:c1", "reason") == "account_disabled"


def test_a_fax_that_waits_for_a_channel_goes_when_one_is_free(desk: Desk) -> None:
    desk.create()
    desk.claim()
    desk.ledger.create("next", SendFax(to="+13125550200", media_name="letter"), source="producer")
    admit_one(desk.ledger, "next", connection="c1", sender="+13125550299")

    assert desk.after(0) == []
    desk.fail("user_busy")
    assert desk.after(0) == [("fax.rows.v1", {"jobs": ["next"]})]


def test_picked_faxes_share_a_message_except_urgent_ones(desk: Desk) -> None:
    for place in range(3):
        to = f"+1312555030{place}"
        desk.ledger.create(f"job-{place}", SendFax(to=to, media_name="letter"), source="producer")
    urgent = SendFax(to="+13125550309", media_name="letter", priority=Priority.URGENT)
    desk.ledger.create("urgent", urgent, source="producer")
    desk.w.limits.pause("c1", delay=60)
    for job in ("job-0", "job-1", "job-2", "urgent"):
        admit_one(desk.ledger, job, connection="c1", sender="+13125550299")
    desk.w.limits.resume("c1", reason="test")

    assert desk.after(0) == [
        ("fax.attempt.v1", {"job_id": "urgent"}),
        ("fax.rows.v1", {"jobs": ["job-0", "job-1", "job-2"]}),
    ]


def test_inbound_faxes_and_deletions_wait_while_the_workers_have_too_much_to_do(desk: Desk):
    looking = housekeeping.Housekeeping(desk.w)
    desk.scripts.redis.zadd("fax:deletions", {"fax-1": 0})
    desk.waiting = housekeeping.CROWD + 1
    looking.run()
    assert desk.posted == []
    desk.waiting = housekeeping.CROWD
    looking._looked_at = float("-inf")
    looking.run()
    assert desk.posted == [("fax.forget.v1", {"fax_id": "fax-1"})]


@pytest.mark.parametrize("asked", [0, 30, 500])
def test_questions_and_deletions_use_up_no_more_than_their_share_of_the_rate(desk: Desk, asked: int):
    looking = housekeeping.Housekeeping(desk.w)
    for number in range(asked):
        desk.observations.record(
            Observation(
                f"e-{number}", "d", "fax.receiving.started", "webhook", fax_id=f"in-{number}", status="receiving",
                outbound=False,
            )
        )  # fmt: skip
    assert desk.scripts.now
    desk.scripts.now += 3_600_000
    desk.scripts.redis.zadd("fax:deletions", {f"fax-{number}": 0 for number in range(500)})
    looks = 40
    for _ in range(looks):
        looking._looked_at = float("-inf")
        looking.run()
    assert len(desk.posted) == desk.w.settings.fax_rate * housekeeping.SHARE * housekeeping.PAUSE * looks


def test_a_job_of_a_later_version_waits_for_its_workers_and_holds_up_no_other(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.create()
    desk.claim()
    desk.fail("user_busy")
    redis: Any = desk.ledger.redis
    of_tomorrow(redis, "job")
    for job_id in ("later", "other"):
        desk.ledger.create(job_id, SendFax(to="+13125550201", media_name="letter"), source="producer")
    redis.hset("fax:job:later", "state", "of_tomorrow")

    assert [payload for _, payload in desk.after(3600)] == [{"jobs": ["other"]}]
    assert desk.state is State.DECIDING
    assert "job job waits for a worker of the version that recorded it: of_tomorrow" in caplog.text
    assert all(redis.zscore("fax:agenda", job_id) for job_id in ("job", "later", "other"))


def test_an_appointment_that_fails_holds_up_no_other(
    desk: Desk, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.create()
    desk.claim()
    desk.ledger.create("other", SendFax(to="+13125550201", media_name="letter"), source="producer")
    monkeypatch.setattr(desk.w.ledger, "doubt", lambda *_, **__: 1 / 0)

    assert [payload for _, payload in desk.after(3600)] == [{"jobs": ["other"]}]
    assert "job job: unexpected error" in caplog.text
