"""An operator resolves an unknown send; the verdict is recorded and by itself sends no fax twice."""

import pytest

from faxdispatch.events import Event
from faxdispatch.jobs import SendFax
from faxdispatch.ledger import Agenda, Ledger, Observation, Observations, Scripts
from faxdispatch.states import State, Verdict
from tests.ledger.conftest import NUMBER, START, claim
from tests.ledger.steps import admit_one, claim_one


def say(ledger: Ledger, verdict: Verdict, **options: object) -> str:
    fax_id = "fax-1" if verdict is Verdict.ACCEPTED else None
    given = {"reason": "seen in the portal", "operator": "ada", "fax_id": fax_id, **options}
    return str(ledger.resolve("j", verdict, **given)["outcome"])


def history(ledger: Ledger) -> list[Event]:
    return list(ledger.job("j", history=True).history)


def webhook(scripts: Scripts, status: str, fax_id: str = "fax-1") -> str:
    seen = Observation(f"{fax_id}-{status}", status, f"fax.{status}", "webhook", fax_id, "j", 1, status)
    return str(Observations(scripts).record(seen)["outcome"])


@pytest.mark.parametrize(
    ("verdict", "state", "events"),
    [
        (Verdict.ACCEPTED, State.ACCEPTED, ["job.resolved", "job.accepted"]),
        (Verdict.NOT_SENT, State.HELD, ["job.resolved", "job.retrying"]),
        (Verdict.FAILED, State.FAILED, ["job.resolved", "job.exhausted"]),
    ],
)
def test_an_unknown_attempt_is_resolved_as_the_operator_says_with_name_and_reason(unknown, verdict, state, events):
    assert say(unknown, verdict) == "resolved"

    assert unknown.job("j").state is state
    word, move = history(unknown)[-2:]
    assert [word.type, move.type] == events
    assert {"verdict": verdict, "reason": "seen in the portal", "operator": "ada", "was": "unknown"}.items() <= (
        word.data.items()
    )
    assert word.source == move.source == "operator"


@pytest.mark.parametrize("verdict", Verdict)
def test_the_same_verdict_again_changes_nothing(unknown, verdict):
    say(unknown, verdict)
    before = history(unknown)

    assert say(unknown, verdict) == "repeated"
    assert history(unknown) == before


def test_the_same_verdict_again_changes_nothing_even_when_the_next_attempt_has_begun(unknown):
    say(unknown, Verdict.NOT_SENT, attempt=1)
    claim(unknown)

    assert say(unknown, Verdict.NOT_SENT, attempt=1) == "repeated"
    assert unknown.job("j").state is State.SUBMITTING


def test_an_accepted_fax_is_bound_and_polled_at_once(unknown, scripts):
    say(unknown, Verdict.ACCEPTED)

    agenda = Agenda(scripts)
    assert [(due.job_id, due.fax_id) for due in agenda.due()] == [("j", "fax-1")]
    assert unknown.job_of_fax("fax-1") == "j"


def test_a_fax_of_another_job_cannot_be_given(unknown):
    other = SendFax(to="+14155550201", media_name="letter")
    unknown.create("k", other, source="producer")
    admit_one(unknown, "k", connection="c", sender="+14155550299")
    claim_one(unknown, "k", owner="w", lease=60, facts={})
    unknown.accept("k", 1, "fax-1", source="worker")
    before = history(unknown)

    assert unknown.resolve("j", Verdict.ACCEPTED, fax_id="fax-1", reason="r") == {"outcome": "taken", "by": "k:1"}
    assert history(unknown) == before


def test_what_was_not_sent_is_claimed_again_as_the_next_attempt_and_the_number_is_free(unknown):
    say(unknown, Verdict.NOT_SENT)

    assert unknown.redis.get(f"fax:line:{NUMBER}") is None
    assert claim(unknown) == 2


def not_sent(ledger: Ledger) -> None:
    assert say(ledger, Verdict.NOT_SENT) == "resolved"


def never_listed(ledger: Ledger) -> None:
    assert ledger.not_listed("j", 1, look="a", settle=0, enough=1)["outcome"] == "requeued"


@pytest.mark.parametrize("end", [not_sent, never_listed])
def test_a_late_webhook_of_an_attempt_that_was_settled_is_believed_until_the_next_begins(unknown, scripts, end):
    end(unknown)

    assert webhook(scripts, "delivered") == "recorded"
    assert unknown.job("j").state is State.DELIVERED
    assert admit_one(unknown, "j", connection="c", sender="+14155550299")["outcome"] == "no"


@pytest.mark.parametrize("end", [not_sent, never_listed])
def test_a_late_webhook_after_the_next_attempt_began_is_a_conflict_and_its_fax_is_cancelled(unknown, scripts, end):
    end(unknown)
    claim(unknown)

    assert webhook(scripts, "queued") == "conflict"
    assert scripts.redis.zrange("fax:strays", 0, -1) == ["fax-1"]
    assert [event.type for event in history(unknown)][-2:] == ["job.conflict", "fax.queued"]
    assert unknown.job("j").state is State.SUBMITTING


def test_not_sent_can_be_withdrawn_until_the_next_attempt_begins(unknown):
    say(unknown, Verdict.NOT_SENT)

    assert say(unknown, Verdict.ACCEPTED) == "resolved"
    assert unknown.job("j").fax_id == "fax-1"


def test_not_sent_is_refused_when_the_fax_has_shown_up_in_between(unknown):
    say(unknown, Verdict.NOT_SENT)
    unknown.accept("j", 1, "fax-1", source="webhook")

    assert say(unknown, Verdict.NOT_SENT) == "no"
    assert unknown.job("j").state is State.ACCEPTED


@pytest.mark.parametrize("verdict", [Verdict.NOT_SENT, Verdict.FAILED])
def test_a_job_that_was_to_be_cancelled_ends_as_cancelled(unknown, verdict):
    unknown.cancel("j", source="producer")

    assert say(unknown, verdict) == "resolved"
    assert unknown.job("j").state is State.CANCELLED
    assert [e.type for e in history(unknown)][-2:] == ["job.resolved", "job.cancelled"]


def test_a_job_resolved_as_failed_leaves_nothing_behind(unknown, scripts):
    say(unknown, Verdict.FAILED)

    assert scripts.redis.zcard("fax:agenda") == 0
    assert scripts.redis.get(f"fax:line:{NUMBER}") is None
    assert scripts.redis.pttl("fax:job:j") > 0


def test_a_webhook_of_a_job_resolved_as_failed_is_a_conflict_and_its_fax_is_cancelled(unknown, scripts):
    say(unknown, Verdict.FAILED)

    assert webhook(scripts, "queued") == "conflict"
    assert unknown.job("j").state is State.FAILED
    assert scripts.redis.zrange("fax:strays", 0, -1) == ["fax-1"]


def test_a_fax_that_telnyx_has_forgotten_can_be_failed_and_nothing_revives_it(unknown, scripts):
    unknown.accept("j", 1, "fax-1", source="worker")

    assert say(unknown, Verdict.FAILED) == "resolved"
    assert scripts.redis.scard("fax:calls:c") == 0
    assert webhook(scripts, "failed") == "overtaken"
    assert webhook(scripts, "delivered") == "conflict"
    assert unknown.job("j").state is State.FAILED


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize("state", [State.QUEUED, State.SUBMITTING, State.DECIDING, State.CANCELLED])
def test_only_unknown_attempts_can_be_resolved(ledger, scripts, verdict, state):
    if state is State.CANCELLED:
        ledger.cancel("j", source="producer")
    elif state is not State.QUEUED:
        claim(ledger)
    if state is State.DECIDING:
        ledger.accept("j", 1, "fax-0", source="worker")
        webhook(scripts, "failed", "fax-0")
    before = ledger.job("j", history=True)

    reply = ledger.resolve("j", verdict, reason="r", fax_id="fax-1" if verdict is Verdict.ACCEPTED else None)

    assert (reply["outcome"], reply["state"]) == ("no", state)
    assert ledger.job("j", history=True) == before


def test_a_verdict_on_an_attempt_that_is_already_resolved_is_refused(unknown):
    say(unknown, Verdict.NOT_SENT)
    claim(unknown)
    unknown.doubt("j", 2, cause="no_answer", look_after=15, facts={})

    assert say(unknown, Verdict.FAILED, attempt=1) == "no"
    assert unknown.job("j").state is State.UNKNOWN


def test_a_job_that_is_not_known_cannot_be_resolved(ledger):
    assert ledger.resolve("nobody", Verdict.FAILED, reason="r")["outcome"] == "gone"


def test_jobs_are_found_by_their_state_with_the_time_since_when(unknown, scripts):
    ((job, since),) = unknown.standing(State.UNKNOWN)

    assert (job.job_id, since.timestamp() * 1000) == ("j", START)
    assert unknown.standing(State.ACCEPTED) == []


def test_an_accepted_job_counts_as_without_news_since_the_last_event(unknown, scripts):
    unknown.accept("j", 1, "fax-1", source="worker")
    scripts.now = START + 60_000
    webhook(scripts, "sending")

    assert unknown.standing(State.ACCEPTED)[0][1].timestamp() * 1000 == START + 60_000
