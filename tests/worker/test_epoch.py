"""A ledger that went back in time is noticed, and nothing is sent before a person confirms."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from faxdispatch.errors import Unavailable
from faxdispatch.events import Event
from faxdispatch.ledger import Epoch, Observation, Watch
from faxdispatch.states import State
from tests.conftest import Valkey, eventually
from tests.redis.cutter import Cutter
from tests.worker.test_durability import called, office, order, states
from worker.context import Collaborators
from worker.sending.attempt import Outcome, run_attempts


@pytest.fixture
def w(redis_url: str) -> Collaborators:
    return office(redis_url)


@pytest.fixture
def redis(redis_url: str) -> Iterator[Any]:
    with Redis.from_url(redis_url, decode_responses=True) as client:
        yield client


def snapshot(redis: Any) -> dict[str, bytes]:
    raw = Redis(port=redis.connection_pool.connection_kwargs["port"])
    return {key: raw.dump(key) for key in raw.scan_iter()}


def restore(redis: Any, saved: dict[str, bytes]) -> None:
    raw = Redis(port=redis.connection_pool.connection_kwargs["port"])
    raw.flushall()
    for key, value in saved.items():
        raw.restore(key, 0, value)


def due(redis: Any, names: list[str]) -> None:
    for name in names:
        redis.hset(f"fax:job:{name}", "due", 0)


def test_a_restored_ledger_sends_nothing_before_a_person_confirms(w: Collaborators, redis: Any) -> None:
    names = order(w, 4)
    w.watch.look()
    saved = snapshot(redis)
    run_attempts(names[:2], w)
    assert len(called(w)) == 2

    restore(redis, saved)
    # The claim itself notices, before anything has looked.
    run_attempts(names, w)
    assert len(called(w)) == 2
    behind = Epoch(w.ledger.scripts).behind()
    assert behind is not None
    assert behind.found_at is not None
    assert behind.found_at < behind.remembered_at
    assert Watch(w.ledger.scripts).figures().ledger_behind
    assert set(run_attempts(names, w).values()) == {Outcome.PARKED}
    assert states(w, names) == {(State.HELD, "ledger_behind")}

    assert Epoch(w.ledger.scripts).recovered(reason="all is back")
    w.watch.look()
    due(redis, names)
    assert set(run_attempts(names, w).values()) == {Outcome.ACCEPTED}
    events = [Event.from_fields(fields).type for _, fields in redis.xrange("fax:events")]
    assert (events.count("ledger.went_back"), events.count("ledger.recovered")) == (1, 1)


def test_an_emptied_ledger_keeps_its_id_so_that_its_faxes_can_be_found(w: Collaborators, redis: Any) -> None:
    ledger = w.ledger.identity.id
    w.watch.look()
    redis.flushall()
    w.watch.look()
    assert w.watch.witness.behind
    assert redis.hget("fax:ledger", "id") == ledger


def test_a_single_forgotten_claim_is_noticed(w: Collaborators, redis: Any) -> None:
    names = order(w, 2)
    w.watch.look()
    saved = snapshot(redis)
    run_attempts(names[:1], w)
    restore(redis, saved)
    # Other processes continue to sign, so that the ledger as a whole is not behind.
    other = office(_url(redis))
    other.watch.look()
    w.watch.look()
    assert w.watch.witness.behind
    other.watch.look()
    assert other.watch.witness.behind


def _url(redis: Any) -> str:
    return f"redis://127.0.0.1:{redis.connection_pool.connection_kwargs['port']}/0"


def test_a_process_that_starts_in_a_ledger_that_went_back_sends_nothing(w: Collaborators, redis: Any) -> None:
    w.watch.look()
    redis.flushall()
    w.watch.look()
    fresh = office(_url(redis))
    names = order(fresh, 1)
    fresh.watch.look()
    assert set(run_attempts(names, fresh).values()) == {Outcome.PARKED}
    assert called(fresh) == []


def test_a_second_restore_after_a_recovery_is_noticed_too(w: Collaborators, redis: Any) -> None:
    w.watch.look()
    saved = snapshot(redis)
    redis.flushall()
    w.watch.look()
    assert Epoch(w.ledger.scripts).recovered(reason="emptied on purpose")
    w.watch.look()
    assert not w.watch.witness.behind
    restore(redis, saved)
    w.watch.look()
    assert w.watch.witness.behind


def test_a_fax_that_a_restored_ledger_has_forgotten_is_not_cancelled_as_a_duplicate(
    w: Collaborators, redis: Any
) -> None:
    names = order(w, 1)
    run_attempts(names, w)
    w.watch.look()
    saved = snapshot(redis)
    redis.hset("fax:job:job-0", mapping={"state": "held", "hold": "retry", "due": 0, "granted": ""})
    restore(redis, saved)
    redis.zadd("fax:witnesses", dict.fromkeys(redis.zrange("fax:witnesses", 0, -1), 1))
    w.watch.look()
    w.observations.record(
        Observation(
            "e", "d", "fax.delivered", "webhook", fax_id="second", job_id="job-0", attempt=2, status="delivered"
        )
    )
    assert redis.zcard("fax:strays") == 0


def test_a_lagging_replica_that_is_promoted_is_noticed(tmp_path: Path) -> None:
    with Valkey(tmp_path / "a") as primary, Valkey(tmp_path / "b") as replica:
        replica.client.replicaof("127.0.0.1", primary.port)
        eventually(lambda: replica.client.info("replication").get("master_link_status") == "up")
        proxy = Cutter(primary.port)
        w = office(proxy.url)
        names = order(w, 6)
        w.watch.look()
        eventually(lambda: replica.client.exists("fax:witnesses"))
        replica.client.replicaof("NO", "ONE")
        assert set(run_attempts(names[:3], w).values()) == {Outcome.ACCEPTED}

        proxy.move(replica.port)
        primary.kill()

        eventually(lambda: _looks(w))
        assert w.watch.witness.behind
        run_attempts(names, w)
        assert len(called(w)) == 3


def test_a_restart_without_loss_raises_no_alarm(tmp_path: Path) -> None:
    with Valkey(tmp_path) as first:
        proxy = Cutter(first.port)
        w = office(proxy.url)
        names = order(w, 2)
        w.watch.look()
        run_attempts(names[:1], w)
        first.kill()
    with Valkey(tmp_path) as second:
        proxy.move(second.port)
        eventually(lambda: _looks(w))
        assert not w.watch.witness.behind
        assert set(run_attempts(names[1:], w).values()) == {Outcome.ACCEPTED}


def test_a_truncated_append_only_file_is_noticed(tmp_path: Path) -> None:
    """The loss of a power cut on a server that does not sync with every write."""
    with Valkey(tmp_path, "--appendfsync", "everysec") as first:
        proxy = Cutter(first.port)
        w = office(proxy.url, lossy_allowed=True)
        names = order(w, 2)
        w.watch.look()
        [file] = tmp_path.glob("appendonlydir/*.incr.aof")
        kept = file.stat().st_size
        assert set(run_attempts(names[:1], w).values()) == {Outcome.ACCEPTED}
        first.kill()
    with file.open("r+b") as tail:
        tail.truncate(kept)
    with Valkey(tmp_path, "--appendfsync", "everysec") as second:
        proxy.move(second.port)
        eventually(lambda: _looks(w))
        assert w.watch.witness.behind
        run_attempts(names, w)
        assert len(called(w)) == 1


def _looks(w: Collaborators) -> bool:
    try:
        w.watch.look()
    except Unavailable:
        return False
    return True
