"""The evidence of Telnyx's listings about an attempt with an unknown outcome."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace
from typing import Any

import pytest

from faxdispatch.errors import OutcomeUnknown, Unreachable
from faxdispatch.states import HoldReason, State
from faxdispatch.telnyx import Fax
from faxdispatch.telnyx.client_state import encode_client_state
from tests.worker import doubles
from worker.context import Collaborators
from worker.reconcile import reconcile
from worker.sending.attempt import Outcome, run_attempt

FAX = "0cae2f42-b704-420c-ad15-8cac51a2a2bd"


class Telnyx(doubles.Telnyx):
    """Never answers a send. `listed` has the faxes of its listing; an exception in it interrupts the listing."""

    def __init__(self) -> None:
        super().__init__()
        self.answer = OutcomeUnknown("timeout")
        self.listed: list[Fax | Exception] = []
        self.listings: list[dict[str, Any]] = []

    def list_faxes(self, **filters: Any) -> Iterator[Fax]:
        self.listings.append(filters)
        for one in self.listed:
            if isinstance(one, Exception):
                raise one
            yield one


@pytest.fixture
def telnyx() -> Telnyx:
    return Telnyx()


@pytest.fixture
def w(redis_url: str, telnyx: Telnyx) -> Collaborators:
    """A worker's collaborators, with a job whose first attempt has an unknown outcome."""
    made = doubles.at_work(redis_url, telnyx=telnyx, settings={"fax_settle": 0.0001})
    doubles.create(made)
    assert run_attempt("job", made) is Outcome.UNKNOWN
    return made


def listed(mark: str) -> Fax:
    return Fax(id=FAX, status="queued", client_state=mark)


def look(w: Collaborators, times: int = 1) -> State:
    for _ in range(times):
        reconcile("job", w)
    return w.ledger.job("job").state


def test_a_listed_fax_with_the_mark_of_the_attempt_is_the_attempt(w: Collaborators, telnyx: Telnyx):
    telnyx.listed = [listed(encode_client_state("job", 1, w.ledger.identity.id))]

    assert look(w) is State.ACCEPTED
    assert w.ledger.job("job").fax_id == FAX
    [asked] = telnyx.listings
    assert (asked["direction"], asked["to"], asked["from_"]) == ("outbound", "+13125550200", "+13125550299")


@pytest.mark.parametrize(
    ("job", "attempt", "ledger"),
    [("job", 2, None), ("another", 1, None), ("job", 1, "another")],
    ids=["attempt", "job", "ledger"],
)
def test_a_listed_fax_of_another_attempt_job_or_ledger_is_not_the_attempt(
    w: Collaborators, telnyx: Telnyx, job: str, attempt: int, ledger: str | None
):
    telnyx.listed = [listed(encode_client_state(job, attempt, ledger or w.ledger.identity.id))]

    assert look(w) is State.UNKNOWN
    assert w.ledger.job("job").fax_id is None


def test_enough_complete_listings_without_it_prove_that_it_was_never_accepted(w: Collaborators):
    assert look(w, w.settings.settle_listings - 1) is State.UNKNOWN
    assert look(w) is State.HELD
    assert w.ledger.job("job").hold_reason == HoldReason.RETRY


def test_a_listing_that_breaks_off_is_no_evidence_of_absence(w: Collaborators, telnyx: Telnyx):
    telnyx.listed = [listed("of somebody else"), Unreachable("page 2: no answer")]

    assert look(w, 3 * w.settings.settle_listings) is State.UNKNOWN


def test_what_a_listing_shows_before_it_breaks_off_is_evidence(w: Collaborators, telnyx: Telnyx):
    telnyx.listed = [listed(encode_client_state("job", 1, w.ledger.identity.id)), Unreachable("page 2: no answer")]

    assert look(w) is State.ACCEPTED


@pytest.mark.parametrize(("redis", "telnyx_clock"), [(1000, 2000), (2000, 1000)], ids=["redis", "telnyx"])
def test_a_listing_shows_only_what_telnyx_had_when_it_was_requested(
    w: Collaborators, monkeypatch: pytest.MonkeyPatch, redis: int, telnyx_clock: int
):
    """The claim is that many seconds old by each clock, and the listing took 100 s."""
    now, monotonic = datetime.now(UTC).replace(microsecond=0), time.monotonic()
    w.ledger.scripts.now = round(now.timestamp() * 1000)
    w.telnyx_clock.hear({"date": format_datetime(now)})
    claimed = {
        name: round((now - timedelta(seconds=age)).timestamp() * 1000)
        for name, age in (("submitted", redis), ("submitted_telnyx", telnyx_clock))
    }
    w.ledger.redis.hset("fax:job:job", mapping=claimed)
    times = iter([monotonic - 100, monotonic])
    monkeypatch.setattr("worker.reconcile.time", SimpleNamespace(monotonic=lambda: next(times)))
    found: dict[str, Any] = {}

    def not_listed(*_: Any, **facts: Any) -> dict[str, Any]:
        found.update(facts)
        return {"outcome": "unknown"}

    monkeypatch.setattr(w.ledger, "not_listed", not_listed)
    reconcile("job", w)

    assert found["age"] == pytest.approx(100)
    assert found["after_claim"] == pytest.approx(900, abs=30)


def test_a_listing_of_another_account_is_no_evidence(w: Collaborators):
    object.__setattr__(w, "account", SimpleNamespace(known=lambda: "another"))

    assert look(w, 3 * w.settings.settle_listings) is State.UNKNOWN
