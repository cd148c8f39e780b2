"""Every event reaches a group, in order, until it is acknowledged."""

import pytest
from redis.exceptions import ConnectionError as RedisGone

from faxdispatch import BadInput, Consumer, Misconfigured, Unavailable
from faxdispatch.events import Event, FaxDelivered
from tests.conftest import eventually, free_port


def drain(consumer, *, ack=True):
    """Read until nothing comes."""
    found = []
    while batch := consumer.read(block=0):
        found += batch
        if ack:
            consumer.ack(*batch)
    return found


def test_a_new_group_gets_all_that_the_stream_holds_in_order(tell, member, names):
    ids = tell("a", "b", "c")

    found = drain(member())

    assert names(found) == ["a", "b", "c"]
    assert [delivery.entry_id for delivery in found] == ids
    assert {delivery.deliveries for delivery in found} == {1}


def test_events_come_as_their_classes_and_unknown_ones_as_events(redis, tell, member):
    tell("a")
    redis.xadd("fax:events", {"id": "x", "type": "fax.invented", "seq": "1", "occurred_at": "5", "source": "webhook"})

    found = drain(member())

    assert [type(delivery.event) for delivery in found] == [FaxDelivered, Event]
    assert found[1].event.type == "fax.invented"


def test_acknowledged_events_are_counted_and_do_not_come_again(tell, member):
    tell("a", "b")
    first = member()
    found = drain(first, ack=False)

    assert first.ack(*found) == 2
    assert (first.ack(found[0].entry_id), first.ack()) == (0, 0)
    assert drain(member()) == []


def test_two_members_share_the_events_between_them(tell, member, names):
    tell(*"abcdef")
    one, two = member("one", batch=2), member("two", batch=3)

    shares = [*names(one.read(block=0)), *names(two.read(block=0)), *names(one.read(block=0))]

    assert sorted(shares) == list("abcdef")


def test_two_groups_both_get_everything(redis_url, tell, names):
    tell("a", "b")
    with Consumer(redis_url, "one", "x") as one, Consumer(redis_url, "two", "x") as two:
        assert names(drain(one)) == names(drain(two)) == ["a", "b"]


def test_unacknowledged_events_come_again_after_a_restart(tell, member, names):
    tell("a", "b", "c")
    before = member()
    before.ack(before.read(block=0)[0])

    again = drain(member())

    assert names(again) == ["b", "c"]
    assert {delivery.deliveries for delivery in again} == {2}


def test_the_events_of_a_dead_member_are_taken_over(tell, member, names):
    tell("a", "b")
    member("dead").read(block=0)
    heir = member("heir", claim_after=0.001)

    found = []
    eventually(lambda: found.extend(drain(heir)) or len(found) == 2)

    assert names(found) == ["a", "b"]


def test_the_events_of_a_living_member_are_left_to_it(tell, member):
    tell("a")
    member("slow").read(block=0)

    assert drain(member("other", claim_after=60)) == []


def test_events_handed_out_in_an_answer_that_was_lost_come_again(tell, member, names, monkeypatch):
    tell("a", "b")
    consumer = member()
    real = consumer._membership._new

    def lose(block):
        real(block)
        raise RedisGone("connection reset")

    monkeypatch.setattr(consumer._membership, "_new", lose)
    with pytest.raises(Unavailable):
        consumer.read(block=0)
    monkeypatch.undo()

    assert names(drain(consumer)) == ["a", "b"]


def test_iterating_waits_for_what_comes(tell, member):
    consumer = member()
    events = iter(consumer)
    tell("a")

    first = next(events)
    tell("b")

    assert (first.event.fax_id, next(events).event.fax_id) == ("a", "b")


@pytest.mark.parametrize("before", [["old"], []])
def test_a_group_can_begin_at_the_end_even_of_a_stream_that_does_not_exist(tell, member, names, before):
    if before:
        tell(*before)
    consumer = member(start="$")
    assert drain(consumer) == []

    tell("new")

    assert names(drain(consumer)) == ["new"]


def test_a_group_can_begin_at_an_entry(tell, member, names):
    ids = tell("a", "b", "c")

    assert names(drain(member(start=ids[1]))) == ["b", "c"]


def test_a_group_that_is_gone_is_made_again_and_nothing_is_skipped(redis, tell, member, names):
    tell("a")
    consumer = member()
    drain(consumer)
    redis.xgroup_destroy("fax:events", "billing")
    tell("b")

    assert names(drain(consumer)) == ["a", "b"]


def test_a_stream_that_is_gone_is_made_again(redis, tell, member, names):
    tell("a")
    consumer = member(start="$")
    drain(consumer)
    redis.delete("fax:events")

    assert drain(consumer) == []
    tell("b")

    assert names(drain(consumer)) == ["b"]


def test_a_member_with_open_events_does_not_leave_and_loses_nothing(redis, tell, member):
    tell("a")
    consumer = member()
    found = consumer.read(block=0)

    assert not consumer.leave()
    consumer.ack(*found)
    assert consumer.leave()
    assert redis.xinfo_consumers("fax:events", "billing") == []


def test_a_member_that_left_may_come_back(tell, member, names):
    consumer = member()
    drain(consumer)
    consumer.leave()
    tell("a")

    assert names(drain(consumer)) == ["a"]


def test_an_unreachable_redis_raises_unavailable():
    with Consumer(f"redis://127.0.0.1:{free_port()}/0", "g", "n") as consumer:
        for call in (consumer.read, lambda: consumer.ack("1-1"), lambda: consumer.rewind("0"), consumer.leave):
            with pytest.raises(Unavailable):
                call()


@pytest.mark.parametrize(
    "wrong",
    [{"group": ""}, {"name": ""}, {"batch": 0}, {"max_deliveries": 0}, {"claim_after": 0}, {"start": "yesterday"}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_invalid_arguments_are_refused_before_anything_is_read(wrong):
    with pytest.raises(BadInput):
        Consumer(**{"redis_url": "redis://localhost/0", "group": "g", "name": "n", **wrong})


def test_a_read_cannot_wait_longer_than_the_connection_does(member):
    with pytest.raises(BadInput, match="10 seconds"):
        member().read(block=11)


def test_an_invalid_address_is_reported_as_a_setting():
    with pytest.raises(Misconfigured, match="REDIS_URL"):
        Consumer("localhost:6379", "g", "n")


def test_the_address_comes_from_the_environment(redis_url, tell, no_settings, names):
    tell("a")
    no_settings.setenv("REDIS_URL", redis_url)

    with Consumer.from_env("g", "n", batch=1) as consumer:
        assert names(consumer.read(block=0)) == ["a"]
