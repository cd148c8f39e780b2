"""The command line, run in this process with an environment of its own."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from faxdispatch.cli.app import run
from faxdispatch.ledger import Ledger, Scripts, connect
from faxdispatch.settings import Settings

SENDER = "+13125550199"


@dataclass
class Result:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def surroundings(monkeypatch, tmp_path, redis_url) -> Iterator[pytest.MonkeyPatch]:
    """An environment with Redis, where no link is asked."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("REDIS_URL", redis_url)
    # Links of tests lead nowhere.
    monkeypatch.setenv("FAX_LINK_CHECK", "off")
    return monkeypatch


@pytest.fixture
def cli(surroundings, capsys) -> Callable[..., Result]:
    """Run a command; gives exit code and what it printed."""

    def call(*arguments: str, **variables: str) -> Result:
        for name, value in variables.items():
            surroundings.setenv(name, value)
        capsys.readouterr()
        code = run(arguments)
        return Result(code, *capsys.readouterr())

    return call


@pytest.fixture
def redis(redis_url):
    with connect(redis_url) as client:
        yield client


@pytest.fixture
def ledger(redis) -> Ledger:
    return Ledger(Scripts(redis))


@pytest.fixture(scope="session")
def simulator() -> Iterator[dict[str, Any]]:
    """A simulated Telnyx."""
    command = [sys.executable, "-m", "simulator", "--port", "0", "--webhook-url", "http://127.0.0.1:9/webhooks/telnyx"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        yield json.loads(process.stdout.readline())
        process.terminate()


@pytest.fixture
def telnyx(simulator, surroundings) -> dict[str, Any]:
    """The settings that lead to the simulated Telnyx are in the environment."""
    surroundings.setenv("TELNYX_BASE_URL", simulator["base_url"])
    surroundings.setenv("TELNYX_API_KEY", simulator["api_key"])
    surroundings.setenv("TELNYX_PUBLIC_KEY", simulator["public_key"])
    surroundings.setenv("FAX_CONNECTION_ID", simulator["connection_id"])
    surroundings.setenv("FAX_FROM", SENDER)
    return simulator
