"""A primary that dies under load with FAX_REPLICAS=1: its replica goes on, and no fax is lost or sent twice."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from faxdispatch import FaxClient, Receipt, State
from faxdispatch.errors import NotKnown, Unavailable
from faxdispatch.settings import Settings
from faxdispatch.supervisor import roles as processes
from faxdispatch.supervisor.stack import Stack
from tests.conftest import eventually
from tests.cutter import Cutter, cutter
from tests.flow.harness import FAST, SENDER, TOKEN, Simulator, a_pdf, fresh_number
from tests.worker.test_fence import valkey

ORDERS = 60


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Any]:
    """A primary with two replicas behind one address, a simulator, and a worker that wants each claim on a replica."""
    with ExitStack() as stack:
        servers = [stack.enter_context(valkey(tmp_path / str(number))) for number in range(3)]
        for replica in servers[1:]:
            replica.client.replicaof("127.0.0.1", servers[0].port)
            eventually(lambda replica=replica: replica.client.info("replication").get("master_link_status") == "up")
        proxy = stack.enter_context(cutter(servers[0].port))
        run = stack.enter_context(Stack(lambda *_: None))
        about = processes.introduction(run.start(processes.simulator(tmp_path, ["--port", "0", "--speed", "10"])))
        surroundings = processes.environment(
            FAST | processes.simulated(about) | {"REDIS_URL": proxy.url, "FAX_FROM": SENDER, "FAX_REPLICAS": "1"},
            inherit=False,
        )
        run.start(processes.worker(tmp_path, surroundings))
        sim = Simulator(about)
        sim.upload(TOKEN, a_pdf())
        yield SimpleNamespace(servers=servers, proxy=proxy, sim=sim, run=run)
        sim.close()


def order(client: FaxClient, key: str) -> Receipt:
    """Order a fax as a producer does that wants to be sure: again with the same key until the receipt is durable."""
    fax = {"to": fresh_number(), "media_name": TOKEN, "idempotency_key": key}

    def ordered() -> Receipt | None:
        try:
            receipt = client.send(**fax)
        except Unavailable:
            return None
        return receipt if receipt.durable else None

    return eventually(ordered, within=60)


def fail_over(servers: list[Any], proxy: Cutter) -> None:
    primary, successor, third = servers
    primary.process.kill()
    primary.process.wait(20)
    successor.client.replicaof("NO", "ONE")
    third.client.replicaof("127.0.0.1", successor.port)
    proxy.move(successor.port)


def test_a_replica_goes_on_where_the_primary_dies(place: Any) -> None:
    client = FaxClient.from_env(Settings(redis_url=place.proxy.url, fax_replicas=1))
    receipts = [order(client, f"order-{number}") for number in range(ORDERS // 2)]
    fail_over(place.servers, place.proxy)
    receipts += [order(client, f"order-{number}") for number in range(ORDERS // 2, ORDERS)]

    def over() -> bool:
        place.run.mend()
        try:
            return all(client.status(receipt.job_id).finished for receipt in receipts)
        except (Unavailable, NotKnown):
            return False

    eventually(over, within=90, every=0.2)
    assert {client.status(receipt.job_id).state for receipt in receipts} == {State.DELIVERED}
    assert [place.sim.accepted(receipt.job_id) for receipt in receipts] == [1] * ORDERS
