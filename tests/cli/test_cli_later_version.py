"""Records of a later version are shown as far as they are understood and hide nothing else."""

import json

import pytest

from faxdispatch import FaxClient, InvalidJob
from faxdispatch.states import HoldReason
from tests.ledger.steps import of_tomorrow

NUMBER = "+13125550123"
NOT_KNOWN = "(a later version recorded it with of_tomorrow, which this one does not know)"


@pytest.fixture
def client(redis_url):
    return FaxClient(redis_url)


@pytest.fixture
def jobs(client, ledger, redis):
    """Three held jobs: one that is known, one with a field of a later version, one with a state of a later version."""
    jobs = [client.send(to=NUMBER, media_name="letter").job_id for _ in range(3)]
    for job_id in jobs:
        ledger.hold(job_id, reason=HoldReason.RETRY, due=4_000_000_000)
    of_tomorrow(redis, jobs[1])
    redis.hset(f"fax:job:{jobs[2]}", "state", "of_tomorrow")
    return jobs


@pytest.mark.parametrize(
    "command", [("find",), ("find", "--number", NUMBER), ("holds", "--reason", "retry"), ("status", "--state", "held")]
)
def test_a_listing_shows_the_others_and_names_what_it_cannot_read(cli, jobs, caplog, command):
    known, partly, not_at_all = jobs

    result = cli(*command)

    lines = {line.split()[0]: line for line in result.out.splitlines()}
    assert result.code == 0
    assert set(lines) >= {known, partly}
    assert NOT_KNOWN in lines[partly]
    assert "later version" not in lines[known]
    assert f"job {not_at_all} cannot be read by this version and is left out" in caplog.text


def test_one_job_is_shown_as_far_as_it_is_known(cli, jobs):
    assert NOT_KNOWN in cli("status", jobs[1]).out
    assert cli("find", "--job", jobs[1], "--json").json["unread"] == ["of_tomorrow"]


def test_an_erasure_names_what_it_cannot_read_and_so_leaves(cli, jobs, ledger, redis):
    for job_id in jobs[:2]:
        ledger.cancel(job_id, source="operator")

    for asked in (("--number", NUMBER), ("--job", jobs[2])):
        result = cli("erase", *asked, "--yes")
        assert result.code == 1
        assert f"not erased, since this version cannot read them: {jobs[2]}" in result.out + result.err
    assert redis.keys("fax:job:*") == [f"fax:job:{jobs[2]}"]


def test_python_lists_the_others_and_sends_nothing_again_that_it_does_not_know(client, redis, ledger, jobs):
    known, partly, _ = jobs
    assert [found.job_id for found in client.search.all(client.wanted())] == [partly, known]
    assert client.status(partly).unread == ("of_tomorrow",)

    ledger.cancel(partly, source="operator")
    with pytest.raises(InvalidJob, match="of_tomorrow: is not known to this version"):
        client.resend(partly)
    with pytest.raises(InvalidJob, match="of_tomorrow"):
        client.status(partly).known()


def test_an_invalid_request_is_left_out_and_not_taken_for_one_of_a_later_version(cli, jobs, redis, caplog):
    redis.hset(f"fax:job:{jobs[1]}", "request", json.dumps({"to": NUMBER}))

    assert jobs[1] not in cli("find").out
    assert f"job {jobs[1]} cannot be read" in caplog.text
    assert "exactly one of media_url and media_name" in cli("status", jobs[1]).err
    assert "state: of_tomorrow is not known to this version" in cli("status", jobs[2]).err
