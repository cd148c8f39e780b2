"""A primary under Sentinels dies under load: a replica takes its place, and no fax is lost or sent twice."""

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
from tests.conftest import Valkey, eventually
from tests.flow.harness import FAST, PATIENCE, SENDER, TOKEN, fresh_number, telnyx
from tests.redis.redis_servers import sentinels

ORDERS = 60


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Any]:
    """A primary with two replicas behind Sentinels, a web, simulator, and a worker that wants claims on a replica."""
    with ExitStack() as stack:
        servers = [stack.enter_context(Valkey(tmp_path / str(number))) for number in range(3)]
        for replica in servers[1:]:
            replica.client.replicaof("127.0.0.1", servers[0].port)
            eventually(lambda replica=replica: replica.client.info("replication").get("master_link_status") == "up")
        url = stack.enter_context(sentinels(tmp_path, servers[0].port, count=3))
        run = stack.enter_context(Stack(lambda *_: None))
        port = processes.free_port()
        sim = telnyx(run, tmp_path, port)
        surroundings = processes.environment(
            FAST
            | processes.simulated(sim.about)
            | {"REDIS_URL": url, "FAX_FROM": SENDER, "FAX_REPLICAS": "1", "PORT": str(port)},
            inherit=False,
        )
        run.start(processes.web(tmp_path, surroundings))
        run.start(processes.worker(tmp_path, surroundings))
        yield SimpleNamespace(servers=servers, url=url, sim=sim, run=run)
        sim.close()


def order(client: FaxClient, key: str) -> Receipt:
    """Order a fax as a careful producer does: again with the same key until the receipt is durable."""
    fax = {"to": fresh_number(), "media_name": TOKEN, "idempotency_key": key}

    def ordered() -> Receipt | None:
        try:
            receipt = client.send(**fax)
        except Unavailable:
            return None
        return receipt if receipt.durable else None

    return eventually(ordered, within=PATIENCE)


def test_a_replica_takes_over_when_the_primary_dies(place: Any) -> None:
    client = FaxClient.from_env(Settings(redis_url=place.url, fax_replicas=1))
    receipts = [order(client, f"order-{number}") for number in range(ORDERS // 2)]
    place.servers[0].kill()
    receipts += [order(client, f"order-{number}") for number in range(ORDERS // 2, ORDERS)]

    def over() -> bool:
        place.run.restart_dead()
        try:
            return all(client.status(receipt.job_id).finished for receipt in receipts)
        except (Unavailable, NotKnown):
            return False

    eventually(over, within=PATIENCE, every=0.2)
    assert {client.status(receipt.job_id).state for receipt in receipts} == {State.DELIVERED}
    assert any(event.source == "webhook" for event in client.status(receipts[-1].job_id, history=True).history)
    assert [place.sim.accepted(receipt.job_id) for receipt in receipts] == [1] * ORDERS
