"""Workers wait for a Redis that refuses temporarily, also at the start, and end if it refuses permanently."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from redis import Redis

from faxdispatch import State
from faxdispatch.subprocesses.child import Child
from faxdispatch.supervisor import roles as processes
from tests.conftest import eventually
from tests.flow.harness import PATIENCE, Flow, installation

pytestmark = pytest.mark.xdist_group("refusals")


def read_only(redis: Redis) -> None:
    redis.execute_command("REPLICAOF", "127.0.0.1", "1")


def without_primary(redis: Redis) -> None:
    redis.config_set("replica-serve-stale-data", "no")
    redis.execute_command("REPLICAOF", "127.0.0.1", "1")


def without_replicas(redis: Redis) -> None:
    redis.config_set("min-replicas-to-write", 1)


def full(redis: Redis) -> None:
    redis.config_set("maxmemory", 1)


REFUSALS = {
    "READONLY": (read_only, "read only replica"),
    "MASTERDOWN": (without_primary, "Link with MASTER is down"),
    "NOREPLICAS": (without_replicas, "NOREPLICAS"),
    "OOM": (full, "maxmemory"),
}
"""Ways to make Redis refuse, and its error texts."""


def willing_again(redis: Redis) -> None:
    redis.execute_command("REPLICAOF", "NO", "ONE")
    redis.config_set("replica-serve-stale-data", "yes")
    redis.config_set("min-replicas-to-write", 0)
    redis.config_set("maxmemory", 0)


def refused(redis: Redis, code: str) -> int:
    """Return how many commands the server has refused so."""
    return int(redis.info("errorstats").get(f"errorstat_{code}", {}).get("count", 0))


def outages(worker: Child) -> list[str]:
    return [line for line in worker.lines if " cannot be used: " in line]


@pytest.fixture(scope="module")
def flow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flow]:
    with installation(tmp_path_factory.mktemp("refusals"), FAX_WORKER_CONCURRENCY="2") as running:
        yield running
        willing_again(running.redis)


@pytest.mark.parametrize("code", REFUSALS)
def test_a_worker_waits_while_redis_refuses_and_loses_nothing(flow: Flow, code: str) -> None:
    refuse, _ = REFUSALS[code]
    worker = flow.processes["worker"]
    before = [flow.send() for _ in range(6)]
    reported = outages(worker)
    tried = refused(flow.redis, code)
    refuse(flow.redis)
    try:
        # Its scheduler tries twice a second: this is as long as an orderly failover takes.
        eventually(lambda: refused(flow.redis, code) >= tried + 6, within=PATIENCE)
        # An outage is reported once, in the words of whichever call failed first.
        eventually(lambda: outages(worker) != reported, within=PATIENCE)
    finally:
        willing_again(flow.redis)
    after = [flow.send() for _ in range(6)]

    for job_id in (*before, *after):
        assert flow.wait_for(job_id).state is State.DELIVERED
        assert flow.sim.accepted(job_id) == 1
    assert worker.exit_code is None, worker.words(20)
    assert flow.processes["worker"] is worker, worker.words(20)


@contextmanager
def started(flow: Flow, **settings: str) -> Iterator[Child]:
    """One more worker, which may not be ready yet."""
    surroundings = {**flow.processes["worker"].role.environment, **settings}
    child = Child(processes.worker(flow.folder, surroundings, number=2), lambda *_: None)
    try:
        yield child
    finally:
        child.kill()


@pytest.mark.parametrize("code", ["READONLY", "MASTERDOWN"], ids=["of writing", "of reading"])
def test_a_worker_that_starts_while_redis_refuses_waits_as_well(flow: Flow, code: str) -> None:
    refuse, words = REFUSALS[code]
    refuse(flow.redis)
    try:
        with started(flow) as child:
            eventually(lambda: any(words in line for line in child.lines), within=PATIENCE)
            willing_again(flow.redis)
            eventually(lambda: child.role.ready(child), within=PATIENCE)
            assert child.exit_code is None
            child.send(signal.SIGTERM)
            eventually(lambda: child.exit_code is not None, within=PATIENCE)
            assert child.exit_code == 0, "it was told to end"
    finally:
        willing_again(flow.redis)


def test_a_worker_without_rights_at_the_broker_ends_with_one_line_and_an_exit_code(flow: Flow) -> None:
    flow.redis.acl_setuser("looker", enabled=True, nopass=True, keys="*", channels="*", categories=["+@all", "-@write"])
    with started(flow, CELERY_BROKER_URL=flow.redis_url.replace("://", "://looker:hush@")) as child:
        eventually(lambda: child.exit_code is not None, within=PATIENCE)
        assert child.exit_code == 1
        [line] = eventually(lambda: [line for line in child.lines if "the broker refused the connection" in line])
        assert "permission" in line
        assert not any("Traceback" in line or "hush" in line for line in child.lines)
