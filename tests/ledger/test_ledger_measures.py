"""The result of a fax is counted once, when its job ends."""

from faxdispatch.ledger.measures import BOUNDS, read_measures
from faxdispatch.states import HoldReason
from tests.ledger.desk import Desk


def test_each_end_is_counted_by_its_cause_or_by_how_long_it_took(desk: Desk):
    desk.create("wrong", "right")
    for name in ("wrong", "right"):
        desk.send(name)
    desk.report("wrong", "failed", "user_busy")
    desk.give_up("wrong")
    desk.later(60)
    desk.report("right", "delivered")
    desk.report("right", "delivered")

    found = read_measures(desk.scripts)

    assert (dict(found.failed), found.delivered, found.cancelled) == ({"wrong": 1}, 1, 0)
    assert dict(zip(BOUNDS, found.delivered_within, strict=True)) == {bound: int(bound >= 60) for bound in BOUNDS}


def test_every_bound_of_the_script_is_known_here(desk: Desk):
    for number, bound in enumerate([*BOUNDS, 10 * BOUNDS[-1]]):
        name = f"job-{number}"
        desk.create(name)
        desk.send(name)
        desk.later(bound)
        desk.report(name, "delivered")

    found = read_measures(desk.scripts)

    assert found.delivered_within == tuple(range(1, len(BOUNDS) + 1))
    assert found.delivered == len(BOUNDS) + 1


def test_the_longest_wait_for_a_limit_is_measured(desk: Desk):
    desk.create("first", "second", to="+14155550100")
    desk.send("first")
    assert desk.admit("second") == "destination_busy"
    desk.later(90)

    assert read_measures(desk.scripts).waits[HoldReason.DESTINATION_BUSY] == 90
