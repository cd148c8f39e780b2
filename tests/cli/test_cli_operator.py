"""`faxdispatch resolve`, `release`, `pause` and `resume`: an operator's decisions are applied and recorded."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from faxdispatch import BadInput, Conflict, FaxClient, NotKnown, State
from faxdispatch.ledger import Agenda, Limits, Scripts
from faxdispatch.states import WAIVABLE, HoldReason
from tests.ledger.steps import admit_one, claim_one, pause

SAY = {
    "accepted": ["--accepted", "fax-1"],
    "not_sent": ["--not-sent"],
    "failed": ["--failed"],
}


@pytest.fixture
def job(redis_url, surroundings, ledger) -> str:
    """A job whose first attempt is unknown."""
    job_id = FaxClient(redis_url).send(to="+13125550123", media_name="letter").job_id
    admit_one(ledger, job_id, connection="17", sender="+13125550199")
    claim_one(ledger, job_id, owner="w", lease=60, facts={})
    ledger.doubt(job_id, 1, cause="no_answer", look_after=15, facts={})
    return job_id


@pytest.mark.parametrize(("verdict", "state"), [("accepted", "accepted"), ("not_sent", "held"), ("failed", "failed")])
def test_a_verdict_moves_the_job_and_is_recorded(cli, ledger, job, verdict, state):
    result = cli("resolve", job, *SAY[verdict], "--reason", "seen", "--yes", "--json", USER="ada")

    assert (result.code, result.json["outcome"], result.json["state"]) == (0, "resolved", state)
    word = next(e for e in ledger.job(job, history=True).history if e.type == "job.resolved")
    assert {"verdict": verdict, "reason": "seen", "operator": "ada"}.items() <= word.data.items()


def test_repeating_a_verdict_is_not_an_error(cli, job):
    words = ("resolve", job, "--failed", "--reason", "seen", "--yes")
    cli(*words)

    result = cli(*words)

    assert result.code == 0
    assert "recorded before" in result.out


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
def test_an_incomplete_verdict_is_bad_usage_and_changes_nothing(cli, ledger, job, words):
    result = cli("resolve", job, "--yes", *words)

    assert (result.code, result.out) == (2, "")
    assert ledger.job(job).state is State.UNKNOWN


def test_an_unconfirmed_verdict_says_what_would_follow_and_changes_nothing(cli, ledger, job):
    result = cli("resolve", job, "--not-sent", "--reason", "seen")

    assert result.code == 2
    assert "attempt 1, is unknown" in result.err
    assert "may get it twice" in result.err
    assert ledger.job(job).state is State.UNKNOWN


def test_resolving_a_job_that_is_not_unknown_fails_and_changes_nothing(cli, ledger, job):
    ledger.accept(job, 1, "fax-1", source="webhook")

    result = cli("resolve", job, "--not-sent", "--reason", "seen", "--yes")

    assert (result.code, result.out) == (1, "")
    assert "while it is accepted: Telnyx has given it a fax id" in result.err


def test_the_client_takes_a_verdict_as_a_word_and_refuses_other_words(ledger, job, redis_url):
    client = FaxClient(redis_url)
    for word in ("lost", "", None):
        with pytest.raises(BadInput, match=r"^verdict: .*accepted, not_sent, failed"):
            client.resolve(job, word, reason="seen")
    with pytest.raises(BadInput, match=r"^fax_id: is needed"):
        client.resolve(job, "accepted", reason="seen")
    assert ledger.job(job).state is State.UNKNOWN

    assert client.resolve(job, "failed", reason="seen") == "resolved"
    assert ledger.job(job).state is State.FAILED


def test_a_fax_of_another_job_is_named(cli, ledger, job, redis_url):
    other = FaxClient(redis_url).send(to="+13125550124", media_name="letter").job_id
    admit_one(ledger, other, connection="17", sender="+13125550199")
    claim_one(ledger, other, owner="w", lease=60, facts={})
    ledger.accept(other, 1, "fax-1", source="worker")

    result = cli("resolve", job, "--accepted", "fax-1", "--reason", "seen", "--yes")

    assert result.code == 1
    assert f"attempt 1 of job {other}" in result.err


def test_a_resumed_connection_continues_and_its_held_faxes_try_again(cli, ledger, redis, redis_url):
    limits = Limits(Scripts(redis))
    pause(limits._scripts, "17", "no_funds", delay=3600)
    job_id = FaxClient(redis_url).send(to="+13125550123", media_name="letter").job_id
    admit_one(ledger, job_id, connection="17", sender="+13125550199")

    result = cli("resume", "17", "--json", USER="ada")

    assert (result.code, result.json["outcome"]) == (0, "resumed")
    (traffic,) = limits.connections()
    assert (traffic.pause, traffic.waiting) == (None, 1)
    assert [picked.job_id for picked in Agenda(Scripts(redis)).pick()] == [job_id]
    assert admit_one(ledger, job_id, connection="17", sender="+13125550199")["outcome"] == "go"
    events = [fields for _, fields in redis.xrange("fax:events") if fields["type"] == "connection.resumed"]
    assert [(fields["source"], '"operator":"ada"' in fields["data"]) for fields in events] == [("operator", True)]


def test_a_connection_that_is_not_paused_cannot_be_resumed(cli, redis):
    result = cli("resume", "17")

    assert (result.code, result.out) == (1, "connection 17: was not paused\n")
    assert redis.xlen("fax:events") == 0


@pytest.fixture
def waiting(redis_url, surroundings) -> str:
    """A job that no worker has taken."""
    return FaxClient(redis_url).send(to="+13125550123", media_name="letter").job_id


@pytest.mark.parametrize("reason", sorted(WAIVABLE))
def test_a_fax_held_for_its_own_reason_is_released_and_the_release_recorded(cli, ledger, waiting, reason):
    ledger.hold(waiting, reason=reason, due=None if reason is HoldReason.TOO_LATE else 1_900_000_000)

    result = cli("release", waiting, "--reason", "the court asked", "--yes", "--json", USER="ada")

    assert (result.code, result.json) == (0, {"outcome": "released", "job_id": waiting, "waived": reason})
    view = ledger.job(waiting, history=True)
    assert view.waived == {reason}
    assert (view.history[-1].type, view.history[-1].source) == ("job.released", "operator")
    assert view.history[-1].data == {"reason": reason, "why": "the court asked", "operator": "ada"}
    assert admit_one(ledger, waiting, connection="17", sender="+13125550199")["outcome"] == "go"


@pytest.mark.parametrize("reason", sorted(set(HoldReason) - WAIVABLE))
def test_a_hold_shared_by_many_faxes_is_not_waived_and_the_command_to_use_is_named(cli, ledger, waiting, reason):
    ledger.hold(waiting, reason=reason, due=1_900_000_000)

    result = cli("release", waiting, "--reason", "in a hurry")

    assert (result.code, result.out) == (1, "")
    assert f"cannot be released from {reason}. " in result.err
    assert "What ends it: " in result.err
    assert ledger.job(waiting).waived == frozenset()


def test_a_fax_of_a_paused_connection_names_the_connection_to_resume(cli, ledger, redis, waiting):
    pause(Scripts(redis), "17", "no_funds", delay=3600)
    admit_one(ledger, waiting, connection="17", sender="+13125550199")

    assert "faxdispatch resume 17 ends the pause" in cli("release", waiting, "--reason", "in a hurry").err


def test_releasing_a_fax_that_is_not_held_fails_and_says_so(cli, job):
    result = cli("release", job, "--reason", "in a hurry")

    assert (result.code, result.out) == (1, "")
    assert result.err == (
        f"faxdispatch: job {job}: cannot be released while it is unknown: only a held job can be released\n"
    )


@pytest.mark.parametrize("words", [[], ["--reason", " "], ["--reason", "x" * 501]], ids=["none", "blank", "endless"])
def test_a_release_without_a_reason_is_bad_usage_and_changes_nothing(cli, ledger, waiting, words):
    ledger.hold(waiting, reason=HoldReason.WINDOW, due=1_900_000_000)

    result = cli("release", waiting, "--yes", *words)

    assert (result.code, result.out) == (2, "")
    assert ledger.job(waiting).waived == frozenset()


def test_an_unconfirmed_release_says_what_would_follow_and_changes_nothing(cli, ledger, waiting):
    ledger.hold(waiting, reason=HoldReason.WINDOW, due=1_900_000_000)

    result = cli("release", waiting, "--reason", "in a hurry")

    assert result.code == 2
    assert "Its window of days and hours is closed. It is then sent" in result.err
    assert ledger.job(waiting).waived == frozenset()


def test_the_client_releases_too_and_names_the_hold(redis_url, ledger, waiting):
    ledger.hold(waiting, reason=HoldReason.WINDOW, due=1_900_000_000)
    client = FaxClient(redis_url)

    assert client.release(waiting, reason="in a hurry", operator="ada") is HoldReason.WINDOW

    with pytest.raises(BadInput):
        client.release(waiting, reason="")
    with pytest.raises(NotKnown):
        client.release("nobody", reason="in a hurry")
    client.cancel(job_id=waiting)
    with pytest.raises(Conflict, match="while it is cancelled: it has ended"):
        client.release(waiting, reason="in a hurry")


def test_a_pause_by_hand_shows_its_end_and_its_operator(cli, redis):
    result = cli(
        "pause",
        "17",
        "--reason",
        "the line is being fixed",
        "--for",
        "2h",
        "--json",
        USER="ada",
        FAX_CONNECTION_ID="17",
    )
    assert result.code == 0
    left = datetime.fromisoformat(result.json["until"]) - datetime.now(UTC)
    assert timedelta(hours=1, minutes=58) < left <= timedelta(hours=2)
    (events,) = [fields for _, fields in redis.xrange("fax:events") if fields["type"] == "connection.paused"]
    data = json.loads(events["data"])
    assert (data["reason"], data["why"], data["operator"]) == ("operator", "the line is being fixed", "ada")
    assert cli("resume", "17").code == 0


def test_a_connection_that_nothing_knows_is_paused_only_on_purpose(cli, redis, surroundings):
    result = cli("pause", "71", "--reason", "x")

    assert (result.code, redis.xlen("fax:events")) == (2, 0)
    assert "no setting names 71" in result.err
    assert cli("pause", "71", "--reason", "x", "--anyway").code == 0
    surroundings.setenv("FAX_CONNECTION_ID", "70,72")
    assert cli("pause", "72", "--reason", "x").code == 0
    redis.sadd("fax:connections", "73")
    assert cli("pause", "73", "--reason", "x").code == 0


def test_a_longer_pause_is_not_made_shorter(cli, surroundings):
    surroundings.setenv("FAX_CONNECTION_ID", "17")
    first = cli("pause", "17", "--reason", "x", "--for", "2d", "--json").json["until"]
    assert cli("pause", "17", "--reason", "y", "--for", "1m", "--json").json["until"] == first


@pytest.mark.parametrize("span", ["soon", "0", "-1h", "9999d"])
def test_a_pause_without_a_duration_is_refused(cli, redis, span):
    result = cli("pause", "17", "--reason", "x", "--for", span)
    assert (result.code, "for:" in result.err) == (2, True)
    assert redis.xlen("fax:events") == 0
