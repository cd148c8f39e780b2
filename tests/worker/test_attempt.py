"""One attempt, for each answer of Telnyx: what is recorded, and that at most one call is made."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from faxdispatch.errors import AccountRefused, NotSent, OutcomeUnknown, RateLimited, Refused, Unreachable
from faxdispatch.jobs import SendFax
from faxdispatch.ledger import Barrier
from faxdispatch.settings import Settings
from faxdispatch.states import HoldReason, State
from faxdispatch.telnyx import Fax, SendRequest
from faxdispatch.telnyx.client_state import decode_client_state
from tests.worker.doubles import Telnyx, create
from worker.context import Collaborators
from worker.sending import attempt
from worker.sending.attempt import _TELNYX, Outcome, run_attempt, run_attempts


def pauses(w: Collaborators) -> dict[str, str]:
    return {traffic.connection: traffic.pause.reason for traffic in w.limits.connections() if traffic.pause}


def types(w: Collaborators) -> list[str]:
    return [event.type for event in w.ledger.job("job", history=True).history]


def test_an_accepted_fax_carries_job_and_attempt_and_every_option(w: Collaborators, telnyx: Telnyx) -> None:
    create(w, quality="normal", monochrome=True, black_threshold=40, client_state="mine", tags=["a"], priority="urgent")

    assert run_attempt("job", w) is Outcome.ACCEPTED
    body = telnyx.asked[0].body()
    assert decode_client_state(body.pop("client_state")) == ("job", 1, w.ledger.identity.id)
    assert body == {
        "to": "+13125550200", "from": "+13125550299", "connection_id": "c1", "media_name": "letter",
        "quality": "normal", "monochrome": True, "black_threshold": 40,
    }  # fmt: skip
    assert w.ledger.job("job").fax_id == "fax-1"
    assert types(w) == ["job.queued", "job.submitted", "job.accepted"]


def test_a_fax_is_sent_with_the_options_with_which_the_last_one_to_its_number_was_delivered(
    w: Collaborators, telnyx: Telnyx
) -> None:
    create(w)
    w.ledger.redis.set("fax:ladder:+13125550200", 1)

    run_attempt("job", w)

    assert telnyx.asked[0].t38_enabled is False
    assert w.ledger.job("job").ladder_step == 1


def test_a_fax_that_missed_its_slot_is_not_sent_if_no_other_slot_is_free(
    w: Collaborators, telnyx: Telnyx, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(w)
    monkeypatch.setattr(attempt, "LATE", -math.inf)
    monkeypatch.setattr(w.limits, "reserve", lambda **_: (None, 3.0))

    run_attempt("job", w)
    assert telnyx.asked == []
    job = w.ledger.job("job")
    assert (job.state, job.hold_reason) == (State.HELD, HoldReason.RATE_LIMITED)


@pytest.mark.parametrize("own", [None, "https://own.test/hooks"], ids=["settings", "own"])
def test_a_fax_is_reported_to_the_address_of_the_settings_or_to_its_own(
    w: Collaborators, telnyx: Telnyx, own: str | None
) -> None:
    w = replace(
        w,
        settings=w.settings.model_copy(
            update={"fax_webhook_url": ("https://fax.test/hooks", "https://spare.test/hooks")}
        ),
    )
    create(w, **{"webhook_url": own} if own else {})

    run_attempt("job", w)
    assert telnyx.asked[0].body()["webhook_url"] == (own or "https://fax.test/hooks")


@pytest.mark.parametrize(
    ("answer", "outcome", "state", "event"),
    [
        (Refused("no", status=422, code="10016"), Outcome.REFUSED, State.FAILED, "job.rejected"),
        (RateLimited("slow", status=429, retry_after=3), Outcome.PARKED, State.HELD, "job.held"),
        (AccountRefused("no", status=403, code="20100"), Outcome.PARKED, State.HELD, "job.held"),
        (NotSent("refused"), Outcome.PARKED, State.HELD, "job.held"),
        (OutcomeUnknown("timeout"), Outcome.UNKNOWN, State.UNKNOWN, "job.unknown"),
        (OutcomeUnknown("odd", status=502), Outcome.UNKNOWN, State.UNKNOWN, "job.unknown"),
        (RuntimeError("a mistake of ours"), Outcome.UNKNOWN, State.UNKNOWN, "job.unknown"),
    ],
)
def test_each_answer_of_telnyx_is_recorded_as_the_outcome_it_proves(
    w: Collaborators, telnyx: Telnyx, answer: Exception, outcome: Outcome, state: State, event: str
) -> None:
    create(w)
    telnyx.answer = answer

    assert run_attempt("job", w) is outcome
    assert w.ledger.job("job").state is state
    assert types(w)[-1] == event
    assert len(telnyx.asked) == 1


def test_a_refused_account_pauses_the_connection_and_costs_the_fax_nothing(w: Collaborators, telnyx: Telnyx) -> None:
    create(w)
    w.ledger.scripts.now = 1_790_000_000_000
    telnyx.answer = AccountRefused("no funds", status=403, code="20100")
    run_attempt("job", w)

    assert pauses(w) == {"c1": "20100"}
    pause = w.limits.connection("c1").pause
    assert pause.until == datetime.fromtimestamp(1_790_000_300, UTC)
    assert w.ledger.job("job").dials == 0
    kinds = [fields["type"] for _, fields in w.ledger.redis.xrange("fax:events")]
    assert "connection.paused" in kinds


@pytest.mark.parametrize(
    ("refusal", "outcome"),
    [
        (AccountRefused("forbidden", status=403, code="403"), Outcome.REFUSED),
        (AccountRefused("not authorised", status=403, code="10010"), Outcome.REFUSED),
        (AccountRefused("no funds", status=403, code="20100"), Outcome.PARKED),
        (AccountRefused("inactive", status=403, code="20012"), Outcome.PARKED),
        (AccountRefused("wrong key", status=401), Outcome.PARKED),
        (AccountRefused("no money", status=402), Outcome.PARKED),
    ],
)
def test_a_fax_refused_twice_while_others_succeed_is_at_fault_unless_it_is_clearly_the_account(
    w: Collaborators, telnyx: Telnyx, refusal: AccountRefused, outcome: Outcome
) -> None:
    scripts = w.ledger.scripts
    scripts.now = 1_790_000_000_000
    create(w)
    telnyx.answer = refusal
    assert run_attempt("job", w) is Outcome.PARKED
    scripts.now += 10
    w.limits.resume("c1", reason="topped up")
    create(w, "other", to="+13125550201")
    run_attempt("other", w)  # takes its place on the waiting list
    assert {picked.job_id for picked in w.agenda.pick()} == {"job", "other"}
    telnyx.answer = Fax(id="fax-other")
    assert run_attempt("other", w) is Outcome.ACCEPTED
    telnyx.answer = refusal
    assert run_attempt("job", w) is outcome


def test_a_channel_limit_at_telnyx_holds_this_fax_for_growing_pauses_and_pauses_nothing(
    w: Collaborators, telnyx: Telnyx
) -> None:
    create(w)
    scripts = w.ledger.scripts
    scripts.now = 1_790_000_000_000
    telnyx.answer = AccountRefused("D1", status=403, code="90041")
    held = []
    for _ in range(4):
        assert run_attempt("job", w) is Outcome.PARKED
        job = w.ledger.job("job")
        assert job.hold_reason == "no_channel_at_telnyx"
        assert job.due_at
        held.append(job.due_at.timestamp() - scripts.now / 1000)
        scripts.now = round(job.due_at.timestamp() * 1000)

    assert held == [15, 30, 60, 60]
    assert pauses(w) == {}


def test_a_second_message_for_the_same_job_never_dials(w: Collaborators, telnyx: Telnyx) -> None:
    create(w)
    inner: list[Outcome] = []

    def meanwhile(_: SendRequest) -> None:
        inner.append(run_attempt("job", w))

    telnyx.answer = meanwhile
    run_attempt("job", w)

    assert inner == [Outcome.DROPPED]
    assert run_attempt("job", w) is Outcome.DROPPED
    assert len(telnyx.asked) == 1


def test_a_cancel_during_the_call_is_passed_on_once_telnyx_has_the_fax(
    w: Collaborators, telnyx: Telnyx, posted: list[tuple[str, dict[str, Any]]]
) -> None:
    create(w)

    def meanwhile(_: SendRequest) -> None:
        assert w.ledger.cancel("job", source="producer")["outcome"] == "wished"

    telnyx.answer = meanwhile
    run_attempt("job", w)

    assert posted == [("fax.cancel.v1", {"job_id": "job"})]


def test_a_job_past_its_deadline_ends_without_a_call(w: Collaborators, telnyx: Telnyx) -> None:
    create(w, send_by=(datetime.now(UTC) - timedelta(seconds=1)).isoformat())

    assert run_attempt("job", w) is Outcome.EXPIRED
    assert w.ledger.job("job").state is State.FAILED
    assert telnyx.asked == []


def test_a_job_before_its_time_is_parked_with_reason_and_time(w: Collaborators, telnyx: Telnyx) -> None:
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    create(w, send_at=at.isoformat())

    assert run_attempt("job", w) is Outcome.PARKED
    job = w.ledger.job("job")
    assert (job.state, job.hold_reason, job.due_at) == (State.HELD, "send_at", at)
    assert telnyx.asked == []


@pytest.mark.parametrize(
    ("reason", "given"), [("no_connection", {}), ("no_sender", {"fax_connection_id": "c1"})], ids=str
)
def test_without_sender_or_connection_nothing_is_lost(
    w: Collaborators, telnyx: Telnyx, reason: str, given: dict[str, str]
) -> None:
    bare = Collaborators(**{**vars(w), "settings": Settings(fax_rate=1000, **given)})
    w.ledger.scripts.now = 1_790_000_000_000
    create(w)

    assert run_attempt("job", bare) is Outcome.PARKED
    job = w.ledger.job("job")
    assert (job.hold_reason, job.due_at) == (reason, datetime.fromtimestamp(1_790_000_300, UTC))
    assert telnyx.asked == []


def test_a_claim_that_is_not_known_to_be_durable_makes_no_call(w: Collaborators, telnyx: Telnyx) -> None:
    # There is no replica here, so one that must hold the claim never does.
    durable = Collaborators(**{**vars(w), "barrier": Barrier(w.ledger.redis, replicas=1, timeout=0.01)})
    create(w)

    assert run_attempt("job", durable) is Outcome.PARKED
    assert w.ledger.job("job").hold_reason == "not_durable"
    assert telnyx.asked == []


def release(w: Collaborators) -> None:
    assert w.ledger.release("job", why="in a hurry")["outcome"] == "released"


def test_a_fax_released_before_its_time_is_sent(w: Collaborators, telnyx: Telnyx) -> None:
    create(w, send_at=(datetime.now(UTC) + timedelta(days=1)).isoformat())
    run_attempt("job", w)
    release(w)

    assert run_attempt("job", w) is Outcome.ACCEPTED


def test_a_fax_released_before_its_time_still_respects_its_window(w: Collaborators, telnyx: Telnyx) -> None:
    opening = (datetime.now(UTC) + timedelta(hours=6)).replace(microsecond=0)
    window = {"start": f"{opening:%H:%M:%S}", "end": f"{opening + timedelta(hours=6):%H:%M:%S}", "zone": "UTC"}
    create(w, window=window, send_at=(opening + timedelta(days=1, hours=1)).isoformat())
    run_attempt("job", w)
    assert w.ledger.job("job").hold_reason == HoldReason.SEND_AT
    release(w)

    assert run_attempt("job", w) is Outcome.PARKED
    job = w.ledger.job("job")
    assert (job.hold_reason, job.due_at, telnyx.asked) == (HoldReason.WINDOW, opening, [])


def test_a_fax_released_from_its_window_still_waits_for_its_time(w: Collaborators, telnyx: Telnyx) -> None:
    at = (datetime.now(UTC) + timedelta(days=1)).replace(microsecond=0)
    window = {"start": f"{at + timedelta(hours=6):%H:%M:%S}", "end": f"{at + timedelta(hours=12):%H:%M:%S}"}
    create(w, window={**window, "zone": "UTC"}, send_at=at.isoformat())
    run_attempt("job", w)
    assert w.ledger.job("job").hold_reason == HoldReason.WINDOW
    release(w)

    assert run_attempt("job", w) is Outcome.PARKED
    job = w.ledger.job("job")
    assert (job.hold_reason, job.due_at, telnyx.asked) == (HoldReason.SEND_AT, at, [])


def test_a_fax_that_telnyx_never_accepted_waits_for_a_person(w: Collaborators, telnyx: Telnyx) -> None:
    create(w)
    telnyx.answer = OutcomeUnknown("Telnyx gave no clear answer", status=500)
    w.ledger.redis.hset("fax:job:job", "untaken", w.settings.max_never_accepted)

    assert run_attempt("job", w) is Outcome.PARKED
    assert w.ledger.job("job").hold_reason == HoldReason.NEVER_ACCEPTED
    assert telnyx.asked == []

    w.ledger.release("job", why="fixed")
    assert run_attempt("job", w) is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(Unreachable("refused"), "telnyx_unreachable"), (OutcomeUnknown("error", status=503), "telnyx_failing")],
)
def test_calls_that_fail_one_after_the_other_pause_the_connection(
    w: Collaborators, telnyx: Telnyx, answer: Exception, reason: str
) -> None:
    telnyx.answer = answer
    for number in range(8):
        run_attempt(create(w, f"job{number}", to=f"+1312555020{number}"), w)

    assert pauses(w) == {"c1": reason}
    assert len(telnyx.asked) == (3 if reason == "telnyx_unreachable" else 5)


@pytest.mark.parametrize("answer", [NotSent("too late"), OutcomeUnknown("timeout"), OutcomeUnknown("odd", status=409)])
def test_errors_that_say_nothing_about_telnyx_pause_nothing(
    w: Collaborators, telnyx: Telnyx, answer: Exception
) -> None:
    telnyx.answer = answer
    for number in range(8):
        run_attempt(create(w, f"job{number}", to=f"+1312555020{number}"), w)

    assert pauses(w) == {}


def test_every_option_of_a_fax_is_either_sent_to_telnyx_or_listed_as_our_own():
    options = {field.alias or name for name, field in SendFax.model_fields.items()}
    ours = {
        "job_id", "idempotency_key", "priority", "send_at", "send_by", "window", "max_attempts", "pages", "tags",
        "client_state", "document_name", "cover", "cover_fields", "resend_of",
    }  # fmt: skip
    assert options & _TELNYX == options - ours
    assert options >= _TELNYX, "Telnyx takes an option that SendFax lacks: add it in faxdispatch/jobs.py"


def test_a_fax_that_a_later_version_recorded_waits_and_holds_up_no_other(
    w: Collaborators, telnyx: Telnyx, caplog: pytest.LogCaptureFixture
) -> None:
    create(w)
    redis: Any = w.ledger.redis
    redis.hset("fax:job:job", "request", '{"to": "+13125550200", "media_name": "letter", "of_tomorrow": 1}')
    create(w, "other", to="+13125550201")

    assert run_attempts(["job", "other"], w) == {"job": Outcome.PARKED, "other": Outcome.ACCEPTED}
    assert telnyx.called == ["+13125550201"]
    assert "job job waits for a worker of the version that recorded it: of_tomorrow" in caplog.text
    assert redis.zscore("fax:agenda", "job")
