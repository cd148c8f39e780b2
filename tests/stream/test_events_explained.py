"""The explanation of the events, and the example built on them, are true."""

import re
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from faxdispatch.events import JOB_TYPES, STREAM, TELNYX_TYPES
from faxdispatch.jobs import SendFax
from faxdispatch.ledger import Ledger, Scripts
from faxdispatch.states import State
from tests.conftest import eventually

ROOT = Path(__file__).parent.parent.parent
TEXT = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")


def rows(heading):
    """The first column of the table under a heading."""
    section = TEXT.split(f"## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)


def test_every_type_of_telnyx_is_explained():
    assert sorted(rows("What Telnyx said")) == sorted(TELNYX_TYPES)


def test_every_type_of_our_own_is_explained():
    assert sorted(rows("What we did")) == sorted(JOB_TYPES)


def test_every_field_of_an_entry_is_explained(redis, tell):
    tell("a")
    ((_, fields),) = redis.xrange(STREAM)

    assert set(rows("Fields of an entry")) == set(fields)


@pytest.mark.parametrize("command", re.findall(r"^redis-cli (.+?)(?:\s+#.*)?$", TEXT, re.MULTILINE))
def test_the_commands_for_redis_cli_are_understood(redis, tell, command):
    tell("a")
    if "CREATE" not in command:
        redis.xgroup_create(STREAM, "billing", "0")

    redis.execute_command(*command.replace("'", "").replace("BLOCK 5000", "BLOCK 1").split())


@pytest.fixture
def example(redis_url, tmp_path):
    """Start the example; it is killed at the end of the test."""
    started = []

    def start(name="one"):
        options = ["--database", str(tmp_path / "results.sqlite"), "--name", name]
        command = [sys.executable, str(ROOT / "examples" / "consumer.py"), *options]
        started.append(subprocess.Popen(command, cwd=tmp_path, env={"REDIS_URL": redis_url}, stdout=subprocess.PIPE))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def results(tmp_path):
    """What the example has booked."""

    def read():
        with closing(sqlite3.connect(tmp_path / "results.sqlite")) as database:
            try:
                return dict(database.execute("SELECT job_id, result FROM results"))
            except sqlite3.OperationalError:
                return {}

    return read


def give_up(ledger, job_id):
    ledger.create(job_id, SendFax(to="+13125550100", media_name="a"), source="test")
    ledger.end(job_id, event="job.exhausted", cause="test", states=[State.QUEUED])


def test_the_example_books_every_result_and_goes_on_after_it_was_killed(redis, example, results):
    ledger = Ledger(Scripts(redis))
    give_up(ledger, "a")
    process = example()
    eventually(lambda: results() == {"a": "given up"})
    process.kill()
    process.wait()

    give_up(ledger, "b")
    again = example()

    eventually(lambda: results() == {"a": "given up", "b": "given up"})
    eventually(lambda: redis.xpending(STREAM, "example")["pending"] == 0)
    again.send_signal(signal.SIGTERM)
    printed, _ = again.communicate(timeout=150)
    assert again.returncode == 0
    assert b"b  given up" in printed
