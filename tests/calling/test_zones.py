"""Which time zones a number may be in."""

import subprocess
import sys
from zoneinfo import ZoneInfo

import phonenumbers.tzdata
import pytest

from faxdispatch.calling.zones import is_zone, zones_of
from faxdispatch.errors import Misconfigured
from faxdispatch.settings import Settings


@pytest.mark.parametrize(
    ("destination", "zones"),
    [
        ("+13125550200", ("America/Chicago",)),
        ("+4930123456", ("Europe/Berlin",)),
        ("+19285550123", ("America/Denver", "America/Phoenix")),  # Arizona, and the Navajo Nation in it
        ("+212522345678", ("Africa/Casablanca", "Africa/El_Aaiun")),  # the data says Atlantic/Canary
        ("+21321345678", ("Africa/Algiers",)),  # Europe/Paris
        ("+211912345678", ("Africa/Juba",)),  # Africa/Nairobi, an hour off
        ("+50522345678", ("America/Managua",)),  # America/Chicago, which has a summer time
        ("+2438123456789", ("Africa/Kinshasa", "Africa/Lubumbashi")),
    ],
)
def test_a_number_lies_in_the_zones_of_its_place(destination, zones):
    assert zones_of(destination) == zones


def test_an_exchange_of_two_zones_area_code_lies_in_its_own_where_that_is_known():
    assert zones_of("+18504330123") == ("America/Chicago",)  # Pensacola


def test_an_exchange_that_is_not_listed_may_lie_in_any_zone_of_its_area_code():
    assert zones_of("+18505550123") == ("America/Chicago", "America/New_York")


def test_a_range_that_is_not_known_yet_lies_where_its_beginning_does():
    unknown = phonenumbers.parse("+48100000000")
    assert phonenumbers.number_type(unknown) == phonenumbers.PhoneNumberType.UNKNOWN

    assert zones_of("+48100000000") == ("Europe/Warsaw",)


@pytest.mark.parametrize("destination", ["+18005550123", "+15005550006", "+78001234567"])
def test_a_number_of_no_place_may_lie_in_any_zone_of_its_country(destination):
    assert len({ZoneInfo(zone) for zone in zones_of(destination)}) > 3


@pytest.mark.parametrize(
    "destination",
    ["sip:+13125550200@example.com", "sips:a@example.com", "+80012345678", "+882161234567", "+", "", "+0"],
)
def test_a_number_without_a_known_place_has_no_zone(destination):
    assert zones_of(destination) == ()


def test_every_zone_that_a_number_can_have_is_known_here():
    documented = {zone for zones in phonenumbers.tzdata.TIMEZONE_DATA.values() for zone in zones}

    assert [zone for zone in sorted(documented) if not is_zone(zone)] == []


@pytest.mark.parametrize(
    "name", ["", "Mars/Olympus", "America", "../UTC", "/etc/localtime", "UTC+1", "Etc/Unknown", "\0"]
)
def test_an_invalid_zone_is_recognised(name):
    assert not is_zone(name)


def test_the_data_of_all_numbers_is_read_only_when_a_number_is_looked_up():
    done = subprocess.run(
        [sys.executable, "-c", "import faxdispatch, sys; print('phonenumbers.tzdata' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "False\n"


def test_an_unknown_zone_in_the_settings_is_reported_at_start(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FAX_ZONE", "Mars/Olympus")

    with pytest.raises(Misconfigured, match=r"^FAX_ZONE: not an IANA time zone such as America/Chicago"):
        Settings.load()
