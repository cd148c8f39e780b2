"""How many faxes may be in flight, estimated or fixed, for a connection and the account; what a pause stops."""

from datetime import timedelta
from itertools import pairwise

import pytest

from faxdispatch.ledger import Rules
from faxdispatch.states import HoldReason, State
from tests.ledger.desk import SENDER, Desk, everything_is_free
from tests.ledger.steps import admit_one

FULL = HoldReason.NO_CHANNEL_AT_TELNYX


@pytest.fixture
def desk(redis_url: str) -> Desk:
    return Desk(redis_url, Rules(rate=1000))


def fill(desk: Desk, prefix: str = "j", connection: str = "c") -> list[str]:
    """Send until no channel is free. Return the jobs in flight."""
    up = []
    for n in range(100):
        name = f"{prefix}{n}-{desk.scripts.now}"
        desk.create(name)
        if desk.admit(name, connection) != "go":
            desk.ledger.cancel(name, source="producer")
            return up
        desk.claim(name)
        desk.accept(name)
        up.append(name)
    return up


def limit(desk: Desk, connection: str = "c") -> int:
    [found] = [traffic.channels for traffic in desk.limits.connections() if traffic.connection == connection]
    return found


def test_a_new_connection_begins_with_two_channels_and_the_account_without_a_limit(desk):
    assert len(fill(desk)) == len(fill(desk, "other", "d")) == 2
    assert (limit(desk), desk.limits.account().channels) == (2, None)


def test_the_estimate_does_not_grow_while_a_channel_is_free(desk):
    for n in range(20):
        desk.create(f"j{n}")
        desk.send(f"j{n}")
        desk.report(f"j{n}", "delivered")

    assert limit(desk) == 2


def test_a_failed_fax_does_not_make_the_estimate_grow(desk):
    for _ in range(10):
        desk.later(1)
        for name in fill(desk):
            desk.report(name, "failed", "user_busy")

    assert limit(desk) == 2


def test_bulk_alone_makes_the_estimate_grow_although_it_leaves_a_channel(desk):
    desk.redis.set("fax:channels:c", "4.9")
    desk.create("a", "b", "c", priority="bulk")
    for name in ("a", "b", "c"):
        desk.send(name)
    desk.report("a", "delivered")

    assert limit(desk) == 5


def out_of_channels(desk: Desk, name: str, how: str, scope: str) -> None:
    if how == "refused":
        desk.postpone(name, FULL, capacity=scope)
    else:
        desk.accept(name)
        desk.report(name, "failed", f"{scope}_channel_limit_exceeded")
        desk.retry(name, capacity=scope)


def claimed(desk: Desk, count: int, connection: str = "c") -> list[str]:
    names = [f"{connection}{n}" for n in range(count)]
    desk.create(*names)
    assert {(desk.admit(name, connection), desk.claim(name)) for name in names} == {("go", "claimed")}
    return names


@pytest.mark.parametrize("how", ["refused", "failed"])
def test_a_refusal_for_want_of_channels_cuts_the_estimate_to_the_calls_in_progress(desk, how):
    desk.redis.set("fax:channels:c", "8")
    for name in claimed(desk, 6)[4:]:
        out_of_channels(desk, name, how, "connection")

    assert limit(desk) == 4
    assert desk.limits.account().channels is None


@pytest.mark.parametrize("how", ["refused", "failed"])
def test_one_cut_never_takes_more_than_half(desk, how):
    desk.redis.set("fax:channels:c", "8")
    out_of_channels(desk, claimed(desk, 1)[0], how, "connection")

    assert limit(desk) == 4


def test_one_channel_is_always_left(desk):
    desk.redis.set("fax:channels:c", "8.7")
    for n in range(9):
        desk.later(1)
        desk.create(f"j{n}")
        desk.admit(f"j{n}")
        desk.claim(f"j{n}")
        out_of_channels(desk, f"j{n}", "refused", "connection")

    assert limit(desk) == 1


def test_before_telnyx_was_ever_full_the_estimate_doubles_with_each_round(desk):
    seen = []
    for _ in range(4):
        desk.later(1)
        for name in fill(desk):
            desk.report(name, "delivered")
        seen.append(limit(desk))

    assert seen == sorted(seen)
    assert seen[0] == 3, "the second of two was told of when one was free"
    assert seen[-1] >= 2 * seen[0]


def test_once_it_was_full_one_more_is_tried_only_after_many_faxes_that_went_well(desk):
    desk.redis.set("fax:channels:c", "5")
    up = claimed(desk, 5)
    out_of_channels(desk, up.pop(), "refused", "connection")
    for name in up:
        desk.accept(name)
    assert limit(desk) == 4
    for n in range(39):
        desk.report(up.pop(), "delivered")
        up += claimed_one(desk, f"more{n}")
    assert limit(desk) == 4

    desk.report(up.pop(), "delivered")

    assert limit(desk) == 5


@pytest.mark.parametrize("scope", ["connection", "account"])
def test_channels_that_come_free_are_found_within_a_minute_however_long_calls_last(desk, scope):
    desk.redis.mset({"fax:channels:c": 2 if scope == "connection" else 50, "fax:channels": 50})
    for name in claimed(desk, 2):
        out_of_channels(desk, name, "refused", scope)
    desk.let_wait([f"w{n}" for n in range(40)])
    assert desk.picked() == [], "one channel is left, and the first of the line has it"
    desk.send("w0")

    up = []
    for _ in range(60):
        desk.later(1)
        up.append(send_all(desk, desk.picked()))

    assert sum(up[:15]) >= 1, "the first more is tried soon"
    assert sum(up) >= 14


def send_all(desk: Desk, names: list[str]) -> int:
    for name in names:
        desk.send(name)
    return len(names)


def test_while_no_more_channels_are_free_they_are_tried_at_growing_intervals_and_one_at_a_time(desk):
    desk.redis.set("fax:channels:c", "2")
    for name in claimed(desk, 2):
        out_of_channels(desk, name, "refused", "connection")
    desk.let_wait([f"w{n}" for n in range(40)])
    desk.send("w0")
    tried = []
    for second in range(300):
        desk.later(1)
        for name in desk.picked():
            assert (desk.admit(name), desk.claim(name)) == ("go", "claimed")
            out_of_channels(desk, name, "refused", "connection")
            tried.append(second)

    gaps = [after - before for before, after in pairwise(tried)]
    assert gaps == sorted(gaps)
    assert gaps[-1] == 40
    assert limit(desk) == 1


def claimed_one(desk: Desk, name: str) -> list[str]:
    desk.create(name)
    desk.send(name)
    return [name]


@pytest.mark.parametrize("how", ["refused", "failed"])
def test_the_accounts_limit_is_estimated_from_the_calls_in_progress(desk, how):
    desk.redis.mset({"fax:channels:a": 9, "fax:channels:b": 9})
    names = claimed(desk, 5, "a") + claimed(desk, 5, "b")
    for name in names[:3]:
        out_of_channels(desk, name, how, "account")

    assert desk.limits.account().channels == 7
    assert (limit(desk, "a"), limit(desk, "b")) == (9, 9)


def test_the_accounts_limit_holds_over_all_connections(redis_url):
    desk = Desk(redis_url, Rules(rate=1000, channels=3, account_channels=4))

    assert [len(fill(desk, prefix, prefix)) for prefix in "abc"] == [3, 1, 0]
    assert desk.limits.account().in_flight == 4
    desk.let_wait(["waits"], "c")
    assert desk.picked() == []
    desk.report(desk.redis.srandmember("fax:calls:a"), "delivered")
    assert desk.picked() == ["waits"]


def test_the_accounts_estimate_grows_again_while_it_is_full(desk):
    desk.redis.mset({"fax:channels": 2, "fax:channels:c": 9})
    for _ in range(6):
        desk.later(1)
        for name in fill(desk):
            desk.report(name, "delivered")

    assert desk.limits.account().channels > 2


@pytest.mark.parametrize("scope", ["connection", "account"])
def test_fixed_limits_never_move(redis_url, scope):
    desk = Desk(redis_url, Rules(rate=1000, channels=3, account_channels=3))
    for _ in range(8):
        desk.later(1)
        for name in fill(desk):
            desk.report(name, "delivered")
    for name in claimed(desk, 3):
        out_of_channels(desk, name, "refused", scope)

    desk.later(60)
    assert len(fill(desk)) == 3
    assert desk.redis.keys("fax:channels*") == []


# A call that never ends -----------------------------------------------------------------------------------------------


@pytest.fixture
def silent(redis_url: str) -> Desk:
    """One channel, taken by an accepted fax of which nothing has been heard for longer than a call lasts."""
    desk = Desk(redis_url, Rules(rate=1000, channels=1, call_lease=7200, poll_after=300))
    desk.create("silent", "next", to="+14155550200")
    desk.send("silent")
    desk.create("far")
    assert (desk.admit("next"), desk.admit("far")) == ("destination_busy", "no_channel")
    return desk


def look(desk: Desk, seconds: float) -> None:
    desk.later(seconds)
    desk.agenda.due()


def test_a_fax_without_news_for_too_long_keeps_neither_channel_nor_number(silent):
    look(silent, 7100)
    assert silent.picked() == []

    look(silent, 3600)
    # Who waited for the number waited for a channel meanwhile.
    assert silent.picked() == ["next"]
    silent.send("next")
    silent.report("next", "delivered")
    assert silent.picked() == ["far"]
    assert silent.state("silent") is State.ACCEPTED


def test_news_of_a_fax_count_from_when_they_come(silent):
    silent.later(7000)
    silent.report("silent", "sending")
    look(silent, 7000)

    assert silent.picked() == []


@pytest.mark.parametrize(("status", "state"), [("delivered", State.DELIVERED), ("failed", State.DECIDING)])
def test_a_late_webhook_is_recorded_and_does_not_disturb_the_new_holder(silent, status, state):
    look(silent, 11_000)
    silent.ledger.cancel("far", source="producer")
    assert silent.picked() == ["next"]
    silent.send("next")

    assert silent.report("silent", "sending") == "recorded"
    assert silent.report("silent", status) == "recorded"

    assert silent.state("silent") is state
    assert silent.redis.get("fax:line:+14155550200") == "next"
    assert silent.redis.smembers("fax:calls") == silent.redis.smembers("fax:calls:c") == {"next"}


def test_a_channel_is_taken_back_once_and_by_the_next_attempt_anew(silent):
    look(silent, 11_000)
    silent.report("silent", "failed", "user_busy")
    silent.retry("silent")
    for name in ("far", "next"):
        silent.ledger.cancel(name, source="producer")
    silent.later(61)
    silent.send("silent")
    look(silent, 60)
    assert silent.redis.smembers("fax:calls:c") == {"silent"}

    look(silent, 11_000)
    assert not silent.redis.exists("fax:calls:c"), "the next attempt may fall silent as well"


# Pauses ---------------------------------------------------------------------------------------------------------------


def test_while_a_connection_is_paused_nothing_is_picked_admitted_or_claimed_and_each_is_parked_once(desk):
    desk.create("admitted", "picked", "fresh")
    desk.admit("admitted")
    desk.limits.pause("c", delay=3600)

    assert desk.claim("admitted") == "connection_paused"
    assert desk.admit("fresh") == "connection_paused"
    assert everything_is_free(desk.redis)
    events = len(desk.published("job.held"))
    for _ in range(20):
        desk.later(60)
        assert desk.picked() == []
        posted = {due.job_id for due in desk.agenda.due()}
        assert posted <= {"picked"}, "those in line have no appointment"
        for name in posted:
            desk.admit(name)

    assert len(desk.published("job.held")) == events + 1
    assert len(desk.published("connection.paused")) == 1
    assert sorted(desk.waiting()) == ["admitted", "fresh", "picked"]


def test_a_connection_resumes_by_itself_after_its_pause_with_one_event(desk):
    desk.limits.pause("c", delay=60)
    desk.let_wait(["a", "b"])

    desk.later(59.999)
    assert desk.picked() == []
    desk.later(0.001)
    assert desk.picked() == ["a", "b"]
    assert [desk.picked(), desk.limits.resume("c", reason="late")] == [[], False]
    assert len(desk.published("connection.resumed")) == 1


def test_a_person_ends_a_pause_early_with_one_event_that_names_them(desk):
    desk.limits.pause("c", delay=3600)
    desk.let_wait(["a"])

    assert [desk.limits.resume("c", reason="fixed", operator="ada") for _ in range(2)] == [True, False]
    assert desk.picked() == ["a"]
    desk.later(3601)
    desk.picked()
    [events] = desk.published("connection.resumed")
    assert {"reason": "fixed", "operator": "ada", "connection_id": "c"}.items() <= events.data.items()


def test_extending_a_pause_publishes_no_second_event_and_a_new_pause_does(desk):
    desk.limits.pause("c", delay=60)
    desk.limits.pause("c", delay=120)
    assert len(desk.published("connection.paused")) == 1
    assert desk.limits.connections()[0].pause.until.timestamp() * 1000 == desk.scripts.now + 120_000

    # Nobody has looked since it ended.
    desk.later(121)
    desk.limits.pause("c", delay=60)
    assert [len(desk.published(f"connection.{kind}")) for kind in ("paused", "resumed")] == [2, 1]


def test_a_person_who_extends_a_pause_with_a_reason_is_reported(desk):
    desk.limits.pause("c", delay=60)
    desk.limits.pause("c", delay=120, why="the line is being fixed", operator="ada")

    assert [event.data.get("why") for event in desk.published("connection.paused")] == [None, "the line is being fixed"]


def test_a_picked_job_stopped_by_a_pause_keeps_its_turn_and_nothing_else(desk):
    desk.limits.pause("c", delay=1)
    desk.let_wait(["a", "b"])
    desk.later(1)
    assert desk.picked() == ["a", "b"]
    desk.limits.pause("c", delay=60)

    assert [desk.admit(name) for name in ("b", "a")] == ["connection_paused"] * 2
    assert everything_is_free(desk.redis)
    assert desk.waiting() == ["a", "b"]


def test_jobs_held_until_a_time_wait_out_a_pause_on_the_waiting_list(desk):
    desk.create("j")
    desk.send("j")
    desk.report("j", "failed", "user_busy")
    desk.retry("j", delay=60)
    desk.limits.pause("c", delay=3600)
    desk.later(61)
    assert admit_one(desk.ledger, "j", connection="c", sender=SENDER)["reason"] == "connection_paused"

    until = desk.published("job.held")[-1].data["until"]
    assert until == pytest.approx((desk.scripts.now / 1000 + timedelta(seconds=3539).total_seconds()) * 1000)


@pytest.mark.parametrize("how", ["refused", "failed"])
def test_the_job_that_caused_a_pause_continues_when_it_is_ended_by_hand(desk, how):
    desk.create("cause")
    if how == "refused":
        assert (desk.admit("cause"), desk.claim("cause")) == ("go", "claimed")
        desk.postpone("cause", HoldReason.ACCOUNT_REFUSED, pause="20100")
    else:
        desk.send("cause")
        desk.report("cause", "failed", "account_disabled")
        desk.retry("cause", pause="account_disabled")
    assert desk.ledger.job("cause").hold_reason == "connection_paused"
    assert desk.picked() == []
    assert len(desk.published("connection.paused")) == 1

    assert desk.limits.resume("c", reason="fixed")

    assert desk.picked() == ["cause"]


def test_connections_that_were_never_used_are_forgotten(desk):
    desk.redis.sadd("fax:connections", *(f"made-up-{n}" for n in range(200)))
    desk.create("up")
    desk.send("up")

    desk.picked()

    assert desk.redis.smembers("fax:connections") == {"c"}


# What an operator says while all runs ---------------------------------------------------------------------------------


def test_channels_that_are_set_count_before_the_settings_until_they_are_given_back(desk):
    fill(desk)
    desk.limits.change({"channels": 4, "account_channels": 5}, reason="more bought")

    assert len(fill(desk, "more")) == 2
    assert len(fill(desk, "other", "d")) == 1
    assert (limit(desk), desk.limits.account().channels) == (4, 5)

    desk.limits.change({"channels": "default", "account_channels": "default"}, reason="back")
    assert (limit(desk), desk.limits.account().channels) == (2, None)
    assert [event.data["reason"] for event in desk.published("limits.changed")] == ["more bought", "back"]


@pytest.mark.parametrize(("scope", "whose", "without"), [("account", "account", None), ("connection", "c", 2)])
def test_an_estimate_from_a_mistaken_refusal_is_forgotten_on_demand(desk, scope, whose, without):
    def found() -> int | None:
        return desk.limits.account().channels if scope == "account" else limit(desk)

    desk.create("one")
    desk.admit("one")
    desk.claim("one")
    out_of_channels(desk, "one", "refused", scope)
    assert found() == 1

    desk.limits.change({}, found_out=[whose], reason="Telnyx was mistaken")

    assert found() == without
