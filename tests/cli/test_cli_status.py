"""`faxdispatch status JOB` shows the whole history with its evidence, the next step and its time."""

import pytest

from faxdispatch import FaxClient, State
from faxdispatch.ledger import Ledger, Observation, Observations, Scripts
from faxdispatch.states import HoldReason
from tests.ledger.steps import admit_one, claim_one, pause

START = 1_790_000_000_000  # 2026-09-21 14:13:20Z
NUMBER = "+13125550123"
LONG = 300_000_000  # seconds: until 2036-03-24 19:33:20Z, which is ahead of every clock


@pytest.fixture
def ledger(ledger):
    """A ledger whose clock stands still."""
    ledger._scripts.now = START
    return ledger


@pytest.fixture
def job(redis_url, surroundings, ledger) -> str:
    return FaxClient(redis_url, ledger=ledger).send(to=NUMBER, media_name="letter").job_id


@pytest.fixture
def unknown(ledger, job) -> str:
    """A job whose first attempt is unknown, and which one listing has missed."""
    admit_one(ledger, job, connection="17", sender="+13125550199")
    claim_one(ledger, job, owner="w", lease=60, facts={"connection_id": "17", "worker": "host-a"})
    ledger.doubt(job, 1, cause="no_answer", look_after=15, facts={"error": "OutcomeUnknown"})
    return job


def look(ledger, job):
    ledger.not_listed(job, 1, look="a", settle=600, enough=3)


def next_of(result) -> str:
    return next(line.split(maxsplit=1)[1] for line in result.out.splitlines() if line.startswith("next "))


def test_the_whole_history_is_shown_with_its_evidence(cli, ledger, unknown):
    ledger.accept(unknown, 1, "fax-1", source="listing")
    Observations(ledger._scripts).record(
        Observation("e-1", "d", "fax.failed", "webhook", "fax-1", unknown, 1, "failed", data={"failure_reason": "busy"})
    )

    lines = [" ".join(line.split()[2:]) for line in cli("status", unknown).out.splitlines()[-5:]]

    assert lines == [
        "1 job.queued by producer",
        "2 job.submitted attempt 1 by worker connection_id=17 worker=host-a",
        "3 job.unknown attempt 1 by worker reason=no_answer error=OutcomeUnknown",
        "4 job.accepted attempt 1 by listing evidence=listing was=unknown fax=fax-1",
        "5 fax.failed attempt 1 by webhook failure_reason=busy fax=fax-1",
    ]


def test_the_history_can_be_left_out(cli, job):
    assert "job.queued" not in cli("status", job, "--no-history").out


def test_an_unknown_job_says_when_it_is_looked_for_and_when_it_is_given_up(cli, ledger, unknown):
    found = cli("status", unknown)

    assert "Telnyx is asked for it again at 2026-09-21 14:13:35Z" in next_of(found)
    assert "never accepted, and sent again, after 2026-09-21 14:23:20Z if by then 3 complete listings" in next_of(found)
    assert "unknown       since 2026-09-21 14:13:20Z" in found.out


def test_an_unknown_job_that_was_cancelled_is_not_sent_again(cli, ledger, unknown):
    ledger.cancel(unknown, source="producer")

    assert "never accepted, and cancelled, after" in next_of(cli("status", unknown))


def test_a_queued_job_says_when_a_new_message_is_sent(cli, job):
    assert "a new message is sent at 2026-09-21 14:13:50Z" in next_of(cli("status", job))


def test_a_held_job_says_when_it_is_tried_again(cli, ledger, job):
    ledger.hold(job, reason=HoldReason.WINDOW, due=1_800_000_000)

    assert next_of(cli("status", job)) == "tried again at 2027-01-15 08:00:00Z"


def test_a_job_that_waits_for_the_number_names_the_job_that_has_it(cli, ledger, unknown, redis_url):
    second = FaxClient(redis_url, ledger=ledger).send(to=NUMBER, media_name="other").job_id
    admit_one(ledger, second, connection="17", sender="+13125550199")

    assert (
        next_of(cli("status", second))
        == f"number 1 on the waiting list for the recipient's number, which job {unknown} has"
    )


def test_a_job_that_waits_for_a_channel_says_its_place(cli, ledger, redis_url):
    client = FaxClient(redis_url, ledger=ledger)
    jobs = []
    for number in range(4):
        ledger._scripts.now += 1
        jobs.append(client.send(to=f"+1312555010{number}", media_name="letter").job_id)
    for job in jobs:
        admit_one(ledger, job, connection="17", sender="+13125550199")

    assert next_of(cli("status", jobs[2])) == "number 1 on the waiting list for a free channel of connection 17"
    assert next_of(cli("status", jobs[3])) == "number 2 on the waiting list for a free channel of connection 17"


def fact(result, name) -> str:
    return next(line for line in result.out.splitlines() if line.startswith(f"{name:<12}  "))[14:]


def test_a_job_whose_connection_is_paused_says_until_when_and_what_ends_it(cli, ledger, job):
    pause(ledger._scripts, "17", "no_funds", delay=LONG)
    admit_one(ledger, job, connection="17", sender="+13125550199")

    result = cli("status", job)

    assert fact(result, "why") == "Nothing is sent on its connection for now. (no_funds)"
    assert "faxdispatch resume 17" in fact(result, "what ends it")
    assert next_of(result) == (
        "number 1 on the waiting list for a free channel of connection 17, "
        "which is paused (no_funds) until 2036-03-24 19:33:20Z: faxdispatch resume 17"
    )
    found = cli("status", job, "--json").json
    assert (found["line"], found["position"], found["paused"]["reason"]) == ("channel", 1, "no_funds")


def test_a_planned_attempt_on_a_paused_connection_says_that_it_may_take_longer(cli, ledger, unknown):
    retry(ledger, unknown)
    pause(ledger._scripts, "17", "no_funds", delay=LONG)

    assert next_of(cli("status", unknown)) == (
        "tried again at 2026-09-21 14:18:20Z, but its connection 17 is paused (no_funds) until 2036-03-24 19:33:20Z"
    )


def retry(ledger, job, **more):
    """Let the first attempt fail, and another be planned."""
    ledger.accept(job, 1, "fax-1", source="worker")
    Observations(ledger._scripts).record(
        Observation("e-1", "d", "fax.failed", "webhook", "fax-1", job, 1, "failed", data={"failure_reason": "busy"})
    )
    facts = {"reason": "fax_signaling_error", "kind": "line"}
    ledger.retry(job, 1, delay=300, counter="connects", tries={"line": 1}, facts=facts, **more)


def test_attempts_are_counted_by_result_and_the_next_ones_changes_are_shown(cli, ledger, unknown):
    retry(ledger, unknown, ladder_step=2)

    result = cli("status", unknown)

    assert fact(result, "attempts") == "1 begun, 1 failed in the call"
    assert fact(result, "ladder") == "step 2 of 3: t38_enabled=false, quality=normal"
    assert fact(result, "why") == "The last attempt failed, and the next one is planned. (fax_signaling_error)"
    found = cli("status", unknown, "--json").json
    assert found["changed"] == {"t38_enabled": False, "quality": "normal"}
    assert (found["ladder_step"], found["composed"]) == (2, None)
    assert (found["rung"], found["letter"]) == (2, None), "the older names"


def test_the_cost_is_shown_once_an_attempt_was_made(cli, ledger, job):
    assert "by the estimate" not in cli("status", job).out
    admit_one(ledger, job, connection="17", sender="+13125550199")
    claim_one(ledger, job, owner="w", lease=60, facts={}, cost=31_000)

    assert fact(cli("status", job), "cost") == "0.031 by the estimate"


def test_a_released_job_shows_the_hold_that_was_waived(cli, ledger, job):
    ledger.hold(job, reason=HoldReason.SEND_AT, due=1_800_000_000)
    ledger.release(job, why="urgent after all")

    result = cli("status", job)

    assert fact(result, "waived") == "send_at: a person waived this"
    assert next_of(result).startswith("tried as soon as a worker takes it, since a person released it")
    assert "what ends it" not in result.out


def test_a_job_that_missed_its_time_says_that_it_needs_a_person(cli, ledger, job):
    ledger.hold(job, reason=HoldReason.TOO_LATE, due=None)

    assert next_of(cli("status", job)) == (
        f"nothing by itself: faxdispatch release {job} sends it, faxdispatch cancel {job} drops it"
    )


def test_the_answer_of_the_policy_hook_is_shown_without_numbers(cli, ledger, job):
    ledger.hold(job, reason=HoldReason.POLICY_HOOK, due=1_800_000_000, detail="asked by +13125550177")

    assert fact(cli("status", job), "why") == "The policy hook holds it back. (asked by +1******0177)"
    assert "+13125550177" in fact(cli("status", job, "--full"), "why")
    assert "+13125550177" not in cli("status", job, "--json").out


def test_an_accepted_job_says_when_telnyx_is_asked(cli, ledger, unknown):
    ledger.accept(unknown, 1, "fax-1", source="webhook")

    assert next_of(cli("status", unknown)).endswith("asked at 2026-09-21 14:18:20Z")
    assert "because" not in cli("status", unknown, "--no-history").out


def test_a_job_that_has_ended_says_so(cli, job):
    cli("cancel", job)

    assert next_of(cli("status", job)) == "nothing more: the job has ended"


def test_json_shows_the_next_step_too(cli, unknown):
    found = cli("status", unknown, "--json").json

    assert found["next_look"] == "2026-09-21T14:13:35+00:00"
    assert found["next"].startswith("Telnyx is asked for it again")


def test_jobs_of_one_state_are_listed_the_longest_first(cli, ledger, unknown, redis_url):
    ledger._scripts.now = START + 1000
    FaxClient(redis_url, ledger=ledger).send(to="+13125550124", media_name="letter")

    _, line = cli("status", "--state", "unknown").out.splitlines()
    assert line.split() == [unknown, "2026-09-21", "14:13:20Z", "1", "unknown", "(no_answer)"]
    assert cli("status", "--state", "unknown", "--json").json["job_id"] == unknown


@pytest.mark.parametrize("words", [["--state", "delivered"], ["--state", "lost"], ["j", "--state", "unknown"]])
def test_an_unknown_state_is_bad_usage(cli, words):
    assert cli("status", *words).code == 2


def test_the_overview_shows_what_needs_attention_and_for_how_long(cli, ledger, unknown, redis, redis_url):
    redis.zadd("fax:strays", {"fax-9": 1})
    Ledger(Scripts(redis)).dead_letters.add("m-1", letter={}, facts={}, source="worker")
    pause(Scripts(redis), "17", "no_funds", delay=60)
    late = FaxClient(redis_url).send(to="+13125550124", media_name="letter").job_id
    ledger.hold(late, reason=HoldReason.TOO_LATE, due=None)

    said = cli("status", FAX_SPEND_DAY="5").out

    assert "1 unknown send: faxdispatch status --state unknown" in said
    assert "1 dead letter: faxdispatch deadletters list" in said
    assert "1 fax too many" in said
    assert "to look at: 1 fax held: faxdispatch holds --reason too_late" in said
    assert "held (too_late): 1" in said
    assert "account: 0 channels in use, spent today (estimated): 0.00 of 5.00" in said
    assert "no scheduler leads" in said
    found = cli("status", "--json").json
    assert found["oldest_seconds"][State.UNKNOWN] > 0
    assert (found["strays"], found["dead_letters"], found["leader"]) == (1, 1, None)
