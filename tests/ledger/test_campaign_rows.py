"""What a campaign's rows can count on: sent once, stopped at any point, brought back in order, and recorded exactly."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from faxdispatch.errors import Conflict
from faxdispatch.jobs import SendFax
from faxdispatch.ledger import CampaignRow, Observation, Rules
from faxdispatch.states import CampaignState, HoldReason, State
from tests.ledger.campaign_desk import NAME, CampaignDesk, job, number_of
from tests.ledger.desk import everything_is_free
from tests.ledger.steps import START

OTHER = [CampaignRow(1, number_of(9), {}, ["9"])]
FAX = "0b1f2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"


def suppress(desk: CampaignDesk, row: int) -> None:
    desk.redis.hset("fax:suppressed", number_of(row), "{}")


def hold_reason(desk: CampaignDesk, row: int) -> str | None:
    return desk.ledger.job(job(row)).hold_reason


# Reading in --------------------------------------------------------------------------------------------------------


def test_a_chunk_that_is_added_twice_counts_once(desk: CampaignDesk) -> None:
    desk.draft(1, 2, 5)
    told = desk.campaigns.pending_rows(NAME, 0)
    assert desk.campaigns.add_chunk(NAME, 0, OTHER) == "same"
    assert desk.campaigns.get(NAME).rows == desk.campaigns.get(NAME).pending == 3
    assert desk.campaigns.pending_rows(NAME, 0) == told
    assert desk.codes() == "pp--p"


def test_the_next_pending_rows_of_a_chunk_can_be_asked_for(desk: CampaignDesk) -> None:
    desk.run(1, 2, 5, 7)
    desk.feed(rows=desk.pending()[:1])
    rows = [[row for row, _, _ in desk.campaigns.pending_rows(NAME, 0, after=at, limit=2)] for at in (0, 2, 7)]
    assert rows == [[2, 5], [5, 7], []]


def test_row_numbers_that_no_chunk_holds_belong_to_no_recipient(desk: CampaignDesk) -> None:
    desk.run(3, 2001)
    assert [result.row for result in desk.campaigns.results(NAME)] == [3, 2001]
    assert [row["row"] for row in desk.pending()] == [3, 2001]
    assert desk.faults() == ()


def test_a_list_that_is_complete_takes_no_more_rows(desk: CampaignDesk) -> None:
    desk.run(1)
    assert desk.campaigns.add_chunk(NAME, 1, [CampaignRow(1001, number_of(9), {}, [])]) == "no"
    assert desk.campaigns.get(NAME).rows == 1


# Feeding -----------------------------------------------------------------------------------------------------------


def test_the_same_rows_fed_again_are_not_queued_again(desk: CampaignDesk) -> None:
    desk.run(1, 2, 3)
    rows = desk.pending()
    assert desk.feed(rows=rows) == ("fed", 3)
    assert desk.feed(rows=rows) == ("fed", 0)
    assert desk.waiting() == [job(1), job(2), job(3)]
    assert desk.kinds()["job.queued"] == 3
    assert (desk.codes(), desk.faults()) == ("ooo", ())


def test_a_lost_cursor_repeats_no_row_that_is_in_flight_or_ended(desk: CampaignDesk) -> None:
    desk.run(1, 2, 3)
    rows = desk.pending()
    desk.feed()
    desk.picked()
    desk.send_row(1)
    desk.send_row(2)
    desk.deliver(1)
    desk.redis.hset(f"fax:campaign:{NAME}", "cursor", 0)
    assert desk.feed(rows=rows) == ("fed", 0)
    assert [desk.state(job(row)) for row in (1, 2, 3)] == [State.DELIVERED, State.ACCEPTED, State.QUEUED]


def test_no_more_rows_are_queued_than_there_is_room_for_and_feeding_continues_after_the_last(
    desk: CampaignDesk,
) -> None:
    desk.run(*range(1, 8))
    assert desk.feed(limit=3) == ("fed", 3)
    assert desk.campaigns.get(NAME).cursor == 3
    assert desk.waiting() == [job(1), job(2), job(3)]


def test_a_delayed_feeder_queues_nothing_under_jobs_of_an_earlier_generation(desk: CampaignDesk) -> None:
    desk.run(1)
    late = desk.pending()
    end_badly(desk, 1)
    assert desk.feed() == ("finished", 0)
    desk.campaigns.again(NAME, [1], generation=2)
    desk.go(CampaignState.RUNNING)
    assert desk.campaigns.feed(NAME, late, tags=[], generation=1, cursor=None, limit=9)[0] == "no"
    assert desk.feed() == ("fed", 1)
    assert desk.waiting() == [job(1, 2)]


def test_a_job_id_that_a_producer_has_taken_is_not_given_to_a_row(desk: CampaignDesk) -> None:
    desk.ledger.create(job(1), SendFax(to="+13125550100", media_name="x"), source="producer")
    desk.run(1, 2)
    assert desk.feed() == ("fed", 1)
    assert desk.ledger.job(job(1)).request.to == "+13125550100"
    [result, _] = desk.campaigns.results(NAME)
    assert (result.code, result.cause, result.attempts) == ("f", "job_id_taken", 0)
    assert desk.faults() == ()


def test_rows_of_two_campaigns_never_share_a_job() -> None:
    assert job(2, 3, "a") != job(3, 1, "a-2")
    assert job(2, 3, "a") != job(3, 1, "a_2")


# Stopping and going on ---------------------------------------------------------------------------------------------


def test_a_pause_stops_waiting_picked_and_admitted_rows_before_their_claim(desk: CampaignDesk) -> None:
    desk.run(1, 2, 3, 4, 5)
    desk.feed(limit=3)
    desk.picked()
    assert desk.admit(job(1)) == "go"
    assert desk.admit(job(2)) == "go"
    desk.feed()
    desk.pause()
    assert desk.claim(job(1)) == "paused"
    assert desk.admit(job(3)) == "paused"
    assert desk.claim(job(2)) == "paused"
    assert desk.picked() == []
    assert [hold_reason(desk, row) for row in range(1, 6)] == [HoldReason.CAMPAIGN_PAUSED] * 5
    assert desk.feed() == ("no", 0)
    assert everything_is_free(desk.redis)
    assert desk.faults() == ()


def test_resume_brings_back_every_parked_row_in_the_order_of_the_list(desk: CampaignDesk) -> None:
    desk.run(*range(1, 13))
    desk.feed(limit=10)
    picked = desk.picked()
    for name in reversed(picked):
        desk.admit(name)
    desk.pause()
    for name in reversed(picked):
        assert desk.claim(name) == "paused"
    assert desk.campaigns.get(NAME).parked == 10
    desk.resume()
    desk.feed(limit=4)
    desk.feed(limit=100)
    assert desk.waiting() == [job(row) for row in range(1, 13)]
    assert desk.campaigns.get(NAME).parked == 0


def test_a_pause_lets_claimed_rows_finish(desk: CampaignDesk) -> None:
    desk.run(1)
    desk.feed()
    desk.picked()
    assert desk.admit(job(1)) == "go"
    assert desk.claim(job(1)) == "claimed"
    desk.pause()
    assert desk.accept(job(1)) == "bound"
    desk.deliver(1)
    assert desk.codes() == "d"


def test_a_pause_stops_a_retry_when_its_time_comes(desk: CampaignDesk) -> None:
    desk.run(1)
    fail_once(desk, 1)
    desk.pause()
    desk.later(61)
    assert [due.job_id for due in desk.agenda.due()] == [job(1)]
    assert desk.admit(job(1)) == "paused"
    desk.resume()
    assert desk.feed() == ("fed", 1)
    assert desk.picked() == [job(1)]


def test_a_repeated_message_for_a_parked_row_leaves_it_parked(desk: CampaignDesk) -> None:
    desk.run(1)
    desk.feed()
    desk.pause()
    desk.picked()
    for _ in range(3):
        assert desk.admit(job(1)) == "paused"
    assert desk.kinds()["job.held"] == 1
    assert desk.faults() == ()


def test_a_parked_row_passes_a_free_number_on_to_the_next(desk: CampaignDesk) -> None:
    desk.create("first", to=number_of(1))
    desk.run(1, numbers={1: number_of(1)})
    desk.send("first")
    desk.feed()
    desk.later(1)
    desk.create("last", to=number_of(1), priority="bulk")
    assert desk.picked() == []
    assert desk.admit("last") == "destination_busy"
    desk.report("first", "delivered")
    desk.pause()
    assert desk.picked() == ["last"]
    assert hold_reason(desk, 1) == HoldReason.CAMPAIGN_PAUSED


def test_the_whole_list_is_tried_before_any_row_is_tried_again(desk: CampaignDesk) -> None:
    desk.run(1, 2, 3)
    desk.feed(limit=1)
    desk.picked()
    desk.send_row(1)
    desk.report(job(1), "failed", "user_busy")
    desk.retry(job(1))
    desk.later(61)
    desk.agenda.due()
    assert desk.admit(job(1)) == "order"
    assert desk.feed(limit=1) == ("fed", 1)
    assert desk.waiting() == [job(2)]
    assert desk.feed(limit=1) == ("fed", 1)
    assert desk.feed(limit=1) == ("fed", 1)
    assert desk.waiting() == [job(2), job(3), job(1)]


def test_untried_rows_parked_by_a_pause_go_before_any_retry(desk: CampaignDesk) -> None:
    desk.run(1, 2)
    desk.feed(limit=1)
    send_and_fail(desk, 1)
    desk.feed()
    desk.pause()
    assert desk.picked() == []
    desk.resume()
    desk.later(61)
    desk.agenda.due()
    assert desk.admit(job(1)) == "order"
    desk.feed()
    assert desk.waiting() == [job(2), job(1)]


def test_rows_that_wait_for_a_retry_leave_room_for_the_rest_of_the_list(desk: CampaignDesk) -> None:
    """As many wait as are lined up at once: they must not wait for those whom they keep from going."""
    desk.run(*range(1, 7))
    desk.feed(limit=3)
    desk.picked()
    for row in (1, 2, 3):
        send_and_fail(desk, row)
    desk.later(61)
    desk.agenda.due()
    assert [desk.admit(job(row)) for row in (1, 2, 3)] == ["order"] * 3
    assert desk.feed(limit=3) == ("fed", 3)
    assert desk.waiting() == [job(4), job(5), job(6)]


def test_more_rows_than_may_be_open_do_not_wait_for_each_other(redis_url: str) -> None:
    desk = CampaignDesk(redis_url, Rules(rate=1000, channels=1000, most_open=3))
    desk.run(*range(1, 7))
    assert desk.feed() == ("fed", 3)
    desk.picked()
    for row in (1, 2, 3):
        send_and_fail(desk, row)
    desk.later(61)
    desk.agenda.due()
    # All that may be open wait: the list cannot be tried first.
    assert [desk.admit(job(row)) for row in (1, 2, 3)] == ["go"] * 3


# Cancelling --------------------------------------------------------------------------------------------------------


def test_a_cancel_stops_rows_in_every_state_and_lets_those_in_flight_finish(desk: CampaignDesk) -> None:
    desk.run(*range(1, 8))
    desk.feed(limit=6)
    desk.picked()
    for row in (1, 2):
        desk.send_row(row)
    desk.report(job(2), "failed", "user_busy")
    desk.retry(job(2))
    assert desk.admit(job(3)) == "go"
    assert desk.admit(job(4)) == "go"
    assert desk.claim(job(4)) == "claimed"
    desk.cancel()
    assert desk.claim(job(3)) == "cancelled"
    assert desk.admit(job(5)) == "cancelled"
    assert desk.ledger.cancel(job(6), source="scheduler")["outcome"] == "cancelled"
    desk.later(61)
    assert desk.admit(job(2)) == "cancelled"
    desk.campaigns.sweep(NAME)
    assert desk.codes() == "occoccc"
    assert desk.faults() == ()
    desk.accept(job(4))
    for row in (1, 4):
        desk.deliver(row)
    assert desk.codes() == "dccdccc"
    assert desk.campaigns.get(NAME).ended == 7
    assert everything_is_free(desk.redis)


def test_a_waiting_row_is_cancelled_when_its_turn_comes(desk: CampaignDesk) -> None:
    desk.run(1, 2)
    desk.feed(limit=1)
    desk.cancel()
    assert desk.picked() == []
    assert desk.codes() == "cp"
    desk.campaigns.sweep(NAME)
    desk.campaigns.sweep(NAME)
    assert desk.codes() == "cc"
    assert desk.campaigns.get(NAME).cancelled == 2


def test_only_a_cancelled_campaign_is_swept(desk: CampaignDesk) -> None:
    desk.run(1)
    desk.campaigns.sweep(NAME)
    assert desk.codes() == "p"


# Suppression -------------------------------------------------------------------------------------------------------


def test_a_number_suppressed_while_waiting_admitted_or_between_attempts_is_not_faxed(desk: CampaignDesk) -> None:
    desk.run(1, 2, 3, 4)
    desk.feed(limit=3)
    send_and_fail(desk, 3)
    assert desk.admit(job(1)) == "go"
    assert desk.admit(job(2)) == "go"
    desk.feed()
    for row in (1, 2, 3, 4):
        suppress(desk, row)
    assert desk.claim(job(1)) == "suppressed"
    assert desk.admit(job(2)) == "suppressed"
    assert desk.picked() == []
    desk.later(61)
    assert desk.admit(job(3)) == "suppressed"
    assert desk.codes() == "ssss"
    assert {result.cause for result in desk.campaigns.results(NAME)} == {"suppressed"}
    assert desk.feed() == ("finished", 0)
    assert desk.faults() == ()


def test_an_expired_suppression_stops_no_row(desk: CampaignDesk) -> None:
    desk.run(1)
    suppress(desk, 1)
    desk.redis.zadd("fax:suppressed:until", {number_of(1): START - 1})
    desk.feed()
    assert desk.picked() == [job(1)]


# Records -----------------------------------------------------------------------------------------------------------


def test_a_rows_record_shows_its_result(desk: CampaignDesk) -> None:
    desk.run(1, 2, 3)
    desk.feed()
    desk.picked()
    desk.admit(job(1))
    desk.claim(job(1), cost=50_000)
    desk.ledger.accept(job(1), 1, FAX, source="worker")
    said = Observation("e1", "d", "fax.delivered", "webhook", FAX, job(1), 1, "delivered", page_count=7, duration=95)
    desk.observations.record(said)
    desk.send_row(2)
    desk.report(job(2), "failed", "user_busy")
    desk.retry(job(2))
    desk.later(61)
    assert desk.admit(job(2)) == "go"
    desk.claim(job(2))
    desk.accept(job(2))
    desk.report(job(2), "failed", "receiver_decline")
    desk.give_up(job(2))
    desk.redis.delete(f"fax:job:{job(2)}")
    first, second, third = desk.campaigns.results(NAME)
    assert (first.code, first.attempts, first.pages, first.seconds, first.fax_id) == ("d", 1, 7, 95, FAX)
    assert (first.generation, first.cause) == (1, None)
    # 7 pages at 0.007 and 2 minutes at 0.005.
    assert first.cost == pytest.approx(0.059)
    assert second.code == "f"
    assert (second.attempts, second.cause, second.fax_id) == (2, "wrong", f"{job(2)}-2")
    assert second.ended_at is not None
    assert second.ended_at.timestamp() == START / 1000 + 61
    assert (third.code, third.ended_at) == ("o", None)
    assert desk.redis.strlen(f"fax:campaign:{NAME}:results:0") == 3 * 32


@pytest.mark.parametrize("fax_id", [FAX.upper(), FAX.replace("-", ""), "fax-7", "0" * 32, str(UUID(int=5))])
def test_a_rows_record_returns_telnyxs_fax_id_unchanged(desk: CampaignDesk, fax_id: str) -> None:
    desk.run(1)
    desk.feed()
    desk.picked()
    desk.admit(job(1))
    desk.claim(job(1))
    desk.ledger.accept(job(1), 1, fax_id, source="worker")
    desk.observations.record(Observation("e", "d", "fax.delivered", "webhook", fax_id, job(1), 1, "delivered"))
    [result] = desk.campaigns.results(NAME)
    assert result.fax_id == fax_id


# Another generation ------------------------------------------------------------------------------------------------


def test_a_retry_tries_only_the_chosen_rows_with_jobs_of_their_own(desk: CampaignDesk) -> None:
    desk.run(1, 2, 3)
    for row in (1, 2):
        end_badly(desk, row)
    desk.send_row(3)
    desk.deliver(3)
    assert desk.feed() == ("finished", 0)
    assert desk.campaigns.again(NAME, [2, 3], generation=2) == 1
    assert desk.campaigns.get(NAME).state is CampaignState.CHECKED
    assert desk.codes() == "fpd"
    desk.go(CampaignState.RUNNING)
    desk.feed()
    assert desk.picked() == [job(2, 2)]
    desk.send_row(2, 2)
    desk.deliver(2, 2)
    assert desk.feed() == ("finished", 0)
    assert [(r.code, r.generation) for r in desk.campaigns.results(NAME)] == [("f", 1), ("d", 2), ("d", 1)]
    assert desk.faults() == ()


def test_a_record_of_a_new_generation_has_no_fax_of_the_one_before(desk: CampaignDesk) -> None:
    desk.run(1)
    end_badly(desk, 1)
    desk.feed()
    desk.campaigns.again(NAME, [1], generation=2)
    desk.go(CampaignState.RUNNING)
    desk.feed()
    suppress(desk, 1)
    desk.picked()
    [result] = desk.campaigns.results(NAME)
    assert (result.code, result.generation, result.fax_id) == ("s", 2, None)


def test_a_late_report_on_an_earlier_generation_changes_nothing(desk: CampaignDesk) -> None:
    desk.run(1)
    end_badly(desk, 1)
    desk.feed()
    desk.campaigns.again(NAME, [1], generation=2)
    desk.go(CampaignState.RUNNING)
    desk.feed()
    desk.picked()
    late = Observation("late", "d", "fax.delivered", "webhook", f"{job(1)}-1", job(1), 1, "delivered")
    desk.observations.record(late)
    assert desk.state(job(1, 2)) is State.QUEUED
    assert desk.codes() == "o"
    assert desk.faults() == ()


def test_the_same_generation_takes_more_rows_but_none_that_it_has_tried(desk: CampaignDesk) -> None:
    desk.run(1, 2)
    for row in (1, 2):
        end_badly(desk, row)
    desk.feed()
    assert desk.campaigns.again(NAME, [1], generation=2) == 1
    assert desk.campaigns.again(NAME, [1], generation=2) == 0
    desk.go(CampaignState.RUNNING)
    end_badly(desk, 1, 2)
    assert desk.campaigns.again(NAME, [1, 2], generation=2) == 1
    assert desk.codes() == "fp"
    with pytest.raises(Conflict):
        desk.campaigns.again(NAME, [1], generation=3)


# What stops a campaign by itself -----------------------------------------------------------------------------------


def test_a_burst_of_failures_pauses_the_campaign_once(redis_url: str) -> None:
    desk = CampaignDesk(redis_url, Rules(rate=1000, channels=1000, burst_window=4, burst_failures=3))
    desk.run(*range(1, 10))
    desk.feed()
    desk.picked()
    for row in range(1, 9):
        desk.send_row(row)
    desk.deliver(1)
    for row in (2, 3):
        fail(desk, row)
    assert desk.campaigns.get(NAME).state is CampaignState.RUNNING
    for row in range(4, 9):
        fail(desk, row)
    assert (desk.campaigns.get(NAME).state, desk.campaigns.get(NAME).reason) == (CampaignState.PAUSED, "error_burst")
    assert len(desk.published("campaign.paused")) == 1
    desk.resume()
    assert desk.campaigns.get(NAME).state is CampaignState.RUNNING


def test_refusals_count_towards_a_burst(redis_url: str) -> None:
    desk = CampaignDesk(redis_url, Rules(rate=1000, channels=1000, burst_window=2, burst_failures=2))
    desk.run(1, 2)
    desk.feed()
    desk.picked()
    for row in (1, 2):
        desk.admit(job(row))
        desk.claim(job(row))
        desk.ledger.end(job(row), event="job.rejected", cause="422", states=[State.SUBMITTING], attempt=1)
    assert desk.campaigns.get(NAME).reason == "error_burst"


def test_the_cap_pauses_the_campaign_and_nothing_is_spent_beyond_it(desk: CampaignDesk) -> None:
    desk.run(1, 2, cap=0.1)
    desk.feed()
    desk.picked()
    for row in (1, 2):
        desk.admit(job(row))
    assert desk.claim(job(1), cost=60_000) == "claimed"
    assert desk.claim(job(2), cost=60_000) == "spend_cap"
    campaign = desk.campaigns.get(NAME)
    assert (campaign.state, campaign.reason, campaign.spent) == (CampaignState.PAUSED, "spend_cap", 0.06)
    assert hold_reason(desk, 2) == HoldReason.CAMPAIGN_PAUSED
    desk.campaigns.set_cap(NAME, 0.06)
    assert desk.campaigns.get(NAME).state == CampaignState.PAUSED
    desk.campaigns.set_cap(NAME, 0.2)
    assert desk.campaigns.get(NAME).state == CampaignState.RUNNING
    desk.feed()
    desk.picked()
    assert desk.admit(job(2)) == "go"
    assert desk.claim(job(2), cost=60_000) == "claimed"


def test_a_campaign_is_finished_only_when_no_row_is_open(desk: CampaignDesk) -> None:
    desk.run(1, 2)
    desk.feed()
    desk.picked()
    for row in (1, 2):
        desk.send_row(row)
    desk.deliver(1)
    assert desk.feed() == ("fed", 0)
    desk.report(job(2), "failed", "user_busy")
    assert desk.feed() == ("fed", 0)
    desk.retry(job(2))
    assert desk.feed() == ("fed", 0)
    desk.later(61)
    desk.admit(job(2))
    desk.claim(job(2))
    desk.ledger.doubt(job(2), 2, cause="no_answer", look_after=15, facts={})
    assert desk.feed() == ("fed", 0)
    desk.accept(job(2))
    desk.report(job(2), "delivered")
    assert desk.feed() == ("finished", 0)
    assert desk.published("campaign.finished")[0].data["delivered"] == 2
    assert desk.campaigns.running() == []


# After the end -----------------------------------------------------------------------------------------------------


def test_a_late_webhook_changes_nothing_once_the_row_is_forgotten(desk: CampaignDesk) -> None:
    desk.run(1, 2)
    end_badly(desk, 1)
    assert 0 < desk.redis.pttl(f"fax:job:{job(1)}") <= 900_000
    before = list(desk.campaigns.results(NAME))
    # Redis forgets by its own clock, so that its part is done here.
    desk.redis.delete(f"fax:job:{job(1)}", f"fax:history:{job(1)}", f"fax:fax:{job(1)}-1")
    late = Observation("late", "d", "fax.delivered", "webhook", f"{job(1)}-1", job(1), 1, "delivered", page_count=9)
    assert desk.observations.record(late)["outcome"] == "recorded"
    assert list(desk.campaigns.results(NAME)) == before
    assert not desk.redis.exists(f"fax:job:{job(1)}")
    assert desk.faults() == ()


# The audit ---------------------------------------------------------------------------------------------------------


def busy_desk(desk: CampaignDesk) -> CampaignDesk:
    """Rows in many places: delivered, failed, suppressed, in flight, held for a retry, picked, waiting, pending."""
    desk.run(*range(1, 9))
    suppress(desk, 3)
    desk.feed(limit=6)
    desk.picked()
    for row in (1, 2, 4):
        desk.send_row(row)
    desk.deliver(1)
    fail(desk, 2)
    send_and_fail(desk, 5)
    desk.feed(limit=1)
    return desk


DAMAGE: dict[str, Callable[[Any], object]] = {
    "a code": lambda r: r.setrange(f"fax:campaign:{NAME}:states", 0, "f"),
    "a code that was none": lambda r: r.setrange(f"fax:campaign:{NAME}:states", 0, "-"),
    "a count": lambda r: r.hincrby(f"fax:campaign:{NAME}", "d", 1),
    "a count of pending rows": lambda r: r.hincrby(f"fax:campaign:{NAME}", "p", -1),
    "a count of a state": lambda r: r.hincrby(f"fax:campaign:{NAME}", "open:accepted", 1),
    "the number of rows": lambda r: r.hincrby(f"fax:campaign:{NAME}", "rows", 1),
    "an open row that is not listed": lambda r: r.srem(f"fax:campaign:{NAME}:open", 4),
    "an open row listed for another": lambda r: (
        r.srem(f"fax:campaign:{NAME}:open", 4), r.sadd(f"fax:campaign:{NAME}:open", 1)
    ),
    "a job that is gone": lambda r: r.delete(f"fax:job:{job(4)}"),
    "a job in another state": lambda r: r.hset(f"fax:job:{job(4)}", "state", "unknown"),
    "a job that has ended": lambda r: r.hset(f"fax:job:{job(4)}", "state", "delivered"),
    "a job nobody looks at": lambda r: r.zrem("fax:agenda", job(4)),
    "a job out of line": lambda r: r.zrem("fax:waiting:c", job(7)),
    "a job in two places": lambda r: r.zadd("fax:waiting:c", {job(4): 1}),
    "the records": lambda r: r.delete(f"fax:campaign:{NAME}:results:0"),
    "one record": lambda r: r.setrange(f"fax:campaign:{NAME}:results:0", 32, "d"),
}  # fmt: skip


@pytest.mark.parametrize("what", DAMAGE)
def test_the_audit_finds_damage_to(desk: CampaignDesk, what: str) -> None:
    busy_desk(desk)
    assert desk.waiting() == [job(7)]
    assert desk.codes() == "dfsoooop"
    assert desk.faults() == ()
    DAMAGE[what](desk.redis)
    assert desk.faults() != ()


# Short words -------------------------------------------------------------------------------------------------------


def fail(desk: CampaignDesk, row: int, generation: int = 1) -> None:
    desk.report(job(row, generation), "failed", "user_busy")
    desk.end(job(row, generation))


def end_badly(desk: CampaignDesk, row: int, generation: int = 1) -> None:
    """Feed what is pending, bring the row to Telnyx and let it fail for good."""
    desk.feed()
    desk.picked()
    desk.send_row(row, generation)
    fail(desk, row, generation)


def send_and_fail(desk: CampaignDesk, row: int) -> None:
    """Let a row that waits or is picked fail; it is to be tried again in a minute."""
    desk.picked()
    desk.send_row(row)
    desk.report(job(row), "failed", "user_busy")
    desk.retry(job(row))


def fail_once(desk: CampaignDesk, row: int) -> None:
    desk.feed()
    send_and_fail(desk, row)
