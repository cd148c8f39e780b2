"""The webhook app as a Flask test client, as a real server, and as a real server whose Redis can fail."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from redis import Redis

from faxdispatch.settings import Settings
from tests.conftest import Valkey, valkey_in_memory
from tests.webhook.harness import SIGNER, Web
from webhook.app import Apps, create_apps

_EMPTIED = """
for _, key in ipairs(redis.call('KEYS', '*')) do
  if key ~= ARGV[1] and key ~= ARGV[2] then redis.call('DEL', key) end
end
"""


@pytest.fixture(scope="session")
def valkey_url() -> Iterator[str]:
    """A Valkey for these tests: the receiver that runs through all of them remembers its ledger, as its witness."""
    with valkey_in_memory() as url:
        yield url


@pytest.fixture
def redis_url(valkey_url: str) -> str:
    """Address of a Redis that is empty except for the signature of the running receiver."""
    with Redis.from_url(valkey_url) as client:
        client.eval(_EMPTIED, 0, "fax:ledger", "fax:witnesses")
    return valkey_url


@pytest.fixture(autouse=True)
def _unhurried(unhurried: None) -> None:
    """Receivers in this process have long time-outs; tests that run a server check the real ones."""


@pytest.fixture
def settings(redis_url: str) -> Settings:
    return Settings(redis_url=redis_url, telnyx_public_key=(SIGNER.public_key,))


@pytest.fixture
def apps(settings: Settings) -> Apps:
    return create_apps(settings)


@pytest.fixture
def client(apps: Apps) -> FlaskClient:
    """A client of the app for Telnyx."""
    return apps.public.test_client()


@pytest.fixture
def admin(apps: Apps) -> FlaskClient:
    """A client of the app for operators."""
    return apps.admin.test_client()


@pytest.fixture(scope="session")
def _web(valkey_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    web = Web(tmp_path_factory.mktemp("webhook"), valkey_url)
    yield web
    web.stop()


@pytest.fixture
def web(_web: Web, redis_url: str) -> Web:
    """A running server, and an empty Redis behind it."""
    return _web


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    """A Valkey of this test's own."""
    with Valkey(tmp_path) as server:
        yield server


@pytest.fixture
def start_web(tmp_path: Path) -> Iterator[Callable[..., Web]]:
    """Starts servers; they are stopped with the test."""
    started: list[Web] = []

    def start(redis_url: str, **variables: str) -> Web:
        started.append(Web(tmp_path, redis_url, **variables))
        return started[-1]

    yield start
    for web in started:
        web.process.kill()
        web.process.wait(60)
