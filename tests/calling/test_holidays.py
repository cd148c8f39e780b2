"""Days on which no window opens."""

from datetime import date

import pytest

from faxdispatch.calling.holidays import NO_HOLIDAYS, parse_holidays
from faxdispatch.errors import Misconfigured
from faxdispatch.settings import Settings


def test_a_day_with_a_year_is_that_day_alone():
    holidays = parse_holidays(["2026-11-26"])

    assert date(2026, 11, 26) in holidays
    assert date(2027, 11, 26) not in holidays
    assert date(2026, 11, 27) not in holidays


def test_a_day_without_a_year_is_that_day_of_every_year():
    holidays = parse_holidays(["12-25", "02-29"])

    assert all(date(year, 12, 25) in holidays for year in (2026, 2027, 2100))
    assert date(2028, 2, 29) in holidays
    assert date(2026, 12, 24) not in holidays


def test_no_entry_is_no_holiday():
    assert parse_holidays([]) == NO_HOLIDAYS
    assert date(2026, 12, 25) not in NO_HOLIDAYS


@pytest.mark.parametrize(
    "entry",
    ["xmas", "2026-02-29", "02-30", "13-01", "00-10", "12-00", "0000-12-25", "2026-12-25 ", "12/25", "1-1", "26-12-25",
     "20261225", "2026-W52-5", "2026-12-25T00:00", "१२-२५"],
)  # fmt: skip
def test_an_invalid_day_is_reported_by_its_position_alone(entry):
    with pytest.raises(ValueError, match=r"^entry 2 is not a day like 2026-12-25") as refused:
        parse_holidays(["12-25", entry, "nonsense"])

    assert entry not in str(refused.value).removeprefix("entry 2 is not a day like 2026-12-25 or, for each year, 12-25")


def test_the_holidays_of_the_settings_are_days(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FAX_HOLIDAYS", "2026-11-26, 12-25")

    assert Settings.load().holidays == parse_holidays(["2026-11-26", "12-25"])


def test_an_invalid_holiday_in_the_settings_is_reported_at_start(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FAX_HOLIDAYS", "2026-11-26, 25.12.")

    with pytest.raises(Misconfigured, match=r"^FAX_HOLIDAYS: entry 2 is not a day like 2026-12-25"):
        Settings.load()
