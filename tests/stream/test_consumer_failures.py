"""Events that cannot be handled become dead letters, trimmed ones are reported, and neither stops the rest."""

import subprocess
import sys
import threading

import pytest

from faxdispatch import Event, Unavailable
from faxdispatch.ledger import Ledger, Scripts, connect
from faxdispatch.stream.consumer import Consumer
from tests.conftest import Valkey, eventually

READABLE = {"id": "x-1", "type": "job.queued", "seq": "1", "occurred_at": "5", "source": "test"}

SUICIDAL = """
import os, signal, sys
from faxdispatch import Consumer
from faxdispatch.ledger import connect

redis = connect(sys.argv[1])
with Consumer(sys.argv[1], "billing", "one", max_deliveries=3) as consumer:
    while found := consumer.read(block=0):
        for delivery in found:
            if delivery.event.fax_id == "killer":
                os.kill(os.getpid(), signal.SIGKILL)
            redis.sadd("handled", delivery.event.fax_id)
            consumer.ack(delivery)
"""


def run_until(consumer, handler, reached):
    """Run in a thread until something has come true."""
    stop = threading.Event()
    thread = threading.Thread(target=consumer.run, args=(handler,), kwargs={"stop": stop}, daemon=True)
    thread.start()
    try:
        return eventually(reached)
    finally:
        stop.set()
        thread.join(60)


def test_an_event_that_kills_its_handler_goes_to_the_dead_letters_alone(redis, redis_url, tell, dead):
    tell("a", "killer", "b", "c")
    command = [sys.executable, "-c", SUICIDAL, redis_url]

    deaths = [subprocess.run(command, check=False).returncode for _ in range(4)]

    assert deaths == [-9, -9, -9, 0]
    assert redis.smembers("handled") == {"a", "b", "c"}
    assert [(letter["fax_id"], letter["deliveries"]) for letter in dead()] == [("killer", "3")]


def test_an_event_whose_handler_fails_is_handed_out_again_and_then_becomes_a_dead_letter(tell, member, dead, pending):
    tell("good", "bad")
    tries = []

    def handle(delivery):
        tries.append((delivery.event.fax_id, delivery.deliveries))
        if delivery.event.fax_id == "bad":
            raise LookupError("no such customer")

    run_until(member(claim_after=0.01, max_deliveries=3), handle, dead)

    assert tries == [("good", 1), ("bad", 1), ("bad", 2), ("bad", 3)]
    assert pending() == 0


def test_a_failing_handler_is_logged_and_the_rest_continues(tell, member, caplog):
    tell("bad", "good")
    handled = []

    def handle(delivery):
        if delivery.event.fax_id == "bad":
            raise LookupError("no such customer")
        handled.append(delivery)

    run_until(member(), handle, lambda: handled)

    assert "(fax.delivered) failed, delivery 1; it will be delivered again" in caplog.text


def test_a_dead_letter_can_be_read_as_the_event_it_was(tell, member, dead):
    (entry_id,) = tell("bad")
    consumer = member(max_deliveries=1)
    consumer.read(block=0)

    assert member(max_deliveries=1).read(block=0) == []
    (letter,) = dead()
    assert Event.from_fields(letter).fax_id == "bad"
    assert letter["entry_id"] == entry_id
    assert letter["deliveries"] == "1"
    assert "too often" in letter["reason"]


@pytest.mark.parametrize(
    "fields",
    [
        {"hello": "world"}, READABLE | {"occurred_at": "soon"}, READABLE | {"occurred_at": "9" * 30},
        READABLE | {"data": "{"}, READABLE | {"data": "[" * 50_000}, READABLE | {"data": "[]"},
        READABLE | {"tags": "{}"}, READABLE | {"seq": ""}, {b"\xff": b"\xfe"},
        {f"f{number}": "x" for number in range(3000)},
    ],
    ids=["foreign", "time", "far time", "json", "deep json", "data", "tags", "seq", "bytes", "wide"],
)  # fmt: skip
def test_an_entry_that_is_not_an_event_is_dead_lettered_and_the_rest_continues(
    redis, tell, member, dead, pending, names, fields
):
    redis.xadd("fax:events", fields)
    tell("a")
    consumer = member()

    found = consumer.read(block=0)
    consumer.ack(*found)

    assert names(found) == ["a"]
    assert [letter["reason"].partition(":")[0] for letter in dead()] == ["not an event"]
    assert pending() == 0


def test_an_entry_becomes_a_dead_letter_only_once(tell, member, dead):
    (entry_id,) = tell("a")
    consumer = member()
    consumer.read(block=0)
    dead_letter = consumer._membership.dead_letter

    letters = [dead_letter(entry_id, reason="r", deliveries=1) for _ in range(2)]

    assert letters == [True, False]
    assert len(dead()) == 1


def test_entries_trimmed_while_pending_are_reported_and_not_waited_for(redis, tell, member, pending, caplog):
    tell("a", "b", "c")
    member().read(block=0)
    redis.xtrim("fax:events", maxlen=1, approximate=False)
    calls = []
    consumer = member(on_lost=calls.append)

    found = [delivery for _ in range(4) for delivery in consumer.read(block=0)]
    consumer.ack(*found)

    assert [delivery.event.fax_id for delivery in found] == ["c"]
    assert sum(calls) == consumer.lost == 2
    assert pending() == 0
    assert "trimmed" in caplog.text


def test_entries_trimmed_while_a_dead_member_had_them_are_reported(redis, tell, member):
    tell("a", "b", "c")
    member("dead").read(block=0)
    redis.xtrim("fax:events", maxlen=1, approximate=False)
    heir = member("heir", claim_after=0.001)

    def lost():
        heir.read(block=0)
        return heir.lost == 2

    assert eventually(lost)


def test_entries_trimmed_before_they_were_read_are_reported(redis, tell, member, names):
    tell("a", "b")
    consumer = member()
    consumer.ack(*consumer.read(block=0))
    tell(*(f"lost-{number}" for number in range(7)), "c")
    redis.xtrim("fax:events", maxlen=1, approximate=False)

    assert names(consumer.read(block=0)) == ["c"]
    assert consumer.lost == 7


def test_entries_read_before_they_were_trimmed_are_not_lost(redis, tell, member):
    tell("a", "b")
    consumer = member()
    consumer.ack(*consumer.read(block=0))
    redis.xtrim("fax:events", maxlen=0, approximate=False)
    tell("c")
    consumer.ack(*consumer.read(block=0))

    assert consumer.lost == 0


def test_a_batch_is_acknowledged_once_its_handlers_have_returned(tell, member, pending):
    tell("a", "b")
    open_meanwhile = []
    consumer = member()

    run_until(consumer, lambda _: open_meanwhile.append(pending()), lambda: len(open_meanwhile) == 2)

    assert open_meanwhile == [2, 2]
    assert pending() == 0


def test_on_stop_handled_events_are_acknowledged_and_the_rest_stays_pending(tell, member, pending, names):
    tell("a", "b", "c")
    stop = threading.Event()

    member().run(lambda _: stop.set(), stop=stop)

    assert pending() == 2
    assert names(member().read(block=0)) == ["b"]


def test_an_interruption_acknowledges_what_was_handled(tell, member, pending):
    tell("a", "b", "c")

    def interrupt(delivery):
        if delivery.event.fax_id == "b":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        member().run(interrupt)

    assert pending() == 2


def test_running_waits_for_an_unreachable_redis(tmp_path):
    handled = []
    with Valkey(tmp_path) as server:
        server.kill()

        def serve_and_look():
            if server.process.poll() is not None:
                server.start()
                with connect(server.url) as client:
                    Ledger(Scripts(client)).publish("x", subject="late", facts={}, source="test")
            return handled

        with Consumer(server.url, "g", "n") as consumer:
            run_until(consumer, handled.append, serve_and_look)

    assert handled[0].event.type == "x"


def test_running_ends_where_waiting_would_not_help(redis, redis_url):
    redis.acl_setuser("reader", enabled=True, passwords=["+right"], commands=["+ping"], reset=True)
    try:
        for user in ("reader:wrong", "reader:right"):
            url = redis_url.replace("redis://", f"redis://{user}@")
            with Consumer(url, "g", "n") as consumer, pytest.raises(Unavailable):
                consumer.run(print)
    finally:
        redis.acl_deluser("reader")


def test_a_key_that_is_not_a_stream_ends_the_run(redis, member):
    redis.set("fax:events", "not a stream")

    with pytest.raises(Unavailable, match="WRONGTYPE"):
        member().run(print)
