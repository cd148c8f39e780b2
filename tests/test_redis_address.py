"""An address of Redis is read once: the ledger and Celery's transport get the same place and the same options."""

import subprocess
import tempfile
from pathlib import Path

import pytest
from kombu import Connection
from redis.exceptions import ConnectionError as RedisConnectionError

from faxdispatch.broker import broker_app
from faxdispatch.embedded import valkey_command
from faxdispatch.errors import Misconfigured
from faxdispatch.ledger import connect
from faxdispatch.ledger.connection import Patience
from faxdispatch.redis_address import RedisAddress
from tests.conftest import eventually, free_port


@pytest.fixture
def valkey_socket(tmp_path):
    """A Valkey that listens on a socket as well. The path is short: longer ones than 107 bytes are none."""
    with tempfile.TemporaryDirectory(prefix="fax") as folder:
        path = Path(folder) / "v.sock"
        server = subprocess.Popen([*valkey_command(tmp_path, free_port()), "--unixsocket", str(path)])
        eventually(path.exists)
        yield path
        server.terminate()
        server.wait(20)


OPTIONS = {
    "db": ("db=3", 3),
    "client_name": ("client_name=faxes", "faxes"),
    "socket_timeout": ("socket_timeout=1.5", 1.5),
    "socket_connect_timeout": ("socket_connect_timeout=1", 1.0),
    "socket_keepalive": ("socket_keepalive=no", False),
    "socket_read_size": ("socket_read_size=4096", 4096),
    "health_check_interval": ("health_check_interval=30", 30),
    "retry_on_timeout": ("retry_on_timeout=yes", True),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_an_option_that_redis_py_documents_reaches_the_ledger_s_connections(name):
    words, value = OPTIONS[name]
    with connect(f"redis://localhost/0?{words}") as client:
        assert client.connection_pool.connection_kwargs[name] == value


def test_where_connections_are_few_threads_wait_for_one(redis_url):
    with connect(f"{redis_url}?max_connections=1&timeout=0.05") as client:
        assert client.connection_pool.max_connections == 1
        held = client.connection_pool.get_connection()
        with pytest.raises(RedisConnectionError, match="No connection available"):
            client.ping()
        client.connection_pool.release(held)
        assert client.ping()


@pytest.mark.parametrize(
    "words",
    ["decode_responses=false", "encoding_errors=ignore", "protocol=3", "legacy_responses=true", "retry_on_error=x"],
)
def test_what_only_we_can_set_is_left_out(redis_url, words):
    with connect(f"{redis_url}?{words}", protocol=2, encoding_errors="replace") as client:
        assert client.connection_pool.connection_kwargs["protocol"] == 2
        client.set("k", "v")
        assert client.get("k") == "v"


def test_the_webhook_waits_no_longer_and_a_reader_no_shorter_than_each_can():
    webhook = connect("redis://localhost?socket_timeout=30", Patience.WEBHOOK)
    reader = connect("redis://localhost?socket_timeout=0.5", Patience.READER)
    assert webhook.connection_pool.connection_kwargs["socket_timeout"] == 0.5
    assert reader.connection_pool.connection_kwargs["socket_timeout"] == 15


@pytest.mark.parametrize(
    ("url", "host", "port", "database", "login"),
    [
        ("redis://", "localhost", 6379, "0", (None, None)),
        ("redis://cache:6380/3?socket_timeout=2", "cache", 6380, "3", (None, None)),
        ("redis://cache/3?db=4", "cache", 6379, "4", (None, None)),
        ("redis://:p%40ss%2Fword@[::1]/1", "::1", 6379, "1", (None, "p@ss/word")),
        ("redis://cache?username=app&password=a%20b", "cache", 6379, "0", ("app", "a b")),
    ],
)
def test_celery_s_transport_goes_to_the_same_place(url, host, port, database, login):
    kombu = Connection(RedisAddress.read(url).broker_url)
    assert (kombu.hostname, kombu.port, kombu.virtual_host) == (host, port, database)
    assert (kombu.userid, kombu.password) == login


def test_a_socket_is_reached_by_both(valkey_socket):
    with connect(f"unix://{valkey_socket}?db=2") as ledger:
        ledger.set("k", "v")
    app = broker_app("here", f"unix://{valkey_socket}?db=2&client_name=faxes")
    with app.connection_for_write() as connection:
        assert connection.default_channel.client.get("k") == b"v"
        assert connection.default_channel.client.client_getname() == "faxes"


def test_certificates_are_checked_by_both_unless_the_address_says_otherwise():
    assert RedisAddress.read("rediss://cache").tls == {"ssl_cert_reqs": "required"}
    assert RedisAddress.read("rediss://cache?ssl_cert_reqs=none&ssl_ca_certs=/ca.pem").tls == {
        "ssl_cert_reqs": "none",
        "ssl_ca_certs": "/ca.pem",
    }
    assert RedisAddress.read("redis://cache").tls is None


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", "must begin with"),
        ("localhost:6379", "must begin with"),
        ("http://localhost", "must begin with"),
        ("redis://:hush@localhost:hush/0", "no port"),
        ("redis://:hush@localhost:99999/0", "no port"),
        ("redis://app:hush/hush@localhost", "no database"),
        ("redis://:hush@localhost/prod", "no database"),
        ("redis://[::1", "Invalid IPv6"),
        ("redis://localhost?db=one", "'db'"),
        ("redis://localhost?db=-1", "option db"),
        ("redis://localhost?socket_timeout=nan", "option socket_timeout"),
        ("redis://localhost?max_connections=0", "option max_connections"),
        ("redis://localhost?no_such=hush", "option no_such is not known"),
        ("redis://localhost?host=elsewhere", "in front of the question mark"),
        ("redis://localhost?ssl_ca_certs=/x", "rediss://"),
        ("rediss://localhost?ssl_no_such=1", "ssl_"),
        ("rediss://localhost?ssl_cert_reqs=maybe", "Requirements"),
        ("unix://", "no socket"),
    ],
)
def test_what_is_wrong_with_an_address_is_one_error_that_quotes_no_secret(url, problem):
    with pytest.raises(Misconfigured, match="REDIS_URL") as raised:
        connect(url)
    assert problem in str(raised.value)
    assert "hush" not in str(raised.value)
