"""Two deployments on one database of one Redis, and on one virtual host of one RabbitMQ: each carries out every kind of
work, and neither touches the other's data.
"""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from redis import Redis

from faxdispatch import Consumer, FaxClient, State
from faxdispatch.errors import NotKnown
from faxdispatch.settings import Settings
from faxdispatch.supervisor import roles as processes
from faxdispatch.supervisor.stack import Stack
from faxdispatch.supervisor.valkey import valkey_url
from faxdispatch.telnyx.client_state import decode_client_state
from tests.conftest import eventually
from tests.flow.harness import FAST, PATIENCE, SENDER, TOKEN, fresh_number, telnyx
from tests.flow.rabbitmq import MISSING, SERVER, RabbitMQ


class Deployment:
    """Web, worker and a separate Telnyx. Its users of Redis, and of RabbitMQ if that is the broker, have rights only in
    its own namespace.
    """

    def __init__(self, folder: Path, socket: str, word: str, rabbitmq: RabbitMQ | None) -> None:
        self.folder, self.word = folder, word
        folder.mkdir()
        self._stack = ExitStack()
        stack = self._stack.enter_context(Stack(lambda *_: None))
        web = processes.free_port()
        self.sim = telnyx(stack, folder, web)
        self.settings = FAST | processes.simulated(self.sim.about) | {
            "REDIS_URL": socket.replace("unix://", f"unix://{self.word}:pw@"),
            "PORT": str(web), "FAX_ADMIN_PORT": str(processes.free_port()), "FAX_FROM": SENDER,
            "FAX_INBOUND_DIR": str(folder / "inbound"),
        }  # fmt: skip
        namespace = None if word == "fax" else word
        if namespace:
            self.settings["FAX_NAMESPACE"] = namespace
        self.broker = rabbitmq.url(word) if rabbitmq else None
        if self.broker:
            self.settings["CELERY_BROKER_URL"] = self.broker
        surroundings = processes.environment(self.settings, inherit=False)
        stack.start(processes.web(folder, surroundings))
        stack.start(processes.worker(folder, surroundings))
        loaded = Settings.load(
            redis_url=self.settings["REDIS_URL"], fax_namespace=namespace, celery_broker_url=self.broker
        )
        self.client = FaxClient.from_env(loaded)
        self.consumer = Consumer(loaded.redis, "here", "one")

    def work(self) -> None:
        """Carry out every kind of work: single faxes, cancelling, asking, a campaign, an inbound fax, reading
        events."""
        jobs = [self.client.send(to=fresh_number(), media_name=TOKEN).job_id for _ in range(4)]
        jobs.append(self.client.send(to=fresh_number(), media_name=TOKEN, priority="urgent").job_id)
        self.client.cancel(job_id=self.client.send(to=fresh_number(), media_name=TOKEN).job_id)
        self.client.sync(job_id=jobs[0])
        jobs.append(self.plain_message())
        recipients = self.folder / f"{self.word}.csv"
        recipients.write_text("to\n" + "".join(f"{fresh_number()}\n" for _ in range(3)))
        self.client.campaigns.create(recipients, media_name=TOKEN)
        self.client.campaigns.start(self.word)
        fax = self.sim.receive()
        for job in jobs:
            eventually(lambda job=job: self.stands_in(job, State.DELIVERED), within=PATIENCE, every=0.1)
        eventually(lambda: self.client.campaigns.get(self.word).state == "finished", within=PATIENCE, every=0.1)
        eventually((self.folder / "inbound" / f"{fax['id']}.pdf").exists, within=PATIENCE)
        assert {delivery.event.job_id for delivery in self.consumer.read()} & set(jobs)

    def asks(self, cli: Callable[..., str]) -> None:
        """Check that the commands show this deployment."""
        assert f'"namespace": "{self.word}"' in cli("status", "--json", **self.settings)
        found = json.loads(cli("doctor", "--json", **self.settings))["findings"]
        assert {f["name"] for f in found if f["level"] == "fail"} == set()
        assert any("in namespace staging" in f["detail"] for f in found) == (self.word == "staging")

    def plain_message(self) -> str:
        """Order a fax as services with only Celery do. Return the job's id."""
        broker = self.broker or self.settings["REDIS_URL"].replace("unix://", "redis+socket://")
        order, queue = {"to": fresh_number(), "media_name": TOKEN}, f"{self.word}.send"
        # A user with rights only on our queues may post on RabbitMQ by their own exchanges, but not by the default one.
        by_exchange = {"exchange": queue, "routing_key": queue} if self.broker else {}
        with Celery("plain", broker=broker, set_as_current=False) as app:
            return str(app.send_task("fax.send.v1", kwargs=order, queue=queue, **by_exchange).id)

    def stands_in(self, job: str, state: State) -> bool:
        try:
            return self.client.status(job).state is state
        except NotKnown:
            return False

    def faxes(self) -> set[str]:
        """The jobs of all faxes that this deployment's Telnyx was given."""
        found = (decode_client_state(state) for state in self.sim.report()["client_states"])
        return {key[0] for key in found if key}

    def close(self) -> None:
        self.sim.close()
        self._stack.close()


# A worker also looks at the places of messages from plain Celery apps and older workers.
ELSEWHERE = ("~celery*", "~unacked*")
KEYS = {
    "fax": ("~fax:*", "~fax.*", "~_kombu.binding*.fax.*"),
    "staging": ("~staging:*", "~staging.*", "~_kombu.binding*.staging.*"),
}


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Any]:
    """An empty Redis with a user for each deployment, who may use no key but those of its namespace."""
    with Stack(lambda *_: None) as stack:
        stack.start(processes.valkey(tmp_path))
        with Redis.from_url(valkey_url(tmp_path), decode_responses=True) as client:
            for word, keys in KEYS.items():
                client.execute_command("ACL", "SETUSER", word, "on", ">pw", *keys, *ELSEWHERE, "+@all")
            yield client


@pytest.fixture(
    params=[
        "redis",
        pytest.param(
            "rabbitmq",
            marks=[pytest.mark.skipif(SERVER is None, reason=MISSING), pytest.mark.xdist_group("rabbitmq")],
        ),
    ]
)
def rabbitmq(request: pytest.FixtureRequest) -> RabbitMQ | None:
    """The broker where it is not the same Redis."""
    return request.getfixturevalue("rabbitmq_server") if request.param == "rabbitmq" else None


def test_deployments_on_one_redis_send_only_their_own_faxes_and_share_nothing(
    tmp_path: Path, redis: Any, rabbitmq: RabbitMQ | None, cli: Callable[..., str]
) -> None:
    url = valkey_url(tmp_path)
    with ExitStack() as stack, ThreadPoolExecutor(2) as threads:
        both = list(threads.map(lambda word: Deployment(tmp_path / word, url, word, rabbitmq), KEYS))
        for one in both:
            stack.callback(one.close)
        for done in [threads.submit(one.work) for one in both]:
            done.result()
        for one in both:
            one.asks(cli)
        # A worker checks to whom such a queue belongs.
        assert {entry["object"] for entry in redis.acl_log()} <= {"staging:ledger"}
        if rabbitmq:
            # A worker also looks for faxes in Celery's default queue, if there is one.
            assert {queue for word in KEYS for queue in rabbitmq.refused(word)} <= {"queue 'celery' in vhost '/'"}
        for one, other in (both, reversed(both)):
            assert one.faxes()
            for job in one.faxes():
                assert one.client.status(job).state in {State.DELIVERED, State.CANCELLED}
                with pytest.raises(NotKnown):
                    other.client.status(job)
