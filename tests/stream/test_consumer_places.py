"""Reading the stream again from a place: an entry, a time, the beginning or the end."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from faxdispatch import BadInput
from faxdispatch.stream.places import before, first_id, follow, moment, open_stream

MOMENT = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
MILLIS = round(MOMENT.timestamp() * 1000)


@pytest.fixture
def at(redis):
    """Put an event into the stream, dated by a second of the test's time."""

    def publish(second, name, *, part=0):
        fields = {"id": name, "type": "job.queued", "seq": "1", "occurred_at": "1", "source": "test", "fax_id": name}
        return redis.xadd("fax:events", fields, id=f"{MILLIS + second * 1000}-{part}")

    return publish


@pytest.fixture
def story(at):
    return [at(0, "a"), at(1, "b"), at(1, "b2", part=1), at(2, "c")]


@pytest.mark.parametrize(
    ("position", "entry_id"),
    [
        ("0", "0-0"),
        ("17", "17-0"),
        ("17-4", "17-4"),
        ("007-04", "7-4"),
        ("$", "$"),
        (MOMENT, f"{MILLIS}-0"),
        (MOMENT.astimezone(timezone(timedelta(hours=-5))), f"{MILLIS}-0"),
        (datetime(1960, 1, 1, tzinfo=UTC), "0-0"),
    ],
)
def test_a_place_is_written_in_several_ways(position, entry_id):
    assert first_id(position) == entry_id


@pytest.mark.parametrize("position", ["", "-", "1-", "x", "1-2-3", "-5", "+", ">", "99999999999999999999", "1 ", "1\n"])
def test_an_invalid_place_is_refused(position):
    with pytest.raises(BadInput, match="position"):
        first_id(position)


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(BadInput, match="time zone"):
        first_id(MOMENT.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("entry_id", "below"), [("5-3", "5-2"), ("5-0", "4-18446744073709551615"), ("0-1", "0-0"), ("0-0", "0-0")]
)
def test_the_place_before_an_entry_is_the_id_just_below(entry_id, below):
    assert before(entry_id) == below


def test_an_entry_shows_when_it_was_written():
    assert moment(f"{MILLIS}-7") == MOMENT


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        ("0", None, ["a", "b", "b2", "c"]),
        (MOMENT + timedelta(seconds=1), None, ["b", "b2", "c"]),
        (MOMENT + timedelta(milliseconds=1), None, ["b", "b2", "c"]),
        (f"{MILLIS + 1000}-1", None, ["b2", "c"]),
        ("0", MOMENT + timedelta(seconds=1), ["a", "b", "b2"]),
        ("0", f"{MILLIS + 1000}", ["a", "b", "b2"]),
        ("0", f"{MILLIS + 1000}-0", ["a", "b"]),
        (MOMENT + timedelta(days=1), None, []),
        ("$", None, []),
        ("0", "$", ["a", "b", "b2", "c"]),
    ],
)
def test_a_range_of_the_stream_is_read_again(story, member, names, start, end, found):
    assert names(member().replay(start, end)) == found


def test_reading_again_changes_nothing_for_the_group(story, member, names, redis):
    consumer = member()
    consumer.ack(*consumer.read(block=0))
    before_it = redis.xinfo_groups("fax:events")

    assert len(list(consumer.replay())) == 4
    assert redis.xinfo_groups("fax:events") == before_it
    assert consumer.read(block=0) == []


def test_reading_again_goes_through_a_stream_of_any_length(tell, member, names):
    many = [f"n{number}" for number in range(1101)]
    tell(*many)

    assert names(member().replay()) == many


def test_reading_again_leaves_out_entries_that_are_not_events_and_says_so(redis, story, member, names, caplog):
    redis.xadd("fax:events", {"what": "ever"})

    assert names(member().replay()) == ["a", "b", "b2", "c"]
    assert "is not an event" in caplog.text


@pytest.mark.parametrize(
    ("to", "found"),
    [
        ("0", ["a", "b", "b2", "c"]),
        (MOMENT + timedelta(seconds=2), ["c"]),
        (f"{MILLIS + 1000}-1", ["b2", "c"]),
        ("$", []),
    ],
)
@pytest.mark.parametrize("read_first", [True, False])
def test_a_group_continues_from_the_place_it_is_set_to(story, member, names, to, found, read_first):
    consumer = member()
    if read_first:
        consumer.ack(*consumer.read(block=0))

    consumer.rewind(to)

    assert names(consumer.read(block=0)) == found


def test_setting_a_group_back_keeps_pending_events(story, member, pending):
    member("other").read(block=0)

    member().rewind("$")

    assert pending() == 4


def test_following_without_a_group_gives_what_is_there_and_then_what_comes(redis_url, at):
    at(0, "a")
    with open_stream(redis_url) as reader:
        found = follow(reader, "0", block=0.01)
        first, nothing = next(found), next(found)
        at(1, "b")
        second = next(delivery for delivery in found if delivery)

    assert (first.event.id, nothing, second.event.id) == ("a", None, "b")


def test_following_from_the_end_leaves_out_what_is_there(redis_url, at, redis):
    at(0, "a")
    with open_stream(redis_url) as reader:
        found = follow(reader, block=0.01)
        assert next(found) is None
        at(1, "b")

        assert next(delivery for delivery in found if delivery).event.id == "b"
