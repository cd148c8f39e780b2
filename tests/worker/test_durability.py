"""No call without a durable claim: connections are cut at each step, and lossy servers are detected."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from celery.exceptions import Reject
from redis.exceptions import ConnectionError as RedisConnectionError

from faxdispatch import FaxClient
from faxdispatch.errors import Unavailable
from faxdispatch.jobs import SendFax
from faxdispatch.ledger import Barrier, Durability, Ledger, NotSafe, Scripts, Witness, connect, measure
from faxdispatch.settings import Settings
from faxdispatch.states import State
from tests.conftest import Valkey, eventually
from tests.redis.cutter import CLAIM, WAIT, Cutter, cutter
from tests.worker.doubles import Telnyx, at_work, celery_app, create
from worker import tasks
from worker.context import Collaborators
from worker.sending.attempt import Outcome, run_attempts
from worker.watch import Watch


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, Any]]:
    """A primary and its replica."""
    folder = tmp_path_factory.mktemp("pair")
    with Valkey(folder / "primary") as primary, Valkey(folder / "replica") as replica:
        replica.client.replicaof("127.0.0.1", primary.port)
        eventually(lambda: replica.client.info("replication").get("master_link_status") == "up")
        yield primary, replica


def office(url: str, **barrier: Any) -> Collaborators:
    w = at_work(url, channels=50, telnyx=Telnyx())
    ours = Barrier(w.ledger.redis, **barrier)
    return replace(w, barrier=ours, watch=Watch(ours, Witness(w.ledger.scripts, w.ledger.identity)))


def called(w: Collaborators) -> list[str]:
    """The numbers to which faxes were sent."""
    telnyx: Any = w.telnyx
    return list(telnyx.called)


def order(w: Collaborators, count: int) -> list[str]:
    names = [f"job-{number}" for number in range(count)]
    for number, name in enumerate(names):
        create(w, name, to=f"+1415555{number:04}")
    return names


def states(w: Collaborators, names: list[str]) -> set[tuple[State, str | None]]:
    return {(job.state, job.hold_reason) for job in w.ledger.jobs(names) if job}


STEPS = {
    "before the claim": (CLAIM, False),
    "the claim's answer": (CLAIM, True),
    "before the wait": (WAIT, False),
    "the wait's answer": (WAIT, True),
}


@pytest.mark.parametrize("silent", [True, False], ids=["silent replica", "replica"])
@pytest.mark.parametrize("step", STEPS)
def test_a_cut_connection_voids_the_claim_and_no_fax_is_sent_twice(
    pair: tuple[Any, Any], step: str, silent: bool
) -> None:
    primary, replica = pair
    primary.client.flushall()
    with cutter(primary.port) as proxy:
        # The wait for the first never succeeds; the second may take long on a busy machine.
        w = office(proxy.url, replicas=1, timeout=0.3 if silent else 60)
        names = order(w, 5)
        assert w.barrier.look().durability is Durability.ALWAYS
        if silent:
            replica.hang()
        try:
            word, answer_lost = STEPS[step]
            proxy.cut(word, answer_lost=answer_lost)
            outcomes = run_attempts(names, w)
        finally:
            replica.go_on()
        assert proxy.cuts == 1
        assert set(outcomes.values()) == {Outcome.PARKED}
        assert called(w) == []
        patient = replace(w, barrier=Barrier(w.ledger.redis, replicas=1, timeout=60))

        def all_sent() -> bool:
            for job in names:
                w.ledger.release(job, why="test")
                primary.client.hset(f"fax:job:{job}", "due", 0)
            run_attempts(names, patient)
            return states(w, names) == {(State.ACCEPTED, None)}

        eventually(all_sent, every=0.2)
        assert len(set(called(w))) == len(called(w)) == 5


def test_a_bound_connection_is_never_made_again(redis_url: str) -> None:
    barrier = Barrier(connect(redis_url))
    with barrier.bound() as connection:
        connection.set("a", 1)
        assert connection.connection is not None
        connection.connection.disconnect()
        with pytest.raises(RedisConnectionError, match="lost"):
            connection.set("a", 2)
    with barrier.bound() as connection:
        assert connection.get("a") == "1"


def test_the_connections_of_a_barrier_end_with_it(redis_url: str) -> None:
    barrier = Barrier(connect(redis_url))
    with barrier.bound() as connection:
        pass
    assert connection.ping()
    del barrier
    with pytest.raises(RedisConnectionError, match="lost"):
        connection.ping()


LOSSY = [
    (("--appendonly", "no"), Durability.NEVER),
    (("--appendfsync", "no"), Durability.LATER),
]


@pytest.mark.parametrize(("options", "kind"), LOSSY, ids=str)
def test_nothing_is_sent_if_claims_can_be_forgotten_unless_allowed(
    tmp_path: Path, options: tuple[str, ...], kind: Durability
) -> None:
    with Valkey(tmp_path, *options) as server:
        w = office(server.url)
        names = order(w, 2)
        w.watch.look()
        assert w.barrier.server is not None
        assert w.barrier.server.durability is kind
        assert set(run_attempts(names, w).values()) == {Outcome.PARKED}
        assert states(w, names) == {(State.HELD, "not_durable")}
        assert called(w) == []

        allowed = Barrier(w.ledger.redis, lossy_allowed=True)
        for name in names:
            server.client.hset(f"fax:job:{name}", "due", 0)
        allowed.look()
        outcomes = run_attempts(names, replace(w, barrier=allowed, watch=Watch(allowed, w.watch.witness)))
        assert set(outcomes.values()) == {Outcome.ACCEPTED}


class Loading:
    """A double of a server that has just started and does not report its append-only file yet."""

    def info(self, *_sections: str) -> dict[str, Any]:
        return {"run_id": "a", "role": "master", "loading": 1, "aof_enabled": 0}

    def config_get(self, *_settings: str) -> dict[str, str]:
        return {"appendonly": "yes", "appendfsync": "always"}


def test_a_server_that_loads_its_data_counts_as_unreachable_and_not_as_lossy() -> None:
    with pytest.raises(Unavailable, match="still loading its data"):
        measure(Loading())


class Slow:
    """Stands for a server that syncs once a second; WAITAOF waits for it, or only says so."""

    def __init__(self, *, waits: bool) -> None:
        self._waits = waits

    def info(self, *_: str) -> dict[str, Any]:
        return {"run_id": "r", "role": "master", "aof_enabled": 1}

    def config_get(self, *_: str) -> dict[str, str]:
        return {"appendonly": "yes", "appendfsync": "everysec"}

    def set(self, *_: Any, **__: Any) -> None:
        """Accept a write."""

    def execute_command(self, *_: Any) -> tuple[int, int]:
        if self._waits:
            time.sleep(0.4)
        return 1, 0


@pytest.mark.parametrize(("waits", "kind"), [(True, Durability.ON_DEMAND), (False, Durability.LATER)])
def test_a_waitaof_counts_only_if_it_really_waits(waits: bool, kind: Durability) -> None:
    assert measure(Slow(waits=waits)).durability is kind


def test_the_embedded_server_under_everysec_is_detected(tmp_path: Path) -> None:
    """Valkey 9.1.2 answers WAITAOF without an fsync there."""
    with Valkey(tmp_path, "--appendfsync", "everysec") as server:
        assert measure(server.client).durability is Durability.LATER


@pytest.mark.parametrize(
    ("rights", "options", "kind"),
    [
        ("-config", (), Durability.UNKNOWN),
        ("-info", (), Durability.ALWAYS),
        ("-@dangerous", (), Durability.UNKNOWN),
        ("-config", ("--appendonly", "no"), Durability.NEVER),
        ("-info", ("--appendonly", "no"), Durability.NEVER),
        ("-@dangerous", ("--appendonly", "no"), Durability.UNKNOWN),
    ],
)
def test_a_server_that_hides_its_facts_is_identified_by_what_it_shows(
    tmp_path: Path, rights: str, options: tuple[str, ...], kind: Durability
) -> None:
    with Valkey(tmp_path, *options) as server:
        server.client.execute_command("ACL", "SETUSER", "managed", "on", ">pw", "~*", "+@all", rights)
        found = measure(connect(server.url.replace("//", "//managed:pw@")))
        assert (found.role, found.durability) == ("master", kind)


def test_a_promoted_replica_without_an_append_only_file_is_noticed(tmp_path: Path) -> None:
    with Valkey(tmp_path / "a") as primary, Valkey(tmp_path / "b", "--appendonly", "no") as replica:
        replica.client.replicaof("127.0.0.1", primary.port)
        eventually(lambda: replica.client.info("replication").get("master_link_status") == "up")
        proxy = Cutter(primary.port)
        w = office(proxy.url)
        names = order(w, 4)
        w.watch.look()
        assert set(run_attempts(names[:2], w).values()) == {Outcome.ACCEPTED}

        proxy.move(replica.port)
        eventually(lambda: replica.client.exists(*(f"fax:job:{name}" for name in names)) == 4)
        primary.kill()
        replica.client.replicaof("NO", "ONE")
        # Noticed by the claim itself, before anything has looked.
        assert set(run_attempts(names[2:], w).values()) == {Outcome.PARKED}
        w.watch.look()
        assert w.barrier.problem is not None
        assert len(called(w)) == 2


def test_an_append_only_file_that_is_switched_off_is_noticed(tmp_path: Path) -> None:
    with Valkey(tmp_path) as server:
        barrier = Barrier(connect(server.url))
        with barrier.bound():
            assert barrier.problem is None
        server.client.config_set("appendonly", "no")
        barrier.look()
        with pytest.raises(NotSafe, match="append-only"), barrier.bound():
            pytest.fail("a claim was allowed")


@contextmanager
def stopped(server: Any) -> Iterator[None]:
    server.hang()
    try:
        yield
    finally:
        server.go_on()


@pytest.mark.parametrize("noted", [True, False], ids=["as the workers noted", "by its settings"])
def test_a_receipt_says_whether_the_fax_is_as_durable_as_a_claim(pair: tuple[Any, Any], noted: bool) -> None:
    primary, replica = pair
    primary.client.flushall()
    asked = Settings(redis_url=primary.url, fax_replicas=1)
    if noted:
        Ledger(Scripts(connect(primary.url))).identity.note_replicas(1)
    client = FaxClient(primary.url) if noted else FaxClient.from_env(asked)
    fax = {"to": "+14155550123", "media_name": "letter", "idempotency_key": "k"}
    with stopped(replica):
        first = client.send(**fax)
        assert (first.created, first.durable) == (True, False)
        # Another connection has nothing to wait for, unless it writes something itself.
        assert not FaxClient.from_env(asked).send(**fax).durable
    assert replica.client.ping()
    again = client.send(**fax)
    assert (again.job_id, again.created, again.durable) == (first.job_id, False, True)
    assert replica.client.exists(f"fax:job:{first.job_id}")


@pytest.mark.parametrize("options", [("--appendfsync", "everysec"), ("--appendonly", "no")], ids=str)
def test_a_receipt_of_a_lossy_server_is_not_durable(tmp_path: Path, options: tuple[str, ...]) -> None:
    with Valkey(tmp_path, *options) as server:
        assert not FaxClient(server.url).send(to="+14155550123", media_name="letter").durable


def test_a_producers_message_is_acknowledged_once_its_fax_is_as_durable_as_a_claim(
    pair: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    primary, replica = pair
    primary.client.flushall()
    monkeypatch.setattr(tasks, "RETURN_AFTER", 0)
    app = celery_app(office(primary.url, replicas=1, timeout=0.3))

    def deliver() -> Any:
        payload = {"to": "+14155550123", "media_name": "letter"}
        return app.tasks[SendFax.TASK].apply(args=(payload, {}), task_id="m1").result

    with stopped(replica):
        assert isinstance(deliver(), Reject)
    eventually(lambda: deliver() is None)
    assert replica.client.exists("fax:job:m1")
