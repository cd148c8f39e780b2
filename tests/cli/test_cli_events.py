"""`faxdispatch events` reads the stream as requested."""

import json
import shlex
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from faxdispatch import FaxClient
from tests.conftest import eventually

NUMBER = "+13125550123"


@pytest.fixture
def three_events(ledger):
    """Three facts are in the stream."""
    for kind, name in (("fax.received", "a"), ("fax.delivered", "b"), ("fax.received", "c")):
        ledger.publish(kind, subject=name, fax_id=name, facts={"from": NUMBER}, source="webhook")


def faxes(result):
    return [json.loads(line)["fax_id"] for line in result.out.splitlines()]


def test_without_options_everything_is_printed_oldest_first(cli, three_events):
    result = cli("events", "--json")

    assert result.code == 0
    assert faxes(result) == ["a", "b", "c"]


def test_lines_for_people_say_when_what_and_about_which_fax(cli, three_events):
    first = cli("events").out.splitlines()[0].split()

    assert first[3:] == ["fax.received", "a"]


def test_an_empty_stream_prints_nothing(cli):
    assert cli("events") == cli("events", "--group", "g")


@pytest.mark.parametrize(
    ("types", "found"), [(["fax.received"], ["a", "c"]), (["fax.received", "fax.delivered"], ["a", "b", "c"])]
)
def test_only_certain_types_are_printed(cli, three_events, types, found):
    assert faxes(cli("events", "--json", *(word for kind in types for word in ("--type", kind)))) == found


def test_only_the_events_of_one_job_are_printed(cli, three_events, redis_url):
    client = FaxClient(redis_url)
    client.send(to=NUMBER, media_name="a")
    job = client.send(to=NUMBER, media_name="b").job_id

    lines = cli("events", "--job", job, "--json").out.splitlines()

    assert [json.loads(line)["job_id"] for line in lines] == [job]


def test_numbers_are_hidden_unless_they_are_asked_for(cli, three_events):
    assert NUMBER not in cli("events", "--json").out
    assert NUMBER in cli("events", "--json", "--full").out


def test_reading_begins_at_an_entry_or_a_moment(cli, three_events):
    entries = [json.loads(line)["entry_id"] for line in cli("events", "--json").out.splitlines()]
    past, future = (datetime.now(UTC) + timedelta(hours=hours) for hours in (-1, 1))

    assert faxes(cli("events", "--json", "--from", entries[1])) == ["b", "c"]
    assert faxes(cli("events", "--json", "--from", past.isoformat())) == ["a", "b", "c"]
    assert faxes(cli("events", "--json", "--from", future.isoformat())) == []
    assert faxes(cli("events", "--json", "--from", "$")) == []


@pytest.mark.parametrize("place", ["yesterday", "2026-05-01T08:00", "2026-13-01T00:00Z", "1-2-3", ""])
@pytest.mark.parametrize("more", [[], ["--follow"], ["--group", "g"]], ids=["read", "follow", "group"])
def test_an_invalid_place_is_bad_usage(cli, place, more):
    result = cli("events", "--from", place, *more)

    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("faxdispatch: ")


def test_a_group_gets_each_event_once(cli, three_events, redis):
    assert faxes(cli("events", "--group", "audit", "--json")) == ["a", "b", "c"]
    assert faxes(cli("events", "--group", "audit", "--json")) == []
    assert redis.xpending("fax:events", "audit")["pending"] == 0


def test_events_that_a_group_filters_out_are_acknowledged_too(cli, three_events, redis):
    assert faxes(cli("events", "--group", "audit", "--type", "fax.delivered", "--json")) == ["b"]
    assert redis.xpending("fax:events", "audit")["pending"] == 0


@pytest.mark.parametrize("more", [[], ["--group", "g"]], ids=["alone", "group"])
def test_following_prints_what_comes(ledger, redis, redis_url, tmp_path, three_events, more):
    out = tmp_path / "out"
    command = [sys.executable, "-m", "faxdispatch.cli", "events", "--follow", "--from", "0", "--json", *more]
    surroundings = {"cwd": tmp_path, "env": {"REDIS_URL": redis_url}}
    with out.open("wb") as file, subprocess.Popen(command, stdout=file, **surroundings) as process:
        try:
            eventually(lambda: len(out.read_text().splitlines()) == 3)
            ledger.publish("fax.received", subject="d", fax_id="d", facts={}, source="webhook")
            eventually(lambda: '"fax_id": "d"' in out.read_text())
        finally:
            process.kill()


def test_a_closed_pipe_ends_it_quietly(redis_url, ledger, tmp_path):
    for number in range(2000):
        ledger.publish("fax.received", subject=f"f{number}", facts={"x": "y" * 100}, source="test")
    command = f"{shlex.quote(sys.executable)} -m faxdispatch.cli events --json | head -n 1"

    done = subprocess.run(
        command,
        shell=True,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={"REDIS_URL": redis_url, "PATH": "/bin:/usr/bin"},
        check=True,
    )

    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == ""
