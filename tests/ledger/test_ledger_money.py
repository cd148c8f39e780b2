"""Money: no process ever spends above the cap; reservations are settled; the books always balance."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from faxdispatch.ledger import Agenda, Rules
from faxdispatch.states import HoldReason, State, Verdict
from tests.ledger.desk import Desk, everything_is_free
from tests.ledger.steps import START

DAY = 86_400
FAX = 1_000_000
"""The estimated cost of one fax, in millionths."""


def desk_with(url: str, **rules: Any) -> Desk:
    return Desk(url, Rules(**{"rate": 1000, "channels": 1000, "page_price": 0.1, "minute_price": 0.05, **rules}))


@pytest.fixture
def desk(redis_url: str) -> Desk:
    """A day's cap of two faxes and a half; a page costs 0.1, a minute 0.05."""
    return desk_with(redis_url, day_cap=2.5)


def book(desk: Desk, day: int | None = None) -> int:
    today = desk.scripts.now // 1000 // DAY
    return int(desk.redis.get(f"fax:spend:{today if day is None else day}") or 0)


def books_balance(desk: Desk) -> bool:
    """Return whether the days hold what the jobs have spent and reserved."""
    rows = [desk.redis.hgetall(key) for key in desk.redis.scan_iter("fax:job:*")]
    jobs = sum(int(row.get("spent") or 0) + int(row.get("cost") or 0) for row in rows)
    days = sum(int(desk.redis.get(key)) for key in desk.redis.scan_iter("fax:spend:[0-9]*"))
    return jobs == days


def spent(desk: Desk, name: str) -> int:
    return round(desk.ledger.job(name).spent * 1_000_000)


def claim(desk: Desk, name: str, connection: str = "c", cost: int = FAX) -> str:
    admitted = desk.admit(name, connection)
    return desk.claim(name, cost=cost) if admitted == "go" else admitted


def test_a_higher_cap_that_is_set_while_all_runs_lets_what_waits_go_at_once(desk):
    desk.create("a", "b", "c")
    assert [claim(desk, name) for name in ("a", "b", "c")] == ["claimed", "claimed", "spend_cap"]
    desk.limits.change({"day_cap": 4.0}, reason="a busy day")
    desk.later(1)

    assert desk.limits.account().cap == 4.0
    assert claim(desk, "c") == "claimed"
    desk.limits.change({"day_cap": "none"}, reason="no end")
    assert desk.limits.account().cap is None
    desk.create("d", "e")
    assert [claim(desk, name) for name in ("d", "e")] == ["claimed", "claimed"]


# The day's cap --------------------------------------------------------------------------------------------------------


def test_the_cap_is_exact_while_sixteen_workers_claim_at_once(redis_url):
    desk = desk_with(redis_url, day_cap=37.5)
    names = [f"j{n}" for n in range(200)]
    desk.create(*names)
    assert {desk.admit(name) for name in names} == {"go"}
    begin, over = threading.Barrier(17), threading.Event()

    def work(share: list[str]) -> list[str]:
        own = desk.another()
        begin.wait()
        return [own.claim(name, cost=FAX) for name in share]

    def watch() -> int:
        own, most = desk.another(), 0
        begin.wait()
        while not over.is_set():
            most = max(most, book(own))
        return most

    with ThreadPoolExecutor(17) as pool:
        watcher = pool.submit(watch)
        workers = [pool.submit(work, names[n::16]) for n in range(16)]
        outcomes = [outcome for worker in workers for outcome in worker.result()]
        over.set()

    assert outcomes.count("claimed") == 37
    assert set(outcomes) == {"claimed", "spend_cap", "connection_paused"}
    assert watcher.result() <= book(desk) == 37 * FAX
    assert (len(desk.waiting()), desk.redis.scard("fax:calls")) == (163, 37)
    assert [traffic.pause.reason for traffic in desk.limits.connections()] == ["spend_cap"]
    assert len(desk.published("connection.paused")) == 1
    assert books_balance(desk)


def test_faxes_beyond_the_cap_wait_and_the_connection_pauses_until_midnight(desk):
    desk.create("a", "b", "over", "after")
    assert [claim(desk, name) for name in ("a", "b", "over", "after")] == [
        "claimed", "claimed", "spend_cap", "connection_paused",
    ]  # fmt: skip

    assert desk.waiting() == ["over", "after"]
    assert desk.redis.smembers("fax:calls") == {"a", "b"}
    midnight = (START // 1000 // DAY + 1) * DAY
    assert desk.limits.connections()[0].pause.until.timestamp() == midnight
    [events] = [event for event in desk.published("job.held") if event.data["reason"] == "spend_cap"]
    assert {"detail": "day", "until": midnight * 1000}.items() <= events.data.items()


@pytest.mark.parametrize(("cost", "outcome"), [(FAX, "claimed"), (FAX + 1, "spend_cap")])
def test_the_cap_is_reached_and_not_passed_by_a_millionth(redis_url, cost, outcome):
    desk = desk_with(redis_url, day_cap=2)
    desk.create("a", "b")

    assert [claim(desk, "a"), claim(desk, "b", cost=cost)] == ["claimed", outcome]
    assert (desk.limits.account().spent, desk.limits.account().cap) == (2 if outcome == "claimed" else 1, 2)


def test_a_fax_that_costs_more_than_the_daily_cap_holds_up_only_itself(desk):
    desk.create("huge", "a", "b")

    assert [claim(desk, "huge", cost=3 * FAX), claim(desk, "a"), claim(desk, "b")] == [
        "spend_cap",
        "claimed",
        "claimed",
    ]
    assert desk.limits.connections()[0].pause is None
    held = desk.ledger.job("huge")
    assert (held.hold_reason, held.due_at.timestamp() * 1000) == (HoldReason.SPEND_CAP, START + 3_600_000)
    assert desk.redis.smembers("fax:calls") == {"a", "b"}


def test_a_fax_that_costs_more_than_the_daily_cap_is_looked_at_again_when_the_cap_is_raised(desk):
    desk.create("huge", "a")
    assert [claim(desk, "huge", cost=3 * FAX), claim(desk, "a")] == ["spend_cap", "claimed"]
    assert Agenda(desk.scripts).due() == []
    desk.limits.change({"day_cap": "none"}, reason="they may")

    assert [found.job_id for found in Agenda(desk.scripts).due()] == ["huge"]
    assert claim(desk, "huge", cost=3 * FAX) == "claimed"


def test_the_next_day_by_utc_starts_anew(desk):
    desk.create("a", "b", "over")
    for name in ("a", "b", "over"):
        claim(desk, name)
    midnight = (START // 1000 // DAY + 1) * DAY * 1000

    desk.scripts.now = midnight - 1
    assert desk.picked() == []
    desk.scripts.now = midnight
    assert desk.picked() == ["over"]
    assert claim(desk, "over") == "claimed"
    assert book(desk) == FAX
    assert books_balance(desk)


def test_what_is_settled_after_midnight_belongs_to_the_day_of_its_claim(desk):
    desk.create("late")
    claim(desk, "late")
    yesterday = START // 1000 // DAY
    desk.later(DAY)
    desk.accept("late")
    desk.report("late", "delivered", pages=2, seconds=61)

    assert (book(desk, yesterday), book(desk)) == (300_000, 0)
    assert books_balance(desk)


def test_without_a_cap_everything_is_counted_and_nothing_held(redis_url):
    desk = desk_with(redis_url)
    desk.create("a")

    assert claim(desk, "a", cost=10**9) == "claimed"
    assert desk.limits.account().spent == 1000


# The real cost of an attempt
# ---------------------------------------------------------------------------------------------


def report_delivery(desk: Desk) -> None:
    desk.report("j", "delivered", pages=3, seconds=121)


def report_delivery_without_figures(desk: Desk) -> None:
    desk.report("j", "delivered")


def failed_without_a_connection(desk: Desk) -> None:
    desk.report("j", "failed", "user_busy")
    assert book(desk) == FAX, "nobody has decided yet"
    desk.retry("j", spent=0)


def failed_while_connected(desk: Desk) -> None:
    desk.report("j", "failed", "receiver_call_dropped")
    desk.retry("j", spent=None)


def given_up_without_a_connection(desk: Desk) -> None:
    desk.report("j", "failed", "user_busy")
    desk.give_up("j", spent=0)


def given_up_while_connected(desk: Desk) -> None:
    desk.report("j", "failed", "receiver_call_dropped")
    desk.give_up("j", spent=None)


def cancelled_in_flight(desk: Desk) -> None:
    desk.ledger.cancel("j", source="producer")
    desk.report("j", "failed", "sender_canceled")
    desk.give_up("j", spent=0)
    assert desk.state("j") is State.CANCELLED


@pytest.mark.parametrize(
    ("end", "cost"),
    [
        (report_delivery, 450_000), (report_delivery_without_figures, FAX), (failed_without_a_connection, 0),
        (failed_while_connected, FAX), (given_up_without_a_connection, 0), (given_up_while_connected, FAX),
        (cancelled_in_flight, 0),
    ],
)  # fmt: skip
def test_the_end_of_a_fax_settles_what_it_did_cost(desk, end, cost):
    desk.create("j")
    desk.send("j", cost=FAX)
    assert (book(desk), spent(desk, "j")) == (FAX, FAX)

    end(desk)

    assert (book(desk), spent(desk, "j")) == (cost, cost)
    assert books_balance(desk)


def postponed(desk: Desk) -> None:
    desk.postpone("j")


def postponed_and_cancelled(desk: Desk) -> None:
    desk.ledger.cancel("j", source="producer")
    desk.postpone("j")


def refused(desk: Desk) -> None:
    desk.give_up("j")


def never_listed(desk: Desk) -> None:
    desk.ledger.doubt("j", 1, cause="no_answer", look_after=15, facts={})
    assert book(desk) == FAX
    desk.ledger.not_listed("j", 1, look="a", settle=0, enough=1)


def never_listed_and_cancelled(desk: Desk) -> None:
    desk.ledger.cancel("j", source="producer")
    never_listed(desk)


def said_not_sent(desk: Desk) -> None:
    desk.ledger.doubt("j", 1, cause="no_answer", look_after=15, facts={})
    desk.ledger.resolve("j", Verdict.NOT_SENT, reason="seen")


def said_not_sent_and_cancelled(desk: Desk) -> None:
    desk.ledger.cancel("j", source="producer")
    said_not_sent(desk)


NEVER_SENT = [
    postponed, postponed_and_cancelled, refused, never_listed, never_listed_and_cancelled, said_not_sent,
    said_not_sent_and_cancelled,
]  # fmt: skip


@pytest.mark.parametrize("end", NEVER_SENT)
def test_a_fax_that_never_reached_telnyx_costs_nothing(desk, end):
    desk.create("j")
    assert claim(desk, "j") == "claimed"

    end(desk)

    assert book(desk) == spent(desk, "j") == 0


def test_a_fax_that_an_operator_gives_up_has_cost_what_was_reserved(desk):
    desk.create("j")
    desk.send("j", cost=FAX)
    desk.ledger.resolve("j", Verdict.FAILED, reason="seen")

    assert book(desk) == spent(desk, "j") == FAX


def test_attempts_of_one_job_add_up(desk):
    desk.create("j")
    desk.send("j", cost=FAX)
    failed_while_connected(desk)
    desk.later(61)
    desk.send("j", cost=FAX)
    assert spent(desk, "j") == 2 * FAX
    report_delivery(desk)

    assert book(desk) == spent(desk, "j") == FAX + 450_000


def test_a_repeated_claim_reserves_once(desk):
    desk.create("j")
    assert [claim(desk, "j"), desk.claim("j", cost=FAX)] == ["claimed", "claimed"]

    assert book(desk) == FAX


# Late evidence --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", [postponed, never_listed, said_not_sent])
def test_an_attempt_that_turns_out_to_be_in_progress_is_charged_again(desk, end):
    desk.create("j")
    claim(desk, "j")
    end(desk)

    assert desk.ledger.accept("j", 1, "j-1", source="webhook")["outcome"] == "bound"
    assert book(desk) == spent(desk, "j") == FAX
    report_delivery(desk)
    assert book(desk) == spent(desk, "j") == 450_000


@pytest.mark.parametrize("decided", [None, 0, FAX])
@pytest.mark.parametrize(("report", "cost"), [(report_delivery, 450_000), (report_delivery_without_figures, FAX)])
def test_a_fax_that_is_delivered_after_it_was_said_to_have_failed_costs_what_a_delivered_one_does(
    desk, decided, report, cost
):
    desk.create("j")
    desk.send("j", cost=FAX)
    desk.report("j", "failed", "user_busy")
    if decided is not None:
        desk.retry("j", spent=decided)
        desk.later(DAY)
    report(desk)

    assert desk.state("j") is State.DELIVERED
    assert spent(desk, "j") == cost
    assert books_balance(desk)


# Room -----------------------------------------------------------------------------------------------------------------


def reach_the_cap(desk: Desk) -> None:
    """Two faxes fly, on connections `c` and `d`; a third waits on each."""
    for connection in "cd":
        desk.create(f"{connection}-up", f"{connection}-waits")
        desk.send(f"{connection}-up", connection, cost=FAX)
    for connection in "cd":
        assert claim(desk, f"{connection}-waits", connection) == "spend_cap"


def test_a_settlement_that_makes_room_lifts_the_pause_of_any_connection(desk):
    reach_the_cap(desk)
    assert desk.picked() == []

    desk.report("c-up", "delivered", pages=3, seconds=121)

    assert sorted(desk.picked()) == ["c-waits", "d-waits"]
    assert sorted([claim(desk, "c-waits", "c"), claim(desk, "d-waits", "d")]) == ["claimed", "spend_cap"]
    assert len(desk.published("connection.resumed")) == 2


def test_a_settlement_that_makes_too_little_room_lifts_nothing(desk):
    reach_the_cap(desk)
    desk.report("c-up", "delivered", pages=5, seconds=121)
    assert book(desk) == 1_650_000

    assert desk.picked() == []


def test_a_settlement_lifts_no_other_pause(desk):
    reach_the_cap(desk)
    desk.limits.pause("d", delay=3600)
    desk.report("c-up", "delivered", pages=3, seconds=121)

    assert desk.picked() == ["c-waits"]


# A campaign's cap -----------------------------------------------------------------------------------------------------


@pytest.fixture
def campaign(redis_url: str) -> Desk:
    """Campaign `spring` may cost one fax and a half."""
    desk = desk_with(redis_url)
    desk.redis.hset("fax:campaign:spring", "cap", 1_500_000)
    desk.create("one", "two", campaign="spring")
    desk.create("other", campaign="autumn")
    desk.create("none")
    return desk


def test_a_campaigns_cap_holds_its_own_faxes_only(campaign):
    assert [claim(campaign, name) for name in ("one", "two", "other", "none")] == [
        "claimed", "spend_cap", "claimed", "claimed",
    ]  # fmt: skip

    held = campaign.ledger.job("two")
    assert (held.hold_reason, held.due_at.timestamp() * 1000) == (HoldReason.SPEND_CAP, START + 3_600_000)
    assert campaign.redis.smembers("fax:calls") == {"one", "other", "none"}
    assert campaign.redis.get(f"fax:line:{campaign.number('two')}") is None
    assert campaign.limits.connections()[0].pause is None


def test_a_campaign_below_its_cap_again_continues_and_gets_one_event(campaign):
    for name in ("one", "two"):
        claim(campaign, name)
    for _ in range(3):
        campaign.later(3600)
        assert claim(campaign, "two") == "spend_cap"
    assert len([e for e in campaign.published("job.held") if e.data["reason"] == "spend_cap"]) == 1

    campaign.redis.hset("fax:campaign:spring", "cap", 2_000_000)
    campaign.later(3600)
    assert claim(campaign, "two") == "claimed"


def test_a_campaign_is_charged_over_all_days_and_settled(campaign):
    campaign.send("one", cost=FAX)
    campaign.later(3 * DAY)
    assert claim(campaign, "two") == "spend_cap"

    campaign.report("one", "delivered", pages=3, seconds=121)
    campaign.later(3600)
    assert campaign.redis.get("fax:spend:campaign:spring") == "450000"
    assert claim(campaign, "two") == "claimed"
    assert campaign.redis.get("fax:spend:campaign:spring") == "1450000"
    assert books_balance(campaign)


def test_nothing_is_left_of_faxes_that_a_cap_held_and_a_person_cancelled(desk):
    reach_the_cap(desk)
    for name in ("c-waits", "d-waits"):
        desk.ledger.cancel(name, source="producer")
    for connection in "cd":
        desk.report(f"{connection}-up", "delivered")

    assert everything_is_free(desk.redis)
