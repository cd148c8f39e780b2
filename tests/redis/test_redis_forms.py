"""Redis in every usual form: ledger, broker, producers and workers reach the same one by one address."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kombu.exceptions import OperationalError
from redis import Redis

from faxdispatch import Consumer, FaxClient, Unavailable
from faxdispatch.broker.connection import broker_app
from faxdispatch.errors import Misconfigured
from faxdispatch.ledger import Scripts, connect
from faxdispatch.supervisor import roles as processes
from tests.conftest import Valkey, eventually, free_port
from tests.programs import Ended, Programs
from tests.redis.redis_servers import TlsFront, sentinels
from tests.webhook.harness import SIGNER
from worker.messaging import transport

FAX = {"to": "+13125550200", "media_name": "letter"}


def reaches(url: str, redis: Redis, name: str = "faxes") -> None:
    """Check that all connections lead to this server: a producer's, the ledger's raw one, a worker's."""
    joined = f"{url}{'&' if '?' in url else '?'}client_name={name}"
    FaxClient(joined).send(**FAX)
    assert redis.llen("fax.send") == 1
    with connect(url) as ledger:
        assert Scripts(ledger).raw.get("fax:none") is None
    app = broker_app("worker", joined)
    transport.install(app, max_bytes=10_000, together=1)
    with app.connection_for_read() as connection:
        taken: list[Any] = []
        channel = connection.channel()
        channel.basic_consume("fax.send", False, taken.append, "tag")
        connection.drain_events(timeout=60)
        taken[0].ack()
        assert channel.client.client_getname() == name
    assert redis.llen("fax.send") == 0


@pytest.mark.parametrize("form", ["unix://{}?db=2", "redis+socket://{}?virtual_host=2"])
def test_a_socket_is_reached_by_all_whichever_way_it_is_written(tmp_path: Path, form: str) -> None:
    # Paths longer than 107 bytes are not possible.
    with tempfile.TemporaryDirectory(prefix="fax") as short, Valkey(tmp_path, "--unixsocket", f"{short}/v") as server:
        server.client.select(2)
        with Redis(port=server.port, db=2) as redis:
            reaches(form.format(f"{short}/v"), redis)


@pytest.fixture
def front(tmp_path: Path, redis_url: str) -> Iterator[TlsFront]:
    made = TlsFront(tmp_path, int(redis_url.rpartition(":")[2].partition("/")[0]))
    yield made
    made.close()


def tls(front: TlsFront, **options: object) -> str:
    usual = {"ssl_ca_certs": front.authority, "ssl_certfile": front.certificate, "ssl_keyfile": front.key}
    words = {name: value for name, value in (usual | options).items() if value is not None}
    return f"rediss://localhost:{front.port}/0?{'&'.join(f'{name}={value}' for name, value in words.items())}"


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"ssl_cert_reqs": "CERT_REQUIRED"},
        {"ssl_cert_reqs": "none", "ssl_ca_certs": None},
        {"ssl_cert_reqs": "CERT_NONE", "ssl_ca_certs": None},
    ],
)
def test_with_a_ca_and_a_client_certificate_every_process_connects(
    front: TlsFront, redis_url: str, options: dict[str, Any]
) -> None:
    with Redis.from_url(redis_url) as redis:
        reaches(tls(front, **options), redis)


@pytest.mark.parametrize("options", [{"ssl_ca_certs": "strangers"}, {"ssl_ca_certs": None}, {"ssl_certfile": None}])
def test_an_untrusted_server_and_a_client_without_a_certificate_are_refused(
    front: TlsFront, redis_url: str, options: dict[str, Any]
) -> None:
    if "ssl_certfile" in options:
        options = {"ssl_certfile": None, "ssl_keyfile": None}
    elif options["ssl_ca_certs"]:
        options = {"ssl_ca_certs": front.strangers}
    url = tls(front, socket_timeout=2, **options)
    with pytest.raises(Unavailable):
        FaxClient(url).send(**FAX)
    with broker_app("here", url).connection_for_write() as connection, pytest.raises(OperationalError):
        connection.ensure_connection(max_retries=1, interval_start=0, timeout=1)
    with Redis.from_url(redis_url) as redis:
        assert redis.dbsize() == 0


def test_a_missing_certificate_file_is_reported_when_the_address_is_read(front: TlsFront) -> None:
    with pytest.raises(Misconfigured, match="option ssl_keyfile names a file"):
        FaxClient(tls(front, ssl_keyfile="/nowhere.pem"))


def test_behind_sentinels_all_find_the_primary_and_after_a_failover_the_new_one(tmp_path: Path) -> None:
    with (
        Valkey(tmp_path / "a") as old,
        Valkey(tmp_path / "b", "--replicaof", f"127.0.0.1 {old.port}") as new,
        sentinels(tmp_path, old.port) as url,
    ):
        reaches(url, old.client)
        # A Sentinel that does not answer is skipped.
        with connect(url.replace("//", "//127.0.0.1:1,")) as ledger, connect(url) as raw:
            app = broker_app("here", url)
            eventually(lambda: new.client.info("replication").get("master_link_status") == "up")
            eventually(lambda: int(old.client.info("replication")["connected_slaves"]) == 1)
            old.kill()
            eventually(lambda: new.client.role()[0] == "master")
            eventually(lambda: _sets(ledger))
            assert new.client.get("told") == "yes"
            assert _sets(raw)
            with app.connection_for_write() as connection:
                assert connection.default_channel.client.get("told") == b"yes"


def _sets(redis: Redis) -> bool:
    try:
        return bool(redis.set("told", "yes"))
    except Exception:  # noqa: BLE001 - whatever it is, it passes
        return False


def test_a_service_that_the_sentinels_do_not_know_is_reported(tmp_path: Path, redis_url: str) -> None:
    port = int(redis_url.rpartition(":")[2].partition("/")[0])
    with sentinels(tmp_path, port) as url, pytest.raises(Unavailable, match="knows no primary of that name"):
        FaxClient(url.replace("/faxes/", "/letters/")).send(**FAX)


@pytest.fixture(scope="module")
def unfit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Servers that cannot be used, and the message about each."""
    folder = tmp_path_factory.mktemp("unfit")
    with (
        Valkey(folder / "cluster", "--cluster-enabled", "yes", "--cluster-port", str(free_port())) as cluster,
        Valkey(folder / "plain") as plain,
        sentinels(folder, plain.port) as url,
    ):
        port = url.partition("127.0.0.1:")[2].partition("/")[0]
        yield {cluster.url: "Redis Cluster is not supported", f"redis://127.0.0.1:{port}": "this is a Sentinel"}


def test_a_cluster_and_a_sentinel_are_refused_in_one_sentence_by_producers_and_consumers(unfit: dict[str, str]) -> None:
    for url, words in unfit.items():
        with pytest.raises(Misconfigured, match=words):
            FaxClient(url).send(**FAX)
        with pytest.raises(Misconfigured, match=words), Consumer(url, "here", "one") as consumer:
            next(iter(consumer))
        with pytest.raises(Misconfigured, match=words):
            broker_app("here", url).connection_for_write().default_channel  # noqa: B018 - it connects


PROCESSES = ("worker", "webhook", "console")
DOCTOR = ("faxdispatch.cli", "doctor")


def test_every_process_and_doctor_refuse_a_cluster_in_one_sentence(
    programs: Programs, unfit: dict[str, str], redis_url: str
) -> None:
    url = next(iter(unfit))
    for name in PROCESSES:
        done = run(programs, name, REDIS_URL=url)
        assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
        assert "Redis Cluster is not supported" in done.err
    as_ledger = run(programs, *DOCTOR, REDIS_URL=url)
    as_broker = run(programs, *DOCTOR, REDIS_URL=redis_url, CELERY_BROKER_URL=url)
    for done in (as_ledger, as_broker):
        assert (done.code, "Redis Cluster is not supported" in done.out, "Traceback" in done.err) == (1, True, False)


def run(programs: Programs, module: str, *words: str, **settings: str) -> Ended:
    ours = {
        "TELNYX_API_KEY": "KEY1", "TELNYX_PUBLIC_KEY": SIGNER.public_key, "FAX_CONNECTION_ID": "1", "PORT": "0",
        "TELNYX_BASE_URL": "http://127.0.0.1:1/v2", "FAX_CONSOLE_PORT": str(free_port()),
    }  # fmt: skip
    return programs.run("-m", module, *words, settings=processes.environment(ours | settings, inherit=False))


SECRETS = ["S3c/Pa", "S3c#Pa", "S3c?Pa", "S3c[Pa", "S3c]Pa", "[S3c]Pa", "S3c@Pa", "S3c:Pa", "12#S3cPa", "12/S3cPa?x=Pa"]


def use(url: str) -> None:
    """Reach a Redis, or a RabbitMQ, that is not there."""
    if url.startswith("redis"):
        FaxClient(url).send(**FAX)
    app = broker_app("here", url)
    app.connection_for_write().ensure_connection(max_retries=1, interval_start=0, timeout=1)


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    "form", ["redis://:{}@127.0.0.1:1/0", "redis://user:{}@127.0.0.1:1", "amqp://u:{}@127.0.0.1:1//"]
)
def test_no_part_of_a_password_is_in_an_error_whatever_is_in_it(form: str, secret: str) -> None:
    with pytest.raises((Misconfigured, Unavailable, OperationalError)) as raised:
        use(form.format(secret))
    texts = [str(raised.value), repr(raised.value), str(raised.value.__cause__)]
    assert not any(part in text for text in texts for part in ("S3c", "Pa", "12#"))


def test_no_process_prints_any_of_it(programs: Programs) -> None:
    url = f"redis://:{''.join(SECRETS)}@127.0.0.1:1/0"
    for words in (*((name,) for name in PROCESSES), DOCTOR):
        done = run(programs, *words, REDIS_URL=url)
        assert done.code != 0
        assert "S3c" not in done.out + done.err
        assert "Traceback" not in done.err
