"""Whose turn it is to get a channel: class before class, group beside group, connection beside connection."""

from collections import Counter

import pytest

from faxdispatch.client.recording import MANY
from faxdispatch.jobs import SendFax
from faxdispatch.ledger import New, Rules
from faxdispatch.states import HoldReason
from tests.ledger.desk import Desk
from tests.ledger.steps import START


@pytest.fixture
def desk(redis_url: str) -> Desk:
    """One channel, which job `up` holds, so that every further job waits."""
    desk = Desk(redis_url, Rules(rate=1000, channels=1))
    desk.create("up")
    desk.send("up")
    return desk


def serve(desk: Desk, count: int, connection: str = "c") -> list[str]:
    """Let faxes fly one after the other; gives those that were picked, in order."""
    served, up = [], desk.redis.srandmember(f"fax:calls:{connection}")
    for _ in range(count):
        desk.later(1)
        desk.report(up, "delivered")
        [up] = desk.picked()
        desk.send(up, connection)
        served.append(up)
    return served


def groups(names: list[str]) -> Counter[str]:
    return Counter(name.split("-")[0] for name in names)


def names(group: str, count: int) -> list[str]:
    return [f"{group}-{n}" for n in range(count)]


# Classes --------------------------------------------------------------------------------------------------------------


def test_urgent_goes_before_normal_before_bulk_whatever_came_first(desk):
    for priority in ("bulk", "normal", "urgent"):
        desk.let_wait(names(priority, 2), priority=priority)

    assert serve(desk, 6) == ["urgent-0", "urgent-1", "normal-0", "normal-1", "bulk-0", "bulk-1"]


def test_an_urgent_fax_passes_waiting_bulk_as_soon_as_a_channel_is_free_and_bulk_passes_no_other(desk):
    desk.let_wait(["bulk"], priority="bulk")
    desk.create("late", priority="bulk")
    desk.create("urgent", priority="urgent")
    desk.report("up", "delivered")

    assert desk.admit("late") == "no_channel"
    assert desk.admit("urgent") == "go"


@pytest.mark.parametrize("priority", ["urgent", "normal", "bulk"])
def test_no_fax_passes_a_waiting_one_of_the_same_class(desk, priority):
    desk.let_wait(["first"], priority=priority)
    desk.create("second", priority=priority)
    desk.report("up", "delivered")

    assert desk.admit("second") == "no_channel"
    assert desk.waiting() == ["first", "second"]


# Groups ---------------------------------------------------------------------------------------------------------------


def test_a_small_group_takes_turns_with_one_that_has_thousands_waiting(desk):
    crowd = names("A", 3000)
    fax = SendFax(to="+14153000000", media_name="letter", tags=("A",))
    faxes = [New(name, fax.model_copy(update={"to": f"+1415{3_000_000 + n}"})) for n, name in enumerate(crowd)]
    for at in range(0, len(faxes), MANY):
        desk.ledger.create_many(faxes[at : at + MANY], source="producer")
    desk.admit_all(crowd)
    desk.let_wait(names("B", 3), group="B")

    first = desk.redis.zrange("fax:waiting:c", 0, 6)
    assert groups(first) == {"A": 4, "B": 3}
    assert [name for name in first if name[0] == "B"] == names("B", 3)


def test_a_group_that_comes_late_goes_next_and_then_in_turn(desk):
    desk.let_wait(names("A", 30), group="A")
    serve(desk, 10)
    desk.let_wait(names("B", 5), group="B")

    served = serve(desk, 10)

    assert groups(served) == {"A": 5, "B": 5}
    assert "B-0" in served[:2]


@pytest.mark.parametrize("named", ["tag", "campaign"])
def test_three_groups_share_evenly_however_many_faxes_wait(desk, named):
    for group, count in (("A", 40), ("B", 20), ("C", 15)):
        desk.let_wait(names(group, count), **({"group": group} if named == "tag" else {"campaign": group}))

    for _ in range(5):
        assert groups(serve(desk, 9)) == {"A": 3, "B": 3, "C": 3}


def test_a_group_that_was_idle_does_not_make_up_for_it(desk):
    desk.let_wait([*names("A", 40)], group="A")
    desk.let_wait(names("B", 1), group="B")
    serve(desk, 20)
    desk.let_wait(names("B", 19)[1:], group="B")

    assert groups(serve(desk, 10)) == {"A": 5, "B": 5}


def test_groups_of_different_classes_do_not_count_against_each_other(desk):
    desk.let_wait(names("A", 9), group="A", priority="bulk")
    desk.let_wait(["A-normal"], group="A")
    desk.let_wait(["B-normal"], group="B")

    assert serve(desk, 2) == ["A-normal", "B-normal"]


def test_a_fax_that_returns_to_the_waiting_list_without_fault_keeps_its_turn(desk):
    desk.let_wait(names("A", 5), group="A")
    desk.report("up", "delivered")
    assert desk.picked() == ["A-0"]
    assert desk.admit("A-0") == "go"

    desk.limits.back_off(60)
    assert desk.claim("A-0") == "rate_limited"
    assert desk.waiting() == names("A", 5)
    desk.later(60)
    assert desk.picked() == ["A-0"]
    desk.limits.pause("c", delay=60)
    assert desk.admit("A-0") == "connection_paused"
    assert desk.waiting() == names("A", 5)


def test_a_fax_stopped_by_the_rate_keeps_its_turn(redis_url):
    desk = Desk(redis_url, Rules(rate=1, burst=1, channels=9))
    desk.limits.back_off(60)
    desk.let_wait(names("A", 3), group="A")
    desk.later(60)
    assert desk.picked() == ["A-0"]
    desk.limits.reserve(look_ahead=9)
    desk.limits.reserve(look_ahead=9)

    assert desk.admit("A-0") == "rate"
    assert desk.waiting() == names("A", 3)


def test_a_retry_takes_a_new_turn_at_its_groups_end(desk):
    desk.let_wait(names("A", 4), group="A")
    desk.report("up", "delivered")
    desk.picked()
    desk.send("A-0")
    desk.report("A-0", "failed", "user_busy")
    desk.retry("A-0")
    desk.let_wait(names("B", 2), group="B")
    desk.later(61)

    assert desk.admit("A-0") == "no_channel"
    assert desk.waiting()[-1] == "A-0"


def test_a_fax_that_had_not_left_goes_back_to_its_place(desk):
    desk.let_wait(names("A", 4), group="A")
    desk.report("up", "delivered")
    desk.picked()
    assert (desk.admit("A-0"), desk.claim("A-0")) == ("go", "claimed")
    desk.postpone("A-0", HoldReason.RATE_LIMITED)
    desk.let_wait(names("B", 2), group="B")
    desk.later(61)

    desk.admit("A-0")
    assert desk.redis.zscore("fax:waiting:c", "A-0") is None or desk.waiting()[0] == "A-0"


def test_a_job_that_moves_to_another_connection_takes_a_turn_there(desk):
    desk.create("far")
    desk.send("far", "d")
    desk.let_wait(names("A", 9), group="A")
    desk.let_wait(names("B", 2), "d", group="B")

    desk.admit("A-8", "d")
    assert desk.waiting("d") == ["A-8", "B-0", "B-1"], "the first of its group there"


def test_memory_for_turns_does_not_grow_with_the_groups_served(desk):
    for n in range(60):
        desk.let_wait([f"{n}-0", f"{n}-1"], group=f"group {n}")
        serve(desk, 2)

    assert len(desk.redis.keys("fax:turns:*")) <= 1
    assert desk.redis.zcard("fax:turns:c:1") <= 1


# Channels that bulk leaves to others ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kept", "limit", "for_bulk"),
    [("auto", 1, 1), ("auto", 2, 2), ("auto", 3, 3), ("auto", 4, 3), ("auto", 8, 7), (0, 4, 4), (1, 2, 1), (2, 4, 2),
     (1, 1, 1), (3, 2, 1), (9, 4, 1)],
)  # fmt: skip
def test_bulk_leaves_some_channels_to_others_but_always_has_one_itself(redis_url, kept, limit, for_bulk):
    desk = Desk(redis_url, Rules(rate=1000, channels=limit, urgent_channels=kept))
    desk.create(*names("bulk", 9), priority="bulk")

    assert [desk.admit(name) for name in names("bulk", 9)].count("go") == for_bulk
    desk.create(*names("normal", 9))
    assert [desk.admit(name) for name in names("normal", 9)].count("go") == limit - for_bulk
    desk.create("urgent", priority="urgent")
    assert desk.admit("urgent") == "no_channel"


def test_picking_leaves_the_same_channels_as_admitting(redis_url):
    desk = Desk(redis_url, Rules(rate=1000, channels=4))
    desk.limits.pause("c", delay=60)
    desk.let_wait(names("bulk", 9), priority="bulk")
    desk.later(60)

    assert desk.picked() == names("bulk", 3)
    desk.limits.pause("c", delay=60)
    desk.let_wait(["normal"])
    desk.later(60)
    assert desk.picked() == ["normal"]


@pytest.mark.parametrize(("limit", "for_bulk"), [(3, 3), (4, 3)])
def test_bulk_leaves_channels_of_the_account_too(redis_url, limit, for_bulk):
    desk = Desk(redis_url, Rules(rate=1000, channels=9, account_channels=limit))
    desk.create(*names("bulk", 9), priority="bulk")

    assert [desk.admit(name, f"c{n % 3}") for n, name in enumerate(names("bulk", 9))].count("go") == for_bulk


# Connections ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limited_by", ["rate", "account"])
def test_connections_with_long_waiting_lists_share_the_accounts_channels_evenly(redis_url, limited_by):
    rules = Rules(rate=10, burst=1) if limited_by == "rate" else Rules(rate=1000, account_channels=2)
    desk = Desk(redis_url, Rules(rate=rules.rate, channels=500, account_channels=rules.account_channels))
    desk.limits.back_off(60)
    for connection in "abc":
        desk.let_wait(names(connection, 80), connection)
    desk.later(60)
    served: list[str] = []
    for _ in range(40):
        for name in desk.picked():
            desk.send(name, name[0])
            desk.report(name, "delivered")
            served.append(name)
        desk.later(0.1)

    shares = groups(served)
    assert sum(shares.values()) >= 30
    assert max(shares.values()) - min(shares[name] for name in "abc") <= 2


def test_the_waiting_list_of_a_connection_moves_while_another_is_full_or_paused(redis_url):
    desk = Desk(redis_url, Rules(rate=1000, channels=1))
    for connection in "ab":
        desk.create(f"{connection}-up")
        desk.send(f"{connection}-up", connection)
        desk.let_wait(names(connection, 2), connection)
    desk.report("b-up", "delivered")

    assert desk.picked() == ["b-0"]
    desk.limits.pause("b", delay=60)
    desk.report("a-up", "delivered")
    assert desk.picked() == ["a-0"]


def test_a_waiting_fax_shows_when_it_began_to_wait(desk):
    desk.let_wait(["j"])
    desk.later(3600)
    desk.admit("j")

    [held] = desk.ledger.holds()
    assert (held.reason, held.first.timestamp() * 1000) == (HoldReason.NO_CHANNEL, START)
