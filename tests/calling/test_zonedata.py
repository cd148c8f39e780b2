"""Which time zone data is used, and that it has the current law."""

import zoneinfo
from datetime import UTC, datetime, time
from importlib.resources import files

import pytest

from faxdispatch.calling import zonedata
from faxdispatch.calling.windows import Window
from faxdispatch.calling.zonedata import ZoneData, in_use, load_zone
from faxdispatch.jobs import SendFax
from worker.sending.timing import opens

OFFICE = Window(days=("mon", "tue", "wed", "thu", "fri"), start=time(8), end=time(17))


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine whose own zone files are of the version given, with Berlin's hours under Vancouver's name."""

    def put(version):
        folder = tmp_path / "America"
        folder.mkdir()
        (folder / "Vancouver").write_bytes(_berlin())
        if version:
            (tmp_path / "tzdata.zi").write_text(f"# version {version}\n")
        for cached in (zonedata.in_use, zonedata.load_zone):
            cached.cache_clear()
        zoneinfo.ZoneInfo.clear_cache()
        zoneinfo.reset_tzpath((str(tmp_path),))

    yield put
    zoneinfo.reset_tzpath()
    zoneinfo.ZoneInfo.clear_cache()
    for cached in (zonedata.in_use, zonedata.load_zone):
        cached.cache_clear()


def _berlin():
    return files("tzdata").joinpath("zoneinfo", "Europe", "Berlin").read_bytes()


def offset(name, moment):
    return datetime.fromisoformat(moment).astimezone(load_zone(name)).utcoffset().total_seconds() / 3600


@pytest.mark.parametrize("version", ["2025b", None])
def test_the_package_counts_where_the_machines_files_are_older_or_do_not_tell(machine, version):
    machine(version)

    assert in_use().packaged
    assert offset("America/Vancouver", "2026-12-02T00:30Z") == -7


def test_the_machines_files_count_where_they_are_newer(machine):
    machine("2999a")

    assert in_use() == ZoneData("2999a", packaged=False)
    assert offset("America/Vancouver", "2026-12-02T00:30Z") == 1


def test_a_zone_that_only_one_of_the_two_has_is_known(machine):
    machine("2999a")

    assert offset("Europe/Berlin", "2026-12-02T00:30Z") == 1


@pytest.mark.parametrize(
    ("to", "now", "opening"),
    [
        ("+16042345678", "2026-12-02T00:30Z", "2026-12-02T15:00Z"),  # Vancouver: 17:30, and 08:00 is 15:00Z
        ("+17802345678", "2026-12-02T00:30Z", "2026-12-02T14:00Z"),  # Edmonton
        ("+12042345678", "2026-12-02T00:30Z", "2026-12-02T13:00Z"),  # Winnipeg
        ("+5372345678", "2026-12-02T00:30Z", "2026-12-02T12:00Z"),  # Havana
        ("+212522345678", "2026-12-02T00:30Z", "2026-12-02T08:00Z"),  # Casablanca
        ("+18677772345", "2026-12-02T01:30Z", "2026-12-02T14:00Z"),  # Inuvik
        ("+16042345678", "2026-07-02T00:30Z", "2026-07-02T15:00Z"),  # the same hour in summer
        ("+16042345678", "2027-03-15T00:30Z", "2027-03-15T15:00Z"),  # after the day on which clocks went forward
        ("+16042345678", "2026-10-30T23:30Z", "2026-10-30T23:30Z"),  # Friday 16:30, before they went back
        ("+16042345678", "2026-11-02T14:30Z", "2026-11-02T15:00Z"),
        ("+12122345678", "2026-11-02T12:30Z", "2026-11-02T13:00Z"),  # New York, where clocks still change
    ],
)
def test_a_window_opens_by_the_law_of_today(to, now, opening):
    job = SendFax(to=to, media_name="letter", window=OFFICE)
    moment = datetime.fromisoformat(now)

    found = opens(job, moment)

    assert (found[0] if found else moment) == datetime.fromisoformat(opening).astimezone(UTC)
