"""The writes of rows' steps: unchanged values are not written, and shared ones only once for all rows."""

from collections import Counter

import pytest

from faxdispatch.ledger import Claim
from tests.ledger.campaign_desk import NAME, CampaignDesk, job
from tests.ledger.desk import SENDER

ROWS = range(1, 21)
JOBS = [job(row) for row in ROWS]


@pytest.fixture
def running(desk: CampaignDesk) -> CampaignDesk:
    desk.run(*ROWS)
    return desk


def test_rows_moved_together_write_shared_keys_once(running: CampaignDesk) -> None:
    before = running.calls()
    assert running.feed() == ("fed", len(ROWS))
    assert sorted(running.picked()) == sorted(JOBS)
    running.ledger.admit_many([(name, "c", SENDER) for name in JOBS])
    running.ledger.claim_many([Claim(name, f"of {name}", {}, cost=5, ladder_step=0) for name in JOBS], lease=60)
    running.ledger.accept_many([(name, 1, f"{name}-1") for name in JOBS], source="worker")
    commands = running.calls() - before

    # What each row needs for itself: its hash, its events and their history, its number, its channel.
    assert commands["xadd"] == commands["rpush"] == 3 * len(ROWS)
    assert commands["hset"] <= 4 * len(ROWS) + 10
    # And what they have in common.
    shared = {name: commands[name] for name in ("zadd", "incrby", "hincrby", "setrange", "hget", "exists")}
    assert shared["zadd"] + shared["incrby"] + shared["hincrby"] + shared["setrange"] <= 30, shared
    assert shared["hget"] <= 20, shared
    assert running.redis.get(f"fax:spend:campaign:{NAME}") == str(5 * len(ROWS))
    assert running.codes() == "o" * len(ROWS)
    assert running.faults() == ()


def test_a_rows_hash_has_no_empty_fields_but_the_one_that_older_versions_want(running: CampaignDesk) -> None:
    running.feed()
    running.picked()
    running.send_row(1)
    fields = running.redis.hgetall(job_key(1))
    assert [name for name, value in fields.items() if value == ""] == []
    waiting = running.redis.hgetall(job_key(2))
    assert [name for name, value in waiting.items() if value == ""] == ["fax_id"]


def test_a_row_that_ends_has_no_history_and_its_last_event_is_still_published(running: CampaignDesk) -> None:
    running.feed()
    running.picked()
    running.send_row(1)
    before = running.calls()
    running.deliver(1)
    assert Counter(running.calls() - before)["rpush"] == 0
    assert running.ledger.job(job(1), history=True).history == ()
    assert [event.job_id for event in running.published("fax.delivered")] == [job(1)]


def test_rows_of_one_script_to_one_number_wait_for_each_other(desk: CampaignDesk) -> None:
    desk.run(1, 2, 3, numbers=dict.fromkeys((1, 2, 3), "+14155550123"))
    desk.feed()
    assert desk.picked() == [job(1)]
    assert desk.faults() == ()


def test_a_turn_taken_in_the_same_script_counts(running: CampaignDesk) -> None:
    running.feed()
    turns = [float(running.redis.hget(job_key(row), "turn")) for row in ROWS]
    assert turns == [turns[0] + place for place in range(len(ROWS))]


def job_key(row: int) -> str:
    return f"fax:job:{job(row)}"
