"""What stops a campaign, and how it goes on: pauses, cancels, bursts of failures, its cap, its end."""

from faxdispatch.ledger import Rules
from faxdispatch.states import CampaignState, HoldReason, State
from tests.ledger.campaign_desk import NAME, CampaignDesk, job, number_of
from tests.ledger.desk import everything_is_free

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
    assert [desk.hold_reason(row) for row in range(1, 6)] == [HoldReason.CAMPAIGN_PAUSED] * 5
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
    desk.feed()
    desk.send_and_fail(1)
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
    assert desk.hold_reason(1) == HoldReason.CAMPAIGN_PAUSED


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
    desk.send_and_fail(1)
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
        desk.send_and_fail(row)
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
        desk.send_and_fail(row)
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
        desk.fail(row)
    assert desk.campaigns.get(NAME).state is CampaignState.RUNNING
    for row in range(4, 9):
        desk.fail(row)
    assert (desk.campaigns.get(NAME).state, desk.campaigns.get(NAME).reason) == (CampaignState.PAUSED, "error_burst")
    assert len(desk.published("campaign.paused")) == 1
    desk.resume()
    assert desk.campaigns.get(NAME).state is CampaignState.RUNNING


def test_by_default_thirty_failures_of_the_last_forty_attempts_pause_a_campaign(redis_url: str) -> None:
    desk = CampaignDesk(redis_url, Rules(rate=1000, channels=1000))
    desk.run(*range(1, 41))
    desk.feed()
    desk.picked()
    for row in range(1, 41):
        desk.send_row(row)
    for row in range(1, 11):
        desk.deliver(row)
    for row in range(11, 40):
        desk.fail(row)
    assert desk.campaigns.get(NAME).state is CampaignState.RUNNING
    desk.fail(40)
    assert desk.campaigns.get(NAME).reason == "error_burst"


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
    assert desk.hold_reason(2) == HoldReason.CAMPAIGN_PAUSED
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
