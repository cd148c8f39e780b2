"""What is done about each failure reason, as a table of numbers."""

from datetime import UTC, datetime, timedelta

import pytest

from faxdispatch.settings import Settings
from worker.policy import FINAL, FREE, REASONS, Failure, GiveUp, Kind, Retry, decide

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
SETTINGS = Settings()

DOCUMENTED = [
    "user_busy",
    "receiver_no_answer",
    "receiver_no_response",
    "receiver_recovery_on_timer_expire",
    "receiver_call_dropped",
    "receiver_communication_error",
    "service_unavailable",
    "fax_signaling_error",
    "invalid_ecm_response_from_receiver",
    "fax_initial_communication_timeout",
    "destination_unreachable",
    "receiver_incompatible_destination",
    "receiver_decline",
    "user_channel_limit_exceeded",
    "outbound_profile_channel_limit_exceeded",
    "connection_channel_limit_exceeded",
    "outbound_profile_daily_spend_limit_exceeded",
    "file_download_failed",
    "media_processing_exception",
    "file_format_invalid",
    "file_size_limit_exceeded",
    "page_count_limit_exceeded",
    "receiver_invalid_number_format",
    "receiver_unallocated_number",
    "destination_invalid",
    "destination_not_in_countries_whitelist",
    "destination_not_in_service_plan",
    "no_outbound_profile",
    "account_disabled",
    "unverified_origination_number",
    "unverified_destination_not_allowed",
    "sender_canceled",
    "sender_call_dropped",
    "sender_communication_error",
    "carrier_lost",
    "rejected",
    "success",
    "received",
]


def failure(
    reason: str, *, dials: int = 0, tries: dict[str, int] | None = None, send_by: datetime | None = None
) -> Failure:
    return Failure(reason, dials, tries or {}, max_attempts=5, send_by=send_by)


@pytest.mark.parametrize("reason", DOCUMENTED)
def test_every_documented_reason_has_a_row(reason: str) -> None:
    assert reason in REASONS


@pytest.mark.parametrize(
    ("kind", "delays"),
    [
        (Kind.BUSY, [180, 300, 600, 1200]),
        (Kind.NO_ANSWER, [300, 900, 1800, 1800]),
        (Kind.LINE, [60, 300, 900, 900]),
    ],
)
def test_pauses_follow_the_schedule_until_the_attempts_are_used_up(kind: Kind, delays: list[float]) -> None:
    reason = next(r for r, k in REASONS.items() if k is kind)
    tries: dict[str, int] = {}
    seen = []
    for dials in range(4):
        verdict = decide(failure(reason, dials=dials, tries=tries), NOW, SETTINGS)
        assert isinstance(verdict, Retry)
        assert verdict.charged
        seen.append(verdict.delay)
        tries = verdict.tries

    assert seen == delays
    assert decide(failure(reason, dials=4, tries=tries), NOW, SETTINGS) == GiveUp(kind, "attempts")


@pytest.mark.parametrize("reason", sorted(r for r, k in REASONS.items() if k in FINAL))
def test_a_wrong_number_or_document_is_given_up_at_once(reason: str) -> None:
    assert decide(failure(reason), NOW, SETTINGS) == GiveUp(REASONS[reason], "final")


@pytest.mark.parametrize("reason", sorted(r for r, k in REASONS.items() if k in FREE))
def test_what_is_not_the_recipients_fault_costs_no_attempt_however_often(reason: str) -> None:
    verdict = decide(failure(reason, dials=4, tries={REASONS[reason]: 99}), NOW, SETTINGS)

    assert isinstance(verdict, Retry)
    assert not verdict.charged


@pytest.mark.parametrize("reason", ["a_reason_of_tomorrow", "rejected"])
def test_an_unknown_reason_is_tried_again_but_not_for_ever(reason: str) -> None:
    first = decide(failure(reason), NOW, SETTINGS)

    assert isinstance(first, Retry)
    assert decide(failure(reason, dials=1, tries=first.tries), NOW, SETTINGS) == GiveUp(Kind.ONCE, "attempts")


def test_spent_money_counts_anew_at_midnight_utc() -> None:
    verdict = decide(failure("outbound_profile_daily_spend_limit_exceeded"), NOW, SETTINGS)

    assert isinstance(verdict, Retry)
    assert (NOW + timedelta(seconds=verdict.delay)).isoformat() == "2026-11-24T00:01:00+00:00"


def test_nothing_is_planned_past_the_deadline() -> None:
    late = NOW + timedelta(seconds=100)

    assert decide(failure("user_busy", send_by=late), NOW, SETTINGS) == GiveUp(Kind.BUSY, "deadline")
    assert isinstance(decide(failure("receiver_call_dropped", send_by=late), NOW, SETTINGS), Retry)


def test_jitter_moves_a_pause_by_a_tenth_at_most() -> None:
    delays = [decide(failure("user_busy"), NOW, SETTINGS, jitter=j) for j in (-1, 0, 1)]

    assert [round(d.delay) for d in delays if isinstance(d, Retry)] == [162, 180, 198]
