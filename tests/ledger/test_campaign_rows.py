"""What a campaign's rows can count on: read in and sent once, kept from suppressed numbers, and recorded exactly."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from faxdispatch.errors import Conflict
from faxdispatch.jobs import SendFax
from faxdispatch.ledger import CampaignRow, Observation
from faxdispatch.states import CampaignState, State
from tests.ledger.campaign_desk import NAME, CampaignDesk, job, number_of
from tests.ledger.steps import START

OTHER = [CampaignRow(1, number_of(9), {}, ["9"])]
FAX = "0b1f2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"


# Reading in --------------------------------------------------------------------------------------------------------


def test_a_chunk_that_is_added_twice_counts_once(desk: CampaignDesk) -> None:
    desk.draft(1, 2, 5)
    pending = desk.campaigns.pending_rows(NAME, 0)
    assert desk.campaigns.add_chunk(NAME, 0, OTHER) == "same"
    assert desk.campaigns.get(NAME).rows == desk.campaigns.get(NAME).pending == 3
    assert desk.campaigns.pending_rows(NAME, 0) == pending
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
    desk.end_badly(1)
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


# Suppression -------------------------------------------------------------------------------------------------------


def test_a_number_suppressed_while_waiting_admitted_or_between_attempts_is_not_faxed(desk: CampaignDesk) -> None:
    desk.run(1, 2, 3, 4)
    desk.feed(limit=3)
    desk.send_and_fail(3)
    assert desk.admit(job(1)) == "go"
    assert desk.admit(job(2)) == "go"
    desk.feed()
    for row in (1, 2, 3, 4):
        desk.suppress(row)
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
    desk.suppress(1)
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
        desk.end_badly(row)
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
    desk.end_badly(1)
    desk.feed()
    desk.campaigns.again(NAME, [1], generation=2)
    desk.go(CampaignState.RUNNING)
    desk.feed()
    desk.suppress(1)
    desk.picked()
    [result] = desk.campaigns.results(NAME)
    assert (result.code, result.generation, result.fax_id) == ("s", 2, None)


def test_a_late_report_on_an_earlier_generation_changes_nothing(desk: CampaignDesk) -> None:
    desk.run(1)
    desk.end_badly(1)
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
        desk.end_badly(row)
    desk.feed()
    assert desk.campaigns.again(NAME, [1], generation=2) == 1
    assert desk.campaigns.again(NAME, [1], generation=2) == 0
    desk.go(CampaignState.RUNNING)
    desk.end_badly(1, 2)
    assert desk.campaigns.again(NAME, [1, 2], generation=2) == 1
    assert desk.codes() == "fp"
    with pytest.raises(Conflict):
        desk.campaigns.again(NAME, [1], generation=3)


# After the end -----------------------------------------------------------------------------------------------------


def test_a_late_webhook_changes_nothing_once_the_row_is_forgotten(desk: CampaignDesk) -> None:
    desk.run(1, 2)
    desk.end_badly(1)
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
    desk.suppress(3)
    desk.feed(limit=6)
    desk.picked()
    for row in (1, 2, 4):
        desk.send_row(row)
    desk.deliver(1)
    desk.fail(2)
    desk.send_and_fail(5)
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
