"""Observations that are recorded together have the outcomes and the events that they would have one by one."""

import pytest
from redis.exceptions import ResponseError

from faxdispatch.ledger import Observation
from tests.ledger.desk import Desk


def seen(event_id: str, digest: str = "digest", **facts: object) -> tuple[Observation, str]:
    return Observation(event_id, digest, "fax.queued", "webhook", **{"fax_id": "nobody's", **facts}), ""


def test_duplicates_and_changed_events_within_a_group_are_recognised(desk: Desk):
    group = [seen("a"), seen("b"), seen("b"), seen("b", "other"), seen("a")]
    outcomes = [reply["outcome"] for reply in desk.observations.record_many(group)]
    assert outcomes == ["recorded", "recorded", "duplicate", "differs", "duplicate"]
    assert [fields["id"] for _, fields in desk.redis.xrange("fax:events")] == ["a", "b"]
    assert [reply["outcome"] for reply in desk.observations.record_many(group)] == [
        *("duplicate", "duplicate", "duplicate", "differs", "duplicate"),
    ]


def test_one_job_goes_through_all_its_states_within_a_group(desk: Desk):
    desk.create("j", "other")
    for name in ("j", "other"):
        assert (desk.admit(name), desk.claim(name)) == ("go", "claimed")
    group = [
        seen("1", fax_id="f", job_id="j", attempt=1, status="queued"),
        seen("2", fax_id="f", job_id="j", attempt=1, status="delivered", page_count=1, duration=60),
        seen("3", fax_id="g", job_id="other", attempt=1, status="failed", failure_reason="user_busy"),
        seen("4", fax_id="f", job_id="j", attempt=1, status="sending"),
    ]
    outcomes = [reply["outcome"] for reply in desk.observations.record_many(group)]
    assert outcomes == ["recorded", "recorded", "recorded", "overtaken"]
    assert [desk.ledger.job(name).state for name in ("j", "other")] == ["delivered", "deciding"]
    assert desk.redis.smembers("fax:calls") == set()
    assert desk.redis.keys("fax:line:*") == []


def test_if_one_event_of_a_group_cannot_be_recorded_none_is_marked_as_seen(desk: Desk):
    # A key of the wrong type makes the script fail at the second event.
    desk.redis.set("fax:inbound:broken", "no hash")
    with pytest.raises(ResponseError, match="WRONGTYPE"):
        desk.observations.record_many([seen("a"), seen("b", fax_id="broken")])
    assert desk.redis.keys("fax:seen:*") == []
    assert desk.observations.record(seen("a")[0])["outcome"] == "recorded"


def test_an_event_is_not_marked_as_seen_if_its_transition_cannot_be_written(desk: Desk):
    desk.create("j")
    desk.admit("j")
    desk.claim("j")
    group = [seen("1", fax_id="f", job_id="j", attempt=1, status="delivered")]
    counts = desk.redis.hgetall("fax:counts")
    # The counts are among the last that a script writes.
    desk.redis.delete("fax:counts")
    desk.redis.set("fax:counts", "no hash")
    with pytest.raises(ResponseError, match="WRONGTYPE"):
        desk.observations.record_many(group)
    assert desk.redis.keys("fax:seen:*") == []
    desk.redis.delete("fax:counts")
    desk.redis.hset("fax:counts", mapping=counts)


def test_a_second_fax_of_an_attempt_moves_nothing_and_is_to_be_cancelled(desk: Desk):
    desk.create("j")
    desk.send("j")
    second = seen("e", fax_id="second", job_id="j", attempt=1, status="delivered")
    assert desk.observations.record(second[0])["outcome"] == "conflict"
    assert (desk.state("j"), desk.ledger.job("j").fax_id) == ("accepted", "j-1")
    assert desk.agenda.surplus_faxes() == ["second"]


def test_a_delivery_of_an_earlier_attempt_is_reported_as_a_conflict_and_changes_nothing(desk: Desk):
    desk.create("j")
    desk.send("j")
    desk.report("j", "failed", "user_busy")
    desk.retry("j", delay=0)
    desk.send("j")
    first = seen("late", fax_id="j-1", job_id="j", attempt=1, status="delivered")
    assert desk.observations.record(first[0])["outcome"] == "overtaken"
    [conflict] = desk.published("job.conflict")
    assert conflict.data == {"reason": "earlier attempt delivered", "fax_id": "j-1"}
    assert (desk.state("j"), desk.ledger.job("j").fax_id) == ("accepted", "j-2")
