"""Unknown sends are given up only on enough evidence."""

from typing import Any

from faxdispatch.ledger import Ledger, Scripts
from faxdispatch.states import HoldReason, State
from tests.ledger.steps import START

SETTLE = 600.0


def look(ledger: Ledger, name: str, *, age: float = 0) -> str:
    return ledger.not_listed("j", 1, look=name, settle=SETTLE, enough=3, age=age)["outcome"]


def test_many_empty_listings_resolve_nothing_before_the_settle_time(scripts: Scripts, unknown: Ledger) -> None:
    scripts.now = START + round(SETTLE * 1000) - 1

    assert [look(unknown, f"look{n}") for n in range(9)] == ["unknown"] * 9
    assert unknown.job("j").state is State.UNKNOWN


def test_the_settle_time_resolves_nothing_without_enough_listings(scripts: Scripts, unknown: Ledger) -> None:
    scripts.now = START + round(SETTLE * 10_000)

    assert [look(unknown, "a"), look(unknown, "b"), look(unknown, "c")] == ["unknown", "unknown", "requeued"]


def test_a_listing_counts_from_when_it_was_requested_and_not_from_when_it_is_recorded(
    scripts: Scripts, unknown: Ledger
) -> None:
    scripts.now = START + round(SETTLE * 10_000)

    # A worker that was suspended in between reports an old answer of Telnyx.
    assert {look(unknown, f"old{n}", age=SETTLE * 9.5) for n in range(5)} == {"unknown"}
    assert look(unknown, "fresh") == "requeued"


def test_a_listing_recorded_twice_counts_once(scripts: Scripts, unknown: Ledger) -> None:
    scripts.now = START + round(SETTLE * 10_000)

    assert [look(unknown, "same") for _ in range(5)] == ["unknown"] * 5


def test_only_the_attempt_or_the_worker_that_has_a_job_puts_it_back(scripts: Scripts, unknown: Ledger) -> None:
    for_now: dict[str, Any] = {"reason": HoldReason.NOT_SENT, "delay": 5}

    assert unknown.postpone("j", 2, facts={}, **for_now)["outcome"] == "no"
    assert unknown.void("j", "another worker", **for_now)["outcome"] == "no"
    assert unknown.job("j").state is State.UNKNOWN
    assert unknown.postpone("j", 1, facts={}, **for_now)["outcome"] == "held"
