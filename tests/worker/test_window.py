"""The time from which an unknown attempt is searched for, and the listings that are evidence, with any wrong clock."""

from datetime import UTC, datetime, timedelta

import pytest

from faxdispatch.jobs import SendFax
from faxdispatch.ledger import JobView
from faxdispatch.states import State
from worker.window import begins, looked_after

CLAIMED = datetime(2026, 9, 1, 12, tzinfo=UTC)
"""By Telnyx's clock."""
ALLOWANCE = timedelta(seconds=120)
MINUTES = [timedelta(minutes=minutes) for minutes in (-30, -3, 0, 3, 30)]


def job(*, redis_ahead: timedelta = timedelta(), noted: bool = True) -> JobView:
    """An attempt that was claimed at `CLAIMED`."""
    row = {
        "state": State.UNKNOWN, "attempt": "1", "created": "0", "updated": "0",
        "submitted": millis(CLAIMED + redis_ahead),
    }  # fmt: skip
    row["request"] = SendFax(to="+13125550200", media_name="letter").model_dump_json(exclude_defaults=True)
    return JobView.from_hash("job", row | ({"submitted_telnyx": millis(CLAIMED)} if noted else {}))


def millis(moment: datetime) -> str:
    return str(round(moment.timestamp() * 1000))


@pytest.mark.parametrize("noted", [True, False])
@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("ahead", MINUTES)
def test_the_window_begins_before_the_claim_however_wrong_redis_clock_is(noted, known, ahead):
    begun = begins(job(redis_ahead=ahead, noted=noted), ahead=-ahead if known else None, allowance=ALLOWANCE)

    assert begun <= CLAIMED - ALLOWANCE


@pytest.mark.parametrize("set_by", MINUTES)
def test_the_window_begins_before_the_claim_where_redis_clock_was_set_since(set_by):
    assert begins(job(), ahead=-set_by, allowance=ALLOWANCE) <= CLAIMED - ALLOWANCE


def look(
    view: JobView, *, after: timedelta, known: bool = True, redis_ahead: timedelta = timedelta(), ours=timedelta()
):
    moment = CLAIMED + after
    return looked_after(view, listed_at=moment if known else None, here=moment + redis_ahead, machine_now=moment + ours)


@pytest.mark.parametrize("ahead", MINUTES)
def test_the_time_searched_is_the_shorter_of_two_clocks(ahead):
    """Redis' clock is set by that much after the claim."""
    after = timedelta(minutes=10)

    assert look(job(), after=after, redis_ahead=ahead) == min(after, after + ahead)


def test_a_listing_without_a_date_is_no_evidence_where_the_claim_noted_one():
    assert look(job(), after=timedelta(minutes=10), known=False) is None


def test_a_listing_that_is_dated_before_the_claim_is_no_evidence():
    assert look(job(), after=timedelta(minutes=-1)) is None


@pytest.mark.parametrize("known", [True, False])
def test_without_telnyxs_time_a_clock_a_day_off_makes_a_listing_no_evidence(known):
    view, after = job(noted=False), timedelta(minutes=10)

    assert look(view, after=after, known=known) == after
    assert look(view, after=after, known=known, redis_ahead=timedelta(days=1), ours=timedelta()) is None


def test_a_listings_own_date_counts_more_than_this_machines_clock():
    view, after, wrong = job(noted=False), timedelta(minutes=10), timedelta(days=1)

    assert look(view, after=after, ours=wrong) == after
    assert look(view, after=after, known=False, ours=wrong) is None
