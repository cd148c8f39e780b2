"""A ledger that went back in time, on real processes: it is noticed, and nothing is sent before a person allows it."""

import signal
from collections.abc import Iterator

import pytest

from faxdispatch import State
from faxdispatch.ledger import Epoch, Scripts, connect
from tests.conftest import eventually
from tests.flow.harness import PATIENCE, Flow, installation

pytestmark = pytest.mark.xdist_group("epoch")


@pytest.fixture(scope="module")
def flow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flow]:
    with installation(tmp_path_factory.mktemp("epoch")) as running:
        yield running


def empty(flow: Flow) -> None:
    """Empty the ledger once a process remembers that it has signed, and wait until one has noticed."""

    def signed() -> float:
        return max((score for _, score in flow.redis.zrange("fax:witnesses", 0, -1, withscores=True)), default=0)

    for _ in range(3):
        last = signed()
        flow.until(lambda last=last: signed() > last)
    flow.redis.flushall()
    eventually(lambda: flow.redis.hget("fax:ledger", "behind"), within=PATIENCE)


def nothing_is_sent_before_a_person_confirms(flow: Flow) -> None:
    posts = flow.sim.report()["posts_total"]
    job = flow.send()
    flow.until(lambda: flow.status(job).hold_reason == "ledger_behind")
    assert flow.sim.report()["posts_total"] == posts
    assert Epoch(Scripts(connect(flow.redis_url))).recovered(reason="nothing was lost")
    assert flow.wait_for(job).state is State.DELIVERED


def test_an_emptied_ledger_is_noticed_and_sends_nothing(flow: Flow) -> None:
    flow.wait_for(flow.send())
    ledger = flow.redis.hget("fax:ledger", "id")
    empty(flow)
    assert flow.redis.hget("fax:ledger", "id") == ledger
    nothing_is_sent_before_a_person_confirms(flow)


def test_an_emptied_ledger_is_noticed_after_all_workers_restarted(flow: Flow) -> None:
    worker = flow.processes["worker"]
    worker.send(signal.SIGTERM)
    eventually(lambda: worker.exit_code is not None, within=PATIENCE)
    empty(flow)
    nothing_is_sent_before_a_person_confirms(flow)
