"""The consequences of each failure reason, as tables and as properties of any sequence of failures."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faxdispatch.reasons.failures import FINAL, REASONS, UNKNOWN, Cause, Counter, Kind
from faxdispatch.settings import Settings
from worker.policy import Failure, GiveUp, Retry, changes, decide

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
SETTINGS = Settings()

DIAL, CONNECT, HOLD = Counter.DIAL, Counter.CONNECT, Counter.HOLD

NOT_KNOWN = ["a_reason_of_tomorrow", "unknown", ""]
EVERY = {**REASONS, **dict.fromkeys(NOT_KNOWN, UNKNOWN)}
"""The meaning of each reason; test_policy_explained.py checks it against the page."""
FREE = sorted(reason for reason, cause in EVERY.items() if cause.counter is HOLD)
CHARGED = sorted(EVERY.keys() - FREE)


def failure(reason: str, **known) -> Failure:
    return Failure(**{"reason": reason, "dials": 0, "connects": 0, "tries": {}, "max_attempts": 5, **known})


def after(failed: Failure, verdict: Retry) -> Failure:
    """Return the same failure once more, after the retry that was decided."""
    return replace(
        failed,
        dials=failed.dials + (verdict.counter is DIAL),
        connects=failed.connects + (verdict.counter is CONNECT),
        tries=verdict.tries,
        ladder_step=verdict.ladder_step,
    )


def run(reasons, settings: Settings, **known) -> tuple[list[Retry], GiveUp | None]:
    """Let one attempt after the other fail for these reasons; return the retries, and the end if there was one."""
    retries: list[Retry] = []
    failed = failure("", **known)
    for reason in reasons:
        failed = replace(failed, reason=reason)
        verdict = decide(failed, NOW, settings)
        if isinstance(verdict, GiveUp):
            return retries, verdict
        retries.append(verdict)
        failed = after(failed, verdict)
    return retries, None


def delays(reason: str, settings: Settings = SETTINGS, **known) -> list[float]:
    return [retry.delay for retry in run([reason] * 60, settings, **known)[0]]


# The table


@pytest.mark.parametrize(("reason", "cause"), EVERY.items())
def test_each_reason_is_judged_by_its_row(reason: str, cause: Cause) -> None:
    verdict = decide(failure(reason), NOW, SETTINGS)

    assert (verdict.kind, verdict.counter) == (cause.kind, cause.counter)
    if isinstance(verdict, Retry):
        assert cause.kind not in FINAL
        assert verdict.ladder_step == (1 if cause.climbs else 0)
    else:
        assert cause.kind in FINAL
        assert verdict.why == "final"


@pytest.mark.parametrize("reason", CHARGED)
def test_only_a_wrong_number_blames_the_number_whatever_the_end(reason: str) -> None:
    verdict = decide(failure(reason, max_attempts=1), NOW, SETTINGS)

    assert isinstance(verdict, GiveUp)
    assert verdict.blames_number is (EVERY[reason].kind is Kind.NUMBER)


# Ends


@pytest.mark.parametrize("reason", CHARGED)
@pytest.mark.parametrize("max_attempts", [1, 2, 5, 50])
def test_no_reason_known_or_not_is_retried_for_ever(reason: str, max_attempts: int) -> None:
    generous = Settings(fax_max_connects=50)

    retries, end = run(itertools.repeat(reason), generous, max_attempts=max_attempts)

    assert isinstance(end, GiveUp)
    most = {Kind.ONCE: 1}.get(EVERY[reason].kind, max_attempts - 1)
    assert len(retries) == (0 if EVERY[reason].kind in FINAL else min(most, max_attempts - 1))


@given(
    reasons=st.lists(st.sampled_from(CHARGED), min_size=50, max_size=50),
    max_attempts=st.integers(1, 50),
    max_connects=st.integers(1, 50),
)
def test_no_mixture_of_failures_passes_any_bound(reasons, max_attempts, max_connects) -> None:
    settings = Settings(fax_max_connects=max_connects)

    retries, end = run(reasons, settings, max_attempts=max_attempts)

    assert isinstance(end, GiveUp)
    assert len(retries) < max_attempts
    assert sum(retry.counter is CONNECT for retry in retries) < max_connects
    assert sum(retry.kind is Kind.ONCE for retry in retries) <= 1


@given(st.lists(st.sampled_from([*FREE, *CHARGED]), max_size=40))
def test_a_free_failure_does_not_change_the_count_of_charged_ones(reasons) -> None:
    mixed, mixed_end = run(reasons, SETTINGS)
    charged, end = run([reason for reason in reasons if reason in CHARGED], SETTINGS)

    seen = [(retry.kind, retry.delay, retry.ladder_step) for retry in mixed if retry.counter is not HOLD]
    assert seen == [(retry.kind, retry.delay, retry.ladder_step) for retry in charged]
    assert mixed_end == end


@pytest.mark.parametrize("reason", FREE)
def test_failures_that_are_not_the_recipients_fault_do_not_use_up_attempts(reason: str) -> None:
    retries, end = run([reason] * 500, SETTINGS, dials=4, connects=4, ladder_step=2)

    assert end is None
    assert len(retries) == 500
    assert {(retry.counter, retry.ladder_step) for retry in retries} == {(HOLD, 2)}


@pytest.mark.parametrize(
    ("reason", "dials", "connects"),
    [
        *(("user_busy", *counts) for counts in ((4, 0), (3, 1), (2, 2), (9, 0))),
        ("carrier_lost", 1, 3),  # so that both bounds are reached
    ],
)
def test_both_counters_together_are_bounded_by_the_attempts(reason: str, dials: int, connects: int) -> None:
    last = decide(failure(reason, dials=dials, connects=connects), NOW, SETTINGS)

    assert isinstance(last, GiveUp)
    assert last.why == "attempts"


@pytest.mark.parametrize("bound", [1, 2, 3, 4])
def test_calls_that_connect_are_repeated_less_often_than_others(bound: int) -> None:
    retries, end = run(["fax_signaling_error"] * 9, Settings(fax_max_connects=bound), max_attempts=9)

    assert len(retries) == bound - 1
    assert end == GiveUp(Kind.LINE, "connects", CONNECT, blames_number=False)


def test_calls_that_did_not_connect_are_not_bounded_by_those_that_did() -> None:
    assert isinstance(decide(failure("user_busy", connects=3), NOW, Settings(fax_max_connects=3)), Retry)


@pytest.mark.parametrize("reason", [*NOT_KNOWN, "rejected", "fax_initial_communication_timeout"])
def test_reasons_that_seldom_improve_are_retried_once(reason: str) -> None:
    retries, end = run([reason] * 4, Settings(fax_max_connects=50))

    assert [retry.delay for retry in retries] == [300]
    assert end == GiveUp(Kind.ONCE, "attempts", EVERY[reason].counter, blames_number=False)


# Pauses


@pytest.mark.parametrize(
    ("reason", "pauses"),
    [
        ("user_busy", [180, 300, 600, 1200, 1200, 1200]),
        ("receiver_no_answer", [300, 900, 1800, 1800, 1800, 1800]),
        ("receiver_communication_error", [60, 300, 900, 900, 900, 900]),
        ("fax_signaling_error", [60, 300, 900]),
        ("a_reason_of_tomorrow", [300]),
        ("user_channel_limit_exceeded", [15, 30, 60, 60, 60, 60, 60]),
        ("account_disabled", [300] * 7),
    ],
)
def test_pauses_follow_the_schedule_and_its_last_repeats(reason: str, pauses: list[float]) -> None:
    assert delays(reason, max_attempts=7)[:7] == pauses


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ("fax_retry_busy", "user_busy"),
        ("fax_retry_no_answer", "receiver_no_response"),
        ("fax_retry_line", "service_unavailable"),
    ],
)
def test_each_kind_that_concerns_a_recipient_has_a_schedule_that_can_be_set(setting: str, reason: str) -> None:
    own = Settings(**{setting: (7, 11, 13)})

    assert delays(reason, own, max_attempts=6)[:5] == [7, 11, 13, 13, 13]


def test_each_kind_goes_through_its_own_schedule() -> None:
    retries, _ = run(["user_busy", "receiver_no_answer", "user_busy", "service_unavailable"], SETTINGS)

    assert [retry.delay for retry in retries] == [180, 300, 300, 60]
    assert retries[-1].tries == {"busy": 2, "no_answer": 1, "line": 1}


@pytest.mark.parametrize(
    "now",
    [
        NOW,
        NOW.replace(hour=23, minute=59, second=59, microsecond=999_999),
        NOW.replace(hour=0),
        NOW.astimezone(timezone(timedelta(hours=-8))),
        NOW.astimezone(timezone(timedelta(hours=14))),
    ],
)
@pytest.mark.parametrize("jitter", [-1, 0, 1])
def test_a_spent_cap_is_waited_for_until_past_midnight_utc(now: datetime, jitter: float) -> None:
    verdict = decide(failure("outbound_profile_daily_spend_limit_exceeded"), now, SETTINGS, jitter=jitter)

    assert isinstance(verdict, Retry)
    again = (now + timedelta(seconds=verdict.delay)).astimezone(UTC)
    assert again.isoformat() == "2026-11-24T00:01:00+00:00"


def test_jitter_moves_a_pause_by_a_tenth_at_most() -> None:
    verdicts = [decide(failure("user_busy"), NOW, SETTINGS, jitter=j) for j in (-50, -1, -0.5, 0, 1, 50)]

    assert [round(v.delay) for v in verdicts if isinstance(v, Retry)] == [162, 162, 171, 180, 198, 198]


# The deadline


def test_nothing_is_planned_past_the_deadline() -> None:
    late = NOW + timedelta(seconds=100)

    busy = decide(failure("user_busy", send_by=late), NOW, SETTINGS)

    assert busy == GiveUp(Kind.BUSY, "deadline", DIAL, blames_number=False)
    assert isinstance(decide(failure("receiver_call_dropped", send_by=late), NOW, SETTINGS), Retry)


@pytest.mark.parametrize(("seconds", "kept"), [(179, False), (180, False), (180.001, True)])
@pytest.mark.parametrize("jitter", [-1, 0, 1])
def test_jitter_never_decides_whether_the_deadline_is_met(seconds: float, kept: bool, jitter: float) -> None:
    send_by = NOW + timedelta(seconds=seconds)

    verdict = decide(failure("user_busy", send_by=send_by), NOW, SETTINGS, jitter=jitter)

    assert isinstance(verdict, Retry) is kept
    if isinstance(verdict, Retry):
        assert verdict.delay < seconds


@given(seconds=st.floats(-1000, 4000), jitter=st.floats(-1, 1), reason=st.sampled_from(sorted(EVERY)))
def test_a_retry_begins_in_the_future_and_before_the_deadline(seconds: float, jitter: float, reason: str) -> None:
    send_by = NOW + timedelta(seconds=seconds)

    verdict = decide(failure(reason, send_by=send_by), NOW, SETTINGS, jitter=jitter)

    if isinstance(verdict, Retry):
        assert verdict.delay > 0
        assert verdict.delay < (send_by - NOW).total_seconds()


@pytest.mark.parametrize("reason", FREE)
def test_the_deadline_ends_free_retries_too(reason: str) -> None:
    verdict = decide(failure(reason, send_by=NOW), NOW, SETTINGS)

    assert verdict == GiveUp(EVERY[reason].kind, "deadline", HOLD, blames_number=False)


# The ladder

LADDER = Settings(fax_ladder="t38_enabled=false,quality=normal,monochrome=true", fax_max_connects=50)


def test_each_failed_transmission_climbs_one_step_of_the_ladder_up_to_the_last() -> None:
    retries, _ = run(["fax_signaling_error"] * 6, LADDER, max_attempts=9)

    assert [changes(retry.ladder_step, LADDER) for retry in retries] == [
        {"t38_enabled": False},
        {"t38_enabled": False, "quality": "normal"},
        {"t38_enabled": False, "quality": "normal", "monochrome": True},
        {"t38_enabled": False, "quality": "normal", "monochrome": True},
        {"t38_enabled": False, "quality": "normal", "monochrome": True},
        {"t38_enabled": False, "quality": "normal", "monochrome": True},
    ]


def test_other_failures_stay_on_the_step() -> None:
    reasons = ["user_busy", "fax_signaling_error", "user_busy", "account_disabled", "carrier_lost", "no_such_reason"]
    retries, _ = run(reasons, LADDER, max_attempts=9)

    assert [retry.ladder_step for retry in retries] == [0, 1, 1, 1, 2, 2]


def test_the_higher_step_of_the_same_option_wins() -> None:
    twice = Settings(fax_ladder="quality=ultra_light,quality=normal")

    assert [changes(steps, twice) for steps in (1, 2)] == [{"quality": "ultra_light"}, {"quality": "normal"}]


def test_without_a_ladder_nothing_is_changed() -> None:
    none = Settings(fax_ladder="none")
    retries, _ = run(["fax_signaling_error"] * 2, none)

    assert [changes(retry.ladder_step, none) for retry in retries] == [{}, {}]


def test_a_ladder_that_was_shortened_meanwhile_ends_at_its_last_step() -> None:
    short = Settings(fax_ladder="quality=normal")
    verdict = decide(failure("carrier_lost", ladder_step=3), NOW, short)

    assert isinstance(verdict, Retry)
    assert verdict.ladder_step == 1
    assert changes(3, short) == {"quality": "normal"}
