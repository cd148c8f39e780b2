"""When a job may begin an attempt, with a frozen clock."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from faxdispatch.calling.holidays import parse_holidays
from faxdispatch.calling.openings import HORIZON, Calendar, common_closing, next_opening
from faxdispatch.calling.windows import Window
from faxdispatch.jobs import SendFax
from faxdispatch.settings import Settings
from worker.sending.timing import missed, opens

CHICAGO = ZoneInfo("America/Chicago")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
OFFICE = Window(start=time(8), end=time(17), zone="America/Chicago", days=WEEKDAYS)
NIGHT = Window(start=time(22), end=time(6), zone="America/Chicago", days=("fri",))
LOCAL = Window(start=time(8), end=time(17))
"""A window by the recipient's clock."""
NEW_YORK_NUMBER, CHICAGO_NUMBER, TOLL_FREE = "+12125550200", "+13125550200", "+18005550123"
CENTRAL_AND_EASTERN = "+18505550123"


def chicago(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHICAGO)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def fax(to: str = CHICAGO_NUMBER, **asked) -> SendFax:
    return SendFax(to=to, media_name="letter", **asked)


def calendar(*holidays: str, zone: str = "UTC") -> Calendar:
    return Calendar(zone, parse_holidays(holidays))


@pytest.mark.parametrize(
    ("window", "moment", "opening"),
    [
        (OFFICE, "2026-11-23 09:30", "2026-11-23 09:30"),  # Monday, open
        (OFFICE, "2026-11-23 07:59", "2026-11-23 08:00"),
        (OFFICE, "2026-11-23 17:00", "2026-11-24 08:00"),  # the end is not inside
        (OFFICE, "2026-11-27 18:00", "2026-11-30 08:00"),  # Friday evening to Monday
        (NIGHT, "2026-11-28 03:00", "2026-11-28 03:00"),  # Saturday, still Friday's window
        (NIGHT, "2026-11-28 06:00", "2026-12-04 22:00"),
        (NIGHT, "2026-11-27 21:00", "2026-11-27 22:00"),
    ],
)
def test_a_window_opens_at(window, moment, opening):
    assert next_opening(window, chicago(moment), CHICAGO) == chicago(opening)


def test_send_at_comes_before_the_window_is_looked_at():
    job = fax(send_at=chicago("2026-11-28 10:00"), window=OFFICE)

    assert opens(job, chicago("2026-11-23 09:00")) == (chicago("2026-11-30 08:00"), "window")


def test_a_job_without_conditions_may_go_now():
    job = fax(send_at=chicago("2026-11-23 09:00"))

    assert opens(job, chicago("2026-11-23 09:00")) is None
    assert opens(job, chicago("2026-11-23 09:00") - timedelta(seconds=1)) == (chicago("2026-11-23 09:00"), "send_at")


def test_a_send_at_past_the_horizon_is_waited_for_before_its_window_is_looked_at():
    never = datetime.max.replace(tzinfo=UTC)

    assert opens(fax(send_at=never, window=LOCAL), utc("2026-11-23 09:00")) == (never, "send_at")


# Whose clock counts


@pytest.mark.parametrize(
    ("to", "sender", "opening"),
    [
        (NEW_YORK_NUMBER, CHICAGO_NUMBER, "2026-11-23 13:00"),  # the recipient's
        (TOLL_FREE, CHICAGO_NUMBER, "2026-11-23 14:00"),  # no zone in the recipient's number: the sender's
        ("sip:office@example.com", CHICAGO_NUMBER, "2026-11-23 14:00"),
        (TOLL_FREE, TOLL_FREE, "2026-11-23 02:30"),  # nor in the sender's: the deployment's
        (TOLL_FREE, None, "2026-11-23 02:30"),
    ],
)
def test_hours_follow_the_clock_of(to, sender, opening):
    answer = opens(
        fax(to, window=LOCAL), utc("2026-11-23 00:30"), calendar=calendar(zone="Asia/Kolkata"), sender=sender
    )

    assert answer == (utc(opening), "window")


def test_a_jobs_own_sender_comes_before_the_one_of_the_deployment():
    job = fax(TOLL_FREE, window=LOCAL, **{"from": NEW_YORK_NUMBER})

    assert opens(job, utc("2026-11-23 00:30"), sender=CHICAGO_NUMBER) == (utc("2026-11-23 13:00"), "window")


def test_the_zone_of_a_window_comes_before_any_number():
    job = fax(NEW_YORK_NUMBER, window=LOCAL.model_copy(update={"zone": "Europe/Berlin"}))

    assert opens(job, utc("2026-11-23 00:30")) == (utc("2026-11-23 07:00"), "window")


def test_without_calendar_sender_or_zone_of_the_number_hours_are_utc():
    assert opens(fax(TOLL_FREE, window=LOCAL), utc("2026-11-23 00:30")) == (utc("2026-11-23 08:00"), "window")


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        ("2026-11-23 13:30", "2026-11-23 14:00"),  # open in New York, not yet in Chicago
        ("2026-11-23 14:00", None),
        ("2026-11-23 21:59", None),
        ("2026-11-23 22:00", "2026-11-24 14:00"),  # closed in New York
    ],
)
def test_a_number_of_two_zones_is_dialled_while_both_are_open(moment, opening):
    answer = opens(fax(CENTRAL_AND_EASTERN, window=LOCAL), utc(moment), sender="+12135550123")

    assert answer == (opening and (utc(opening), "window"))


def test_hours_shared_by_a_continent_do_not_tell_the_recipients_zone():
    # From Newfoundland to Hawaii it is day from 16:00Z to 00:30Z; in New York from 11:00Z on.
    day = Window(start=time(6), end=time(22))

    assert opens(fax(TOLL_FREE, window=day), utc("2026-11-23 14:00"), sender=NEW_YORK_NUMBER) is None


def test_two_zones_without_a_common_hour_have_none_even_if_the_clocks_of_one_change_later():
    # Denver and Phoenix have one time in winter and two in summer.
    early = Window(start=time(8), end=time(9))
    job, sender = fax("+19285550123", window=early), NEW_YORK_NUMBER

    assert opens(job, utc("2026-12-01 00:00"), sender=sender) == (utc("2026-12-01 15:00"), "window")
    assert opens(job, utc("2026-06-01 00:00"), sender=sender) == (utc("2026-06-01 12:00"), "window")


def test_settings_give_the_calendar(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    settings = Settings.load(fax_zone="Asia/Tokyo", fax_holidays="12-25, 2026-11-26")

    assert settings.calendar == calendar("12-25", "2026-11-26", zone="Asia/Tokyo")


# Clocks that change


def test_hours_are_local_when_the_clocks_change():
    # On 2027-03-14 Chicago goes from UTC-6 to UTC-5.
    before = next_opening(LOCAL, utc("2027-03-13 13:00"), CHICAGO)
    after = next_opening(LOCAL, utc("2027-03-14 12:00"), CHICAGO)

    assert (before, after) == (utc("2027-03-13 14:00"), utc("2027-03-14 13:00"))


CHANGES = [
    ("America/New_York", date(2026, 3, 8)),  # 02:00 becomes 03:00
    ("America/New_York", date(2026, 11, 1)),  # 02:00 becomes 01:00
    ("America/Santiago", date(2026, 9, 6)),  # 00:00 becomes 01:00
    ("America/Santiago", date(2026, 4, 4)),  # 24:00 becomes 23:00
    ("Africa/Cairo", date(2026, 4, 24)),  # 00:00 becomes 01:00
    ("Asia/Beirut", date(2026, 3, 29)),  # 00:00 becomes 01:00
    ("America/Havana", date(2026, 11, 1)),  # 01:00 becomes 00:00
    ("Australia/Lord_Howe", date(2026, 10, 4)),  # 02:00 becomes 02:30
]
HOURS = ["00:00-06:00", "00:00-00:30", "00:10-00:50", "00:30-01:15", "00:30-01:30", "01:15-01:45", "01:30-02:30",
         "02:00-03:00", "02:15-02:45", "02:30-03:00", "02:30-03:15", "08:00-17:00", "22:00-23:15", "22:00-06:00",
         "23:15-23:45", "23:30-00:30", "23:30-02:15"]  # fmt: skip


@pytest.mark.parametrize("hours", HOURS)
@pytest.mark.parametrize(("zone", "change"), CHANGES)
def test_a_window_opens_once_a_day_whatever_the_clocks_do(zone, change, hours):
    place = ZoneInfo(zone)
    start, end = (time.fromisoformat(hour) for hour in hours.split("-"))
    window = Window(start=start, end=end)
    noon = datetime.combine(change, time(19), place).astimezone(UTC) - timedelta(days=2)
    # All hours and all changes are multiples of this, so a window is open or closed for the whole of a step.
    step = timedelta(minutes=5)
    moments = [noon + number * step for number in range(timedelta(days=4) // step)]

    opened = [next_opening(window, moment, place) == moment for moment in moments]
    openings = [moment for moment, was, now in zip(moments[1:], opened, opened[1:], strict=False) if now and not was]

    days = [opening.astimezone(place).date() for opening in openings]
    assert days == sorted(set(days))
    assert len(days) == 4


@pytest.mark.parametrize(
    ("hours", "opening", "closing"),
    [
        ("01:00-05:00", "2026-03-08 06:00", "2026-03-08 09:00"),  # three hours
        ("02:30-05:00", "2026-03-08 07:30", "2026-03-08 09:00"),  # 02:30 there is none
        ("01:00-02:30", "2026-03-08 06:00", "2026-03-08 07:30"),
        ("02:30-03:15", "2026-03-08 07:30", "2026-03-08 08:15"),  # keeps its length
        ("01:00-05:00", "2026-11-01 05:00", "2026-11-01 10:00"),  # five hours
        ("01:15-01:45", "2026-11-01 05:15", "2026-11-01 05:45"),  # the first of two
    ],
)
def test_in_the_night_of_the_change_a_window_lasts(hours, opening, closing):
    start, end = (time.fromisoformat(hour) for hour in hours.split("-"))
    window, place = Window(start=start, end=end), ZoneInfo("America/New_York")

    assert next_opening(window, utc(opening) - timedelta(hours=2), place) == utc(opening)
    last = utc(closing) - timedelta(seconds=1)
    assert next_opening(window, last, place) == last
    assert next_opening(window, utc(closing), place) > utc(closing)


def test_the_hour_that_comes_twice_is_distinguished_in_the_windows_own_zone():
    # 01:50 comes twice; the first is before the end at 05:50Z, the second is not, though the clocks say the same.
    window, place = Window(start=time(0), end=time(1, 55)), ZoneInfo("America/New_York")
    first = datetime(2026, 11, 1, 1, 50, tzinfo=place)

    assert next_opening(window, first, place) == utc("2026-11-01 05:50")
    assert next_opening(window, first.replace(fold=1), place) == utc("2026-11-02 05:00")


# Holidays


def test_a_window_does_not_open_on_a_holiday():
    job = fax(window=OFFICE)

    assert opens(job, chicago("2026-12-25 09:00"), calendar=calendar("12-25")) == (
        chicago("2026-12-28 08:00"),
        "window",
    )
    assert opens(job, chicago("2026-12-24 18:00"), calendar=calendar("2026-12-25")) == (
        chicago("2026-12-28 08:00"),
        "window",
    )


def test_a_window_past_midnight_belongs_to_the_day_on_which_it_began():
    job = fax(window=NIGHT)  # on Fridays

    assert opens(job, chicago("2026-12-26 03:00"), calendar=calendar("12-26")) is None
    assert opens(job, chicago("2026-12-26 03:00"), calendar=calendar("12-25")) == (
        chicago("2027-01-01 22:00"),
        "window",
    )


def test_a_holiday_is_one_by_the_calendar_of_the_zone_that_counts():
    tokyo = fax("+81312345678", window=Window(start=time(0), end=time(23, 59)))

    # In Tokyo it is the 25th from 15:00Z on the 24th.
    assert opens(tokyo, utc("2026-12-24 16:00"), calendar=calendar("12-25")) == (utc("2026-12-25 15:00"), "window")
    assert opens(tokyo, utc("2026-12-25 16:00"), calendar=calendar("12-25")) is None


def test_a_fax_without_a_window_is_sent_on_a_holiday():
    assert opens(fax(), utc("2026-12-25 12:00"), calendar=calendar("12-25")) is None
    assert opens(fax(send_at=utc("2026-12-25 12:00")), utc("2026-12-25 11:00"), calendar=calendar("12-25")) == (
        utc("2026-12-25 12:00"),
        "send_at",
    )


@pytest.mark.parametrize("to", [CHICAGO_NUMBER, CENTRAL_AND_EASTERN])
def test_holidays_of_weeks_are_waited_for(to):
    weeks = [str(date(2026, 7, 1) + timedelta(days=day)) for day in range(60)]

    assert opens(fax(to, window=LOCAL), utc("2026-07-01 05:00"), calendar=calendar(*weeks)) == (
        utc("2026-08-30 13:00"),
        "window",
    )


@pytest.mark.parametrize("window", [LOCAL, OFFICE])
@pytest.mark.parametrize("to", [CHICAGO_NUMBER, CENTRAL_AND_EASTERN, TOLL_FREE, "sip:office@example.com"])
def test_a_window_that_never_opens_is_looked_at_again_at_the_horizon(to, window):
    always = [f"{date(2028, 1, 1) + timedelta(days=day):%m-%d}" for day in range(366)]
    now = utc("2026-07-01 05:00")

    assert opens(fax(to, window=window), now, calendar=calendar(*always)) == (now + HORIZON, "window")


# Too late

PLANNED = utc("2026-11-23 09:00")


@pytest.mark.parametrize("reason", ["send_at", "window"])
def test_a_planned_fax_is_missed_when_more_than_the_allowance_has_passed(reason):
    assert not missed(PLANNED, reason, PLANNED - timedelta(days=9), 60)
    assert not missed(PLANNED, reason, PLANNED + timedelta(seconds=60), 60)
    assert missed(PLANNED, reason, PLANNED + timedelta(seconds=60.001), 60)


@pytest.mark.parametrize("reason", ["retry", "line", "rate", "no_sender", "too_late", None])
def test_what_nobody_planned_cannot_be_missed(reason):
    assert not missed(PLANNED, reason, PLANNED + timedelta(days=9), 60)


def test_a_fax_held_without_an_end_cannot_be_missed():
    assert not missed(None, "window", PLANNED, 60)


def test_lateness_is_time_that_passed_and_not_what_the_clocks_say():
    # Between 01:30 and 01:30 in the night of the change an hour passes.
    place = ZoneInfo("America/New_York")
    first = datetime(2026, 11, 1, 1, 30, tzinfo=place)

    assert missed(first, "send_at", first.replace(fold=1), 3599)


def test_an_allowance_of_any_length_is_accepted():
    assert not missed(PLANNED, "send_at", PLANNED + timedelta(days=9), 1e300)


def test_a_window_of_several_zones_closes_when_it_does_in_the_first_of_them():
    zones = ("America/Chicago", "America/New_York")

    closing = common_closing(LOCAL, utc("2026-11-23 15:00"), zones, parse_holidays([]))

    # 17:00 in New York.
    assert closing == utc("2026-11-23 22:00")
