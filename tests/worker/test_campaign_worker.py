"""Scheduler and worker handle campaigns, in this process on a real Valkey."""

from dataclasses import replace
from threading import Event
from typing import Any

import pytest

from faxdispatch.errors import Refused
from faxdispatch.ledger import CampaignRow, job_of_row
from faxdispatch.states import CampaignState, HoldReason, State
from faxdispatch.telnyx import SendRequest
from tests.ledger.steps import admit_one, claim_one
from tests.worker.doubles import SENDER, Telnyx, at_work
from worker.scheduling.feeding import Feeder
from worker.sending.attempt import run_attempts
from worker.sending.stages import Outcome

OTHER_SENDER = "+13125550277"


class Works:
    """A scheduler's feeder and a worker at one ledger."""

    def __init__(self, redis_url: str) -> None:
        self.telnyx = Telnyx()
        self.posted: list[tuple[str, dict[str, Any]]] = []
        self.w = at_work(
            redis_url,
            channels=50,
            settings={"fax_rate": 20},
            telnyx=self.telnyx,
            post=lambda name, _queue, payload: self.posted.append((name, payload)),
        )
        self.campaigns = self.w.campaigns
        self.feeder = Feeder(self.w)

    def run(self, name: str = "spring", rows: int = 3, fields: dict[int, dict[str, Any]] | None = None) -> None:
        """Read in a list of so many rows and start it."""
        self.campaigns.open(name, name=name, options={"media_name": "letter"}, fingerprint="f")
        given = [CampaignRow(r, f"+1415{2_000_000 + r}", (fields or {}).get(r, {}), []) for r in range(1, rows + 1)]
        self.campaigns.add_chunk(name, 0, given)
        for state in (CampaignState.CHECKED, CampaignState.RUNNING):
            self.campaigns.move(name, state, event=f"campaign.{state}")

    def picked(self) -> list[str]:
        return [job.job_id for job in self.w.agenda.pick()]

    def states(self, rows: int = 3) -> list[State]:
        return [self.w.ledger.job(job_of_row("spring", row)).state for row in range(1, rows + 1)]


@pytest.fixture
def works(redis_url: str) -> Works:
    return Works(redis_url)


# Feeding -----------------------------------------------------------------------------------------------------------


def test_a_row_is_sent_from_its_own_sender_and_connection(works: Works) -> None:
    works.run(fields={2: {"from": OTHER_SENDER, "connection_id": "c2"}})
    works.feeder.feed()
    run_attempts(works.picked(), works.w)
    sent = {request.body()["to"]: request.body() for request in works.telnyx.asked}
    assert [sent[to]["from"] for to in sorted(sent)] == [SENDER, OTHER_SENDER, SENDER]
    assert [sent[to]["connection_id"] for to in sorted(sent)] == ["c1", "c2", "c1"]


def test_a_list_that_cannot_be_read_pauses_its_campaign_and_stops_no_other(works: Works) -> None:
    works.run("broken")
    works.run("spring")
    works.w.ledger.redis.set("fax:campaign:broken:rows:0", "no list")
    works.feeder.feed()
    broken = works.campaigns.get("broken")
    assert (broken.state, broken.reason) == (CampaignState.PAUSED, "fault")
    assert len(works.picked()) == 3


def test_a_row_that_no_worker_could_read_gets_no_job(works: Works) -> None:
    works.run(fields={2: {"no_such_option": 1}})
    works.feeder.feed()
    assert works.campaigns.get("spring").reason == "fault"
    assert works.campaigns.get("spring").opened == 0


def test_pending_rows_behind_the_cursor_are_found(works: Works) -> None:
    works.run(rows=5)
    works.w.ledger.redis.hset("fax:campaign:spring", "cursor", 3)
    for _ in range(3):
        works.feeder.feed()
    assert works.campaigns.get("spring").pending == 0


def test_all_rows_are_fed_while_more_retries_wait_than_may_be_queued_at_once(works: Works) -> None:
    rows = 200
    works.run(rows=rows)
    for _ in range(20):
        works.feeder.feed()
        # Every row that is sent fails at once and waits for its retry, after the whole list.
        for job_id in works.picked():
            assert admit_one(works.w.ledger, job_id, connection="c1", sender=SENDER)["outcome"] == "go"
            claim_one(works.w.ledger, job_id, owner=job_id, lease=60, facts={})
            works.w.ledger.postpone(job_id, 1, reason=HoldReason.NOT_SENT, delay=0, facts={})
            admit_one(works.w.ledger, job_id, connection="c1", sender=SENDER)
    assert works.campaigns.get("spring").pending == 0
    assert works.campaigns.audit("spring").faults == ()


def test_a_worker_is_asked_once_to_cancel_faxes_in_flight(works: Works) -> None:
    works.run()
    works.feeder.feed()
    run_attempts(works.picked()[:2], works.w)
    works.campaigns.move("spring", CampaignState.CANCELLED, event="campaign.cancelled", also_in_flight=True)
    works.feeder.feed()
    works.feeder.feed()
    assert works.posted == [("fax.cancel.v1", {"job_id": "spring-1"}), ("fax.cancel.v1", {"job_id": "spring-2"})]
    assert works.states() == [State.ACCEPTED, State.ACCEPTED, State.CANCELLED]


def test_a_cancel_leaves_faxes_in_flight_alone(works: Works) -> None:
    works.run()
    works.feeder.feed()
    run_attempts(works.picked()[:1], works.w)
    works.campaigns.move("spring", CampaignState.CANCELLED, event="campaign.cancelled")
    works.feeder.feed()
    assert works.posted == []
    assert not works.w.ledger.job("spring-1").cancel_requested
    assert works.campaigns.ending() == ["spring"]


# Sending -----------------------------------------------------------------------------------------------------------


def test_each_row_of_a_message_gets_telnyxs_answer_to_it(works: Works) -> None:
    def answer(request: SendRequest) -> None:
        if request.body()["to"].endswith("2"):
            raise Refused("no", status=422, code="10016")

    works.telnyx.answer = answer
    works.run()
    works.feeder.feed()
    assert run_attempts(works.picked(), works.w) == {
        "spring-1": Outcome.ACCEPTED, "spring-2": Outcome.REFUSED, "spring-3": Outcome.ACCEPTED,
    }  # fmt: skip


def test_a_message_of_an_earlier_generation_sends_nothing(works: Works) -> None:
    works.telnyx.answer = refuse
    works.run()
    works.feeder.feed()
    picked = works.picked()
    run_attempts(picked, works.w)
    works.feeder.feed()
    works.campaigns.again("spring", [1, 2, 3], generation=2)
    works.campaigns.move("spring", CampaignState.RUNNING, event="campaign.started")
    works.feeder.feed()
    works.picked()
    calls = len(works.telnyx.asked)
    assert set(run_attempts([*picked, "unheard-of"], works.w).values()) == {Outcome.DROPPED}
    assert len(works.telnyx.asked) == calls
    assert works.campaigns.get("spring").opened == 3


def test_answers_to_calls_in_progress_are_recorded_when_their_message_fails(works: Works, monkeypatch: Any) -> None:
    """The first rows are at Telnyx when the claims of the next ones fail unexpectedly."""
    works.run(rows=3)
    works.feeder.feed()
    picked = works.picked()
    go_on = Event()
    works.telnyx.answer = lambda _: go_on.wait(60) and None
    claim_many = works.w.ledger.claim_many

    def claim(claims: Any, **options: Any) -> Any:
        if works.telnyx.asked or [c.job_id for c in claims] == ["spring-3"]:
            go_on.set()
            raise RuntimeError("a mistake of ours")
        return claim_many(claims, **options)

    monkeypatch.setattr(works.w.ledger, "claim_many", claim)
    monkeypatch.setattr("worker.sending.attempt._due", lambda left, _: [*left[:2]])
    with pytest.raises(RuntimeError):
        run_attempts(picked, replace(works.w))
    assert works.states() == [State.ACCEPTED, State.ACCEPTED, State.QUEUED]


def refuse(_: SendRequest) -> None:
    raise Refused("no", status=422, code="10016")
