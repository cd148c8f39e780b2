"""An address of Redis is parsed once: the ledger and Celery's transport get the same server and options."""

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from faxdispatch.errors import Misconfigured
from faxdispatch.ledger import connect
from faxdispatch.ledger.connection import Patience
from faxdispatch.redis.address import RedisAddress, same_redis

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
def test_options_that_only_we_set_are_ignored_in_addresses(redis_url, words):
    with connect(f"{redis_url}?{words}", protocol=2, encoding_errors="replace") as client:
        assert client.connection_pool.connection_kwargs["protocol"] == 2
        client.set("k", "v")
        assert client.get("k") == "v"


def test_the_webhooks_time_out_is_bounded_above_and_a_readers_below():
    webhook = connect("redis://localhost?socket_timeout=30", Patience.WEBHOOK)
    reader = connect("redis://localhost?socket_timeout=0.5", Patience.READER)
    assert webhook.connection_pool.connection_kwargs["socket_timeout"] == 0.5
    assert reader.connection_pool.connection_kwargs["socket_timeout"] == 15


@pytest.mark.parametrize(
    ("url", "place", "options"),
    [
        ("redis://", "redis://localhost:6379/0", {}),
        ("redis://cache:6380/3?socket_timeout=2", "redis://cache:6380/3", {"db": 3, "socket_timeout": 2.0}),
        ("redis://cache/3?db=4", "redis://cache:6379/4", {"db": 4}),
        ("redis://:p%40ss%2Fword@[::1]/1", "redis://[::1]:6379/1", {"db": 1, "password": "p@ss/word"}),
        ("redis://cache?username=app&password=a%20b", "redis://cache:6379/0", {"username": "app", "password": "a b"}),
        ("redis://a[p]p:p@ss[w]rd@cache", "redis://cache:6379/0", {"username": "a[p]p", "password": "p@ss[w]rd"}),
        ("unix://app:pw@/run/r%20s?db=2", "unix:///run/r s", {"username": "app", "password": "pw", "db": 2}),
        ("redis+socket:///run/r?virtual_host=2", "unix:///run/r", {"db": 2}),
        (
            "sentinel://app:pw@a:1,[::1],c/mine/2",
            "sentinel://a:1,[::1]:26379,c:26379/mine",
            {"username": "app", "db": 2},
        ),
        ("redis+sentinel://a/mine?sentinel_password=x", "sentinel://a:26379/mine", {}),
        ("rediss+sentinel://a/mine?ssl_cert_reqs=CERT_NONE", "sentinel://a:26379/mine", {"ssl_cert_reqs": "none"}),
    ],
)
def test_every_usual_form_is_read_and_is_shown_without_its_login(url, place, options):
    address = RedisAddress.read(url)
    assert address.place == place
    assert options.items() <= address.options.items()
    assert "pw" not in repr(address)


def test_addresses_with_other_passwords_are_not_taken_for_each_other():
    one, other = (RedisAddress.read(f"redis://:{password}@cache") for password in ("one", "other"))
    assert one != other
    assert repr(one) != repr(other)
    assert repr(one) == repr(RedisAddress.read("redis://:one@cache"))


def test_one_database_is_known_in_two_forms():
    assert same_redis("unix:///run/r?db=1", "redis+socket:///run/r?virtual_host=1&client_name=x")
    assert not same_redis("unix:///run/r?db=1", "unix:///run/r")
    assert not same_redis("redis://cache", "amqp://cache")


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", "must begin with"),
        ("localhost:6379", "must begin with"),
        ("http://localhost", "must begin with"),
        ("redis://:hush@localhost:hush/0", "not a port"),
        ("redis://:hush@localhost:99999/0", "not a port"),
        ("redis://app:hush/hush@localhost", "%2F"),
        ("redis://:hush@localhost/prod", "not the number of a database"),
        ("redis://[::1", "not a port"),
        ("redis://localhost?db=one", "'db'"),
        ("redis://localhost?db=-1", "option db"),
        ("redis://localhost?socket_timeout=nan", "option socket_timeout"),
        ("redis://localhost?max_connections=0", "option max_connections"),
        ("redis://localhost?no_such=hush", "option no_such is not known"),
        ("redis://localhost?host=elsewhere", "in front of the question mark"),
        ("redis://localhost?ssl_ca_certs=/x", "rediss://"),
        ("rediss://localhost?ssl_no_such=1", "ssl_"),
        ("rediss://localhost?ssl_cert_reqs=maybe", "Requirements"),
        ("rediss://localhost?ssl_ca_certs=/hush.pem", "option ssl_ca_certs names a file"),
        ("redis://:12#hush@localhost/0", "%23"),
        ("redis://:12?hush@localhost/0", "%3F"),
        ("redis://localhost/0?password=hu@sh", "%40"),
        ("redis://localhost?sentinel_password=hush", "option sentinel_password is not known"),
        ("sentinel://localhost", "names no service"),
        ("sentinel://localhost;sentinel://other/mine", "names no service"),
        ("unix://", "no socket"),
    ],
)
def test_a_bad_address_gives_one_error_without_secrets(url, problem):
    with pytest.raises(Misconfigured, match="REDIS_URL") as raised:
        connect(url)
    assert problem in str(raised.value)
    assert "hush" not in str(raised.value)
