"""The estimated cost and end of a campaign, by a clock that the test controls."""

from datetime import UTC, datetime, time, timedelta

import pytest

from faxdispatch.calling.costs import PAGE_SECONDS, PAGES_GUESS
from faxdispatch.calling.holidays import parse_holidays
from faxdispatch.calling.openings import Calendar
from faxdispatch.calling.windows import Window
from faxdispatch.campaign.planning.course import Capacity, Load, finish
from faxdispatch.campaign.planning.estimate import SETUP_SECONDS, Recipients, make_plan, span
from faxdispatch.settings import Settings

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
OFFICE = Window(start=time(8), end=time(17), days=("mon", "tue", "wed", "thu", "fri"))
LOCAL = Window(start=time(8), end=time(17))
NEW_YORK, CHICAGO, LOS_ANGELES = "+12125550200", "+13125550200", "+13105550200"
HOUR = 3600.0


def load(faxes: int, seconds: float = 60, cost: float = 0, window: Window | None = None, zone: str = "UTC") -> Load:
    return Load(faxes, faxes * seconds, faxes * cost, window, (zone,) if window else ())


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def settings(**variables) -> Settings:
    return Settings(**variables)


def recipients(*numbers: str, pages: int | None = 1, window: Window | None = None) -> Recipients:
    found = Recipients(MONDAY, calendar=Calendar())
    for number in numbers:
        found.add(number, pages=pages, window=window)
    return found


def many(count: int, pages: int | None = 1, window: Window | None = None) -> Recipients:
    return recipients(*(f"+1312{2_000_000 + number}" for number in range(count)), pages=pages, window=window)


# The course ------------------------------------------------------------------------------------------------------


ONE = Capacity(channels=1)
NIGHT, ALWAYS = Window(start=time(22), end=time(6)), Window(start=time(0), end=time(0))
COURSES = {
    "600 calls of a minute on one channel": ([load(600)], ONE, MONDAY, "2026-11-23 19:00"),
    "on ten channels": ([load(600)], Capacity(channels=10), MONDAY, "2026-11-23 10:00"),
    "one every 12 seconds": ([load(600)], Capacity(channels=10, rate=1 / 12), MONDAY, "2026-11-23 11:00"),
    "no call is shorter than itself": ([load(600)], Capacity(), MONDAY, "2026-11-23 09:01"),
    "nothing to send": ([], ONE, MONDAY, "2026-11-23 09:00"),
    # 8 hours are left of Monday, so of 10 hours of calls two are Tuesday's.
    "what does not fit into a window": ([load(600, window=OFFICE)], ONE, MONDAY, "2026-11-24 10:00"),
    "over the weekend": ([load(60, window=OFFICE)], ONE, utc("2026-11-27 17:00"), "2026-11-30 09:00"),
    # 13:00 UTC is 8:00 in New York, 16:00 UTC is 8:00 in Los Angeles.
    "one zone is served while another sleeps": (
        [load(60, window=LOCAL, zone=f"America/{city}") for city in ("New_York", "Los_Angeles")],
        ONE,
        MONDAY,
        "2026-11-23 17:00",
    ),
    # On Sunday, 1 November 2026 New York goes back: 8:00 is at 12:00 UTC before and at 13:00 UTC after.
    "when clocks are changed": (
        [load(60, window=LOCAL, zone="America/New_York")],
        ONE,
        utc("2026-10-31 22:00"),
        "2026-11-01 14:00",
    ),
    "a window past midnight": ([load(600, window=NIGHT)], ONE, MONDAY, "2026-11-25 00:00"),
    "a window without an end": ([load(6000, window=ALWAYS)], ONE, MONDAY, "2026-11-27 13:00"),
    # 100 faxes a day: the first hundred today, the next at once tomorrow, the last fifty the day after.
    "a daily cap": ([load(250, cost=1)], Capacity(channels=1, day_cap=100), MONDAY, "2026-11-25 00:50"),
    "money spent today": (
        [load(20, cost=1)],
        Capacity(channels=1, day_cap=100, spent_today=90),
        MONDAY,
        "2026-11-24 00:10",
    ),
    "money and window together": (
        [load(150, cost=1, window=OFFICE)],
        Capacity(channels=1, day_cap=100),
        MONDAY,
        "2026-11-24 08:50",
    ),
}


@pytest.mark.parametrize(("given", "capacity", "begin", "end"), COURSES.values(), ids=COURSES)
def test_a_campaign_ends_when_channels_rate_windows_and_money_allow(given, capacity, begin, end):
    assert finish(given, capacity, begin) == utc(end)


def test_holidays_are_left_out():
    holidays = parse_holidays(["2026-11-24"])

    assert finish([load(600, window=OFFICE)], ONE, MONDAY, holidays) == utc("2026-11-25 10:00")


@pytest.mark.parametrize(
    ("given", "capacity"),
    [
        (load(1, cost=1), Capacity(channels=1, day_cap=0)),
        (load(10_000_000), ONE),
        (load(10**15), ONE),
        (load(10_000_000, window=OFFICE), ONE),
    ],
    ids=["no money", "years", "ages", "years of windows"],
)
def test_an_end_years_away_is_reported_as_none(given, capacity):
    assert finish([given], capacity, MONDAY) is None


def test_a_window_whose_every_day_is_a_holiday_never_ends():
    every_day = parse_holidays([f"{utc('2028-01-01') + timedelta(days=day):%m-%d}" for day in range(366)])

    assert finish([load(1, window=LOCAL)], ONE, MONDAY, every_day) is None


# The plan --------------------------------------------------------------------------------------------------------


def test_the_low_cost_is_pages_and_begun_minutes_at_their_prices():
    prices = settings(fax_price_page=0.01, fax_price_minute=0.1)

    plan = make_plan(many(10, pages=2), ONE, MONDAY, prices)

    assert plan.pages == 20
    assert plan.cost_low == pytest.approx(10 * (2 * 0.01 + 2 * 0.1))


def test_the_high_cost_has_the_stated_share_charged_as_often_as_a_call_can_connect():
    prices = settings(fax_max_attempts=5, fax_max_connects=3)

    plan = make_plan(many(10), ONE, MONDAY, prices, retry_share=0.5)

    assert plan.cost_high == pytest.approx(plan.cost_low * (1 + 0.5 * 2))
    assert (plan.retry_share, plan.max_attempts) == (0.5, 5)


def test_without_retries_low_and_high_are_the_same():
    once = make_plan(many(10), ONE, MONDAY, settings(), max_attempts=1)
    none = make_plan(many(10), ONE, MONDAY, settings(), retry_share=0)

    for plan in (once, none):
        assert (plan.cost_high, plan.end_high) == (plan.cost_low, plan.end_low)


def test_the_end_comes_after_all_calls_through_the_channels():
    plan = make_plan(many(100), Capacity(channels=2), MONDAY, settings(), retry_share=0)

    assert plan.end_low == MONDAY + timedelta(seconds=100 * (PAGE_SECONDS + SETUP_SECONDS) / 2)


def test_the_high_end_has_more_calls_and_the_pauses_between_them():
    plan = make_plan(
        many(100), Capacity(channels=2), MONDAY, settings(fax_retry_busy=(HOUR,)), max_attempts=3, retry_share=0.1
    )

    calls = 1.2 * (plan.end_low - MONDAY)
    assert plan.end_high == MONDAY + calls + timedelta(hours=2)


def test_pages_that_nobody_knows_are_guessed_and_counted():
    found = many(3, pages=2)
    found.add(CHICAGO, pages=None)

    plan = make_plan(found, ONE, MONDAY, settings())
    better = make_plan(found, ONE, MONDAY, settings(), guess=4)

    assert (plan.guessed, plan.pages, better.pages) == (1, 6 + PAGES_GUESS, 6 + 4)


def test_hours_are_those_of_the_recipients():
    plan = make_plan(recipients(LOS_ANGELES, window=LOCAL), ONE, MONDAY, settings(), retry_share=0)

    assert plan.end_low is not None
    assert utc("2026-11-23 16:00") <= plan.end_low <= utc("2026-11-23 16:05")


@pytest.mark.parametrize(
    ("found", "capacity", "first"),
    [
        (many(1000), Capacity(channels=2, rate=20), "channels"),
        (many(1000), Capacity(channels=500, rate=0.1), "rate"),
        (many(10, window=OFFICE), Capacity(channels=10), "windows"),
        (many(1000), Capacity(channels=100, day_cap=0.1), "spend cap"),
        (recipients(*[CHICAGO] * 50, NEW_YORK), Capacity(channels=50), "one number"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_longest_delay_is_explained_first(found, capacity, first):
    plan = make_plan(found, capacity, MONDAY, settings())

    assert plan.delays[0].what == first
    assert "earlier" in plan.delays[0].words
    assert [delay.seconds for delay in plan.delays] == sorted((d.seconds for d in plan.delays), reverse=True)


def test_recipients_without_a_known_zone_are_counted():
    found = Recipients(MONDAY, calendar=Calendar(), sender=CHICAGO)
    for to in (NEW_YORK, "+16792345678", "+16792345679", "+18005550123"):
        found.add(to, pages=1, window=LOCAL)
        found.add(to, pages=1, window=LOCAL.model_copy(update={"zone": "America/Chicago"}))

    assert found.unplaced == 3
    assert {hours.zones for hours in found.hours()} == {("America/New_York",), ("America/Chicago",)}


def test_a_plan_that_nothing_holds_up_says_so():
    assert make_plan(many(1), Capacity(channels=10), MONDAY, settings()).delays == ()


def test_a_plan_without_recipients_costs_nothing():
    plan = make_plan(recipients(), ONE, MONDAY, settings())

    assert (plan.recipients, plan.cost_high, plan.end_low, plan.delays) == (0, 0, MONDAY, ())


def test_a_number_with_many_rows_is_found_among_many_others():
    found = recipients()
    for number in range(20_000):
        found.add(f"+1312{2_000_000 + number}", pages=1)
        if number % 20 == 0:
            found.add(NEW_YORK, pages=1)

    count, _ = found.most() or (0, None)
    assert 900 <= count <= 1000
    assert len(found._numbers) <= 2000


def test_rows_to_one_number_go_one_after_the_other_however_many_channels_there_are():
    plan = make_plan(recipients(*[CHICAGO] * 60), Capacity(channels=60), MONDAY, settings(), retry_share=0)

    assert plan.end_low == MONDAY + timedelta(seconds=60 * (PAGE_SECONDS + SETUP_SECONDS))


@pytest.mark.parametrize(
    ("seconds", "words"), [(61, "2 min"), (3600, "1 h 0 min"), (5400, "1 h 30 min"), (90_000, "1 d 1 h")]
)
def test_a_duration_in_words(seconds, words):
    assert span(seconds) == words
