"""`faxdispatch status`, `cancel`, `refresh` and `sync` report the facts."""

import pytest

from faxdispatch import FaxClient, State
from faxdispatch.ledger import Scripts
from faxdispatch.states import HoldReason
from tests.conftest import free_port
from tests.ledger.steps import admit_one, claim_one, pause

NUMBER = "+13125550123"
LINK = "https://example.com/a.pdf?signature=secret"


@pytest.fixture
def job(redis_url, surroundings):
    return FaxClient(redis_url).send(to=NUMBER, media_url=LINK, tags=("spring",)).job_id


def accept(ledger, job_id):
    """Let a job's first attempt be with Telnyx."""
    admit_one(ledger, job_id, connection="17", sender="+13125550199")
    claim_one(ledger, job_id, owner="w", lease=60, facts={})
    ledger.accept(job_id, 1, "fax-1", source="worker")


@pytest.mark.parametrize(
    "command",
    [
        ["cancel"], ["cancel", "a", "--fax-id", "b"], ["cancel", "no good id"], ["sync"],
        ["sync", "a", "--fax-id", "b"], ["refresh", "../x"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_wrong_command_is_bad_usage_and_asks_nothing(cli, redis, command):
    result = cli(*command)

    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("faxdispatch: ")
    assert redis.dbsize() == 0


def test_status_hides_numbers_and_secret_links(cli, job):
    for result in (cli("status", job), cli("status", job, "--json"), cli("status", job, "--history", "--json")):
        assert result.code == 0
        assert "0123" in result.out
        assert NUMBER not in result.out
        assert "secret" not in result.out


def test_status_shows_numbers_and_links_on_request(cli, job):
    assert NUMBER in cli("status", job, "--full").out
    assert cli("status", job, "--full", "--json").json["request"]["media_url"] == LINK


def test_status_says_why_a_job_is_held_and_until_when(cli, ledger, job):
    ledger.hold(job, reason=HoldReason.WINDOW, due=1_800_000_000)

    out = cli("status", job).out

    assert "held (window) until 2027-01-15 08:00:00Z" in out
    assert "Its window of days and hours is closed." in out
    assert f"faxdispatch release {job}" in out


def test_status_in_json_has_no_history_unless_it_is_wanted(cli, job):
    assert "history" not in cli("status", job, "--json").json
    assert [event["type"] for event in cli("status", job, "--json", "--history").json["history"]] == ["job.queued"]


def test_the_overview_counts_jobs_and_channels(cli, ledger, redis, job):
    accept(ledger, job)
    pause(Scripts(redis), "17", "no_funds", delay=60)
    redis.zadd("fax:workers", {"host:1": 1_800_000_000_000})

    found = cli("status", "--json").json

    assert found["jobs"]["accepted"] == 1
    (connection,) = found["connections"]
    assert (connection["connection_id"], connection["in_flight"], connection["channels"]) == ("17", 1, 2)
    assert connection["paused"]["reason"] == "no_funds"
    [worker] = found["workers"]
    assert (worker["name"], worker["seen"]) == ("host:1", "2027-01-15T08:00:00+00:00")


def test_the_overview_for_people_says_the_same(cli, ledger, redis, job):
    accept(ledger, job)
    pause(Scripts(redis), "17", "no_funds", delay=60)

    lines = cli("status").out

    assert "accepted             1" in lines
    assert "connection 17: 1 of 2 channels in use, 0 waiting, paused (no_funds) until" in lines
    assert "workers: 0" in lines


def test_the_overview_of_an_empty_installation_is_all_zeros(cli):
    found = cli("status", "--json").json

    assert set(found["jobs"].values()) == {0}
    assert found["connections"] == []


def test_a_queued_job_is_cancelled_at_once(cli, ledger, job):
    result = cli("cancel", job, "--json")

    assert (result.code, result.json) == (0, {"outcome": "cancelled", "job_id": job})
    assert ledger.job(job).state is State.CANCELLED


def test_cancelling_a_job_at_telnyx_is_recorded_as_a_request(cli, ledger, job):
    accept(ledger, job)

    result = cli("cancel", job)

    assert result.code == 0
    assert "Telnyx is asked" in result.out
    assert ledger.job(job).cancel_requested


def test_a_job_is_cancelled_by_the_id_that_telnyx_gave_its_fax(cli, ledger, job):
    accept(ledger, job)

    assert cli("cancel", "--fax-id", "fax-1", "--json").json == {"outcome": "wished", "fax_id": "fax-1"}
    assert ledger.job(job).cancel_requested


def test_cancelling_an_ended_job_fails_and_says_so(cli, job):
    cli("cancel", job)

    result = cli("cancel", job, "--json")

    assert (result.code, result.json["outcome"]) == (1, "over")


@pytest.mark.parametrize(
    ("command", "task"),
    [
        (["refresh", "fax-1"], "fax.refresh.v1"),
        (["sync", "--fax-id", "fax-1"], "fax.sync.v1"),
        (["cancel", "--fax-id", "fax-1"], "fax.cancel.v1"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_commands_for_workers_are_sent_to_them(cli, redis, command, task):
    result = cli(*command, "--json")

    assert (result.code, result.json) == (0, {"outcome": "wished", "fax_id": "fax-1"})
    (message,) = redis.lrange("fax.control", 0, -1)
    assert task in message


def test_a_command_that_no_broker_takes_fails(cli):
    result = cli("refresh", "fax-1", CELERY_BROKER_URL=f"redis://127.0.0.1:{free_port()}/0")

    assert (result.code, result.out) == (1, "")
    assert "broker" in result.err
