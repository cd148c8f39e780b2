"""`faxdispatch resolve` and `resume`: an operator's word is taken where it is due, and recorded."""

import io
from datetime import UTC, datetime

import pytest

from faxdispatch import FaxClient, State
from faxdispatch.ledger import Limits, Scripts

SAY = {
    "accepted": ["--accepted", "fax-1"],
    "not_sent": ["--not-sent"],
    "failed": ["--failed"],
}


@pytest.fixture
def job(redis_url, surroundings, ledger) -> str:
    """A job whose first attempt is unknown."""
    job_id = FaxClient(redis_url).send(to="+13125550123", media_name="letter").job_id
    ledger.admit(job_id, connection="17", sender="+13125550199")
    ledger.claim(job_id, owner="w", lease=60, facts={})
    ledger.doubt(job_id, 1, cause="no_answer", look_after=15, facts={})
    return job_id


class Terminal(io.StringIO):
    """Standard input at which a person sits."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("verdict", "state"), [("accepted", "accepted"), ("not_sent", "held"), ("failed", "failed")])
def test_a_verdict_moves_the_job_and_is_recorded(cli, ledger, job, verdict, state):
    result = cli("resolve", job, *SAY[verdict], "--reason", "seen", "--yes", "--json", USER="ada")

    assert (result.code, result.json["outcome"], result.json["state"]) == (0, "resolved", state)
    word = next(e for e in ledger.job(job, history=True).history if e.type == "job.resolved")
    assert {"verdict": verdict, "reason": "seen", "operator": "ada"}.items() <= word.data.items()


def test_a_verdict_said_again_is_no_failure(cli, job):
    words = ("resolve", job, "--failed", "--reason", "seen", "--yes")
    cli(*words)

    result = cli(*words)

    assert result.code == 0
    assert "said before" in result.out


def test_who_it_is_can_be_said(cli, ledger, job):
    cli("resolve", job, "--failed", "--reason", "seen", "--operator", "grace", "--yes", USER="ada")

    assert (
        next(e for e in ledger.job(job, history=True).history if e.type == "job.resolved").data["operator"] == "grace"
    )


@pytest.mark.parametrize(
    "words",
    [
        ["--reason", "seen"],
        ["--not-sent"],
        ["--not-sent", "--failed", "--reason", "seen"],
        ["--accepted", "../x", "--reason", "seen"],
        ["--accepted", "", "--reason", "seen"],
        ["--failed", "--reason", " "],
        ["--failed", "--reason", "x" * 501],
    ],
    ids=["no verdict", "no reason", "two verdicts", "no fax id", "empty fax id", "blank reason", "endless reason"],
)
def test_a_verdict_that_is_not_complete_is_bad_usage_and_moves_nothing(cli, ledger, job, words):
    result = cli("resolve", job, "--yes", *words)

    assert (result.code, result.out) == (2, "")
    assert ledger.job(job).state is State.UNKNOWN


def test_where_nobody_can_confirm_it_must_be_confirmed_beforehand(cli, ledger, job, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())

    result = cli("resolve", job, "--not-sent", "--reason", "seen")

    assert result.code == 2
    assert "twice" in result.err
    assert "--yes" in result.err
    assert ledger.job(job).state is State.UNKNOWN


@pytest.mark.parametrize(("answer", "code", "state"), [("n\n", 1, State.UNKNOWN), ("y\n", 0, State.HELD)])
def test_on_a_terminal_it_says_what_will_happen_and_asks(cli, ledger, job, monkeypatch, answer, code, state):
    monkeypatch.setattr("sys.stdin", Terminal(answer))

    result = cli("resolve", job, "--not-sent", "--reason", "seen")

    assert result.code == code
    assert "attempt 1, is unknown" in result.err
    assert "may get it twice" in result.err
    assert ledger.job(job).state is state


def test_a_job_that_is_not_in_doubt_is_left_alone_and_that_is_told(cli, ledger, job):
    ledger.accept(job, 1, "fax-1", source="webhook")

    result = cli("resolve", job, "--not-sent", "--reason", "seen", "--yes")

    assert (result.code, result.out) == (1, "")
    assert "while it is accepted: Telnyx has given it a fax id" in result.err


def test_a_fax_of_another_job_is_named(cli, ledger, job, redis_url):
    other = FaxClient(redis_url).send(to="+13125550124", media_name="letter").job_id
    ledger.admit(other, connection="17", sender="+13125550199")
    ledger.claim(other, owner="w", lease=60, facts={})
    ledger.accept(other, 1, "fax-1", source="worker")

    result = cli("resolve", job, "--accepted", "fax-1", "--reason", "seen", "--yes")

    assert result.code == 1
    assert f"attempt 1 of job {other}" in result.err


def test_a_job_that_is_not_known_cannot_be_resolved(cli):
    result = cli("resolve", "nobody", "--failed", "--reason", "seen", "--yes")

    assert result.code == 1
    assert result.err.startswith("faxdispatch: job nobody: not known")


def test_a_resumed_connection_goes_on_and_its_held_faxes_try_again(cli, ledger, redis, redis_url):
    limits = Limits(Scripts(redis))
    limits.pause("17", reason="no_funds", delay=3600)
    job_id = FaxClient(redis_url).send(to="+13125550123", media_name="letter").job_id
    ledger.admit(job_id, connection="17", sender="+13125550199")

    result = cli("resume", "17", "--json", USER="ada")

    assert (result.code, result.json["outcome"]) == (0, "resumed")
    assert limits.paused() == {}
    assert ledger.place(ledger.job(job_id)).at <= datetime.now(UTC)
    assert ledger.admit(job_id, connection="17", sender="+13125550199")["outcome"] == "go"
    told = [fields for _, fields in redis.xrange("fax:events") if fields["type"] == "connection.resumed"]
    assert [(fields["source"], '"operator":"ada"' in fields["data"]) for fields in told] == [("operator", True)]


def test_a_connection_that_is_not_paused_cannot_be_resumed(cli, redis):
    result = cli("resume", "17")

    assert (result.code, result.out) == (1, "connection 17: was not paused\n")
    assert redis.xlen("fax:events") == 0
