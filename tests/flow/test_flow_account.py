"""A worker with the key of another account, while sends are unknown: it does not start, and nothing is sent twice."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from faxdispatch import State
from faxdispatch.supervisor import roles as processes
from faxdispatch.supervisor.stack import Stack
from tests.conftest import eventually
from tests.flow.harness import FAST, PATIENCE, SENDER, Flow, installation

pytestmark = pytest.mark.xdist_group("account")

EVIDENCE_COMES_LATE = {"FAX_SETTLE": "3"}


@pytest.fixture(scope="module")
def flow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flow]:
    with installation(tmp_path_factory.mktemp("account"), web=False, **EVIDENCE_COMES_LATE) as running:
        yield running


@pytest.fixture
def telnyx(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    """Another simulated Telnyx with its own key, of the given organization."""
    with Stack(lambda *_: None) as stack:
        options = ["--port", "0", *request.param]
        yield processes.introduction(stack.start(processes.simulator(tmp_path, options)))


def start(flow: Flow, about: dict[str, Any], *, until: Callable[[], bool] = lambda: False) -> tuple[int, str]:
    """Run a worker until it ends, or until a condition is true. Return its exit code and its output."""
    changes = FAST | processes.simulated(about) | {"REDIS_URL": flow.redis_url, "FAX_FROM": SENDER}
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "worker"],
        cwd=flow.folder,
        env=processes.environment(changes | EVIDENCE_COMES_LATE, inherit=False),
        stderr=subprocess.PIPE,
        text=True,
    )
    eventually(lambda: process.poll() is not None or until(), within=PATIENCE)
    process.terminate()
    _, said = process.communicate(timeout=PATIENCE)
    return process.returncode, said


OTHERS = ["--organization", "another", "--connection-id", "77"]


@pytest.mark.parametrize("telnyx", [OTHERS], indirect=True)
def test_a_worker_of_another_account_does_not_start(flow: Flow, telnyx: dict[str, Any]) -> None:
    flow.sim.faults(drop_after=1, list_error=True)
    jobs = [flow.send() for _ in range(5)]
    for job in jobs:
        flow.wait_for(job, State.UNKNOWN)

    code, said = start(flow, telnyx)

    assert code == 2
    assert "TELNYX_API_KEY: it belongs to another Telnyx account" in said
    flow.sim.no_faults()
    for job in jobs:
        assert flow.wait_for(job).state is State.DELIVERED
        assert flow.sim.accepted(job) == 1


@pytest.mark.parametrize("telnyx", [["--connection-id", "78"]], indirect=True)
def test_a_worker_with_a_new_key_of_the_account_starts(flow: Flow, telnyx: dict[str, Any]) -> None:
    with Redis.from_url(flow.redis_url) as redis:
        before = redis.hlen("fax:ledger:keys")
        code, said = start(flow, telnyx, until=lambda: redis.hlen("fax:ledger:keys") > before)
        # Told to end before it was ready, or after.
        assert code in {-signal.SIGTERM, 0}, said
        assert redis.hlen("fax:ledger:keys") == before + 1
