"""The installation that most flow tests share; each takes fresh numbers and waits for the end of its own faxes."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from faxdispatch.cli.app import run
from tests.flow.harness import Flow, installation
from tests.flow.rabbitmq import RabbitMQ, running_rabbitmq


def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    for item in items:
        if "/flow/" in str(item.path):
            item.add_marker(pytest.mark.flow)
            if "stack" in item.fixturenames:
                item.add_marker(pytest.mark.xdist_group("stack"))


@pytest.fixture(scope="package")
def _shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flow]:
    folder = tmp_path_factory.mktemp("flow")
    with installation(folder, FAX_INBOUND_DIR=str(folder / "inbound")) as flow:
        yield flow


@pytest.fixture
def stack(_shared: Flow) -> Iterator[Flow]:
    """A running installation with one worker; faults are switched off before and after."""
    _shared.sim.no_faults()
    yield _shared
    _shared.sim.no_faults()


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run a command in the test's folder; return what it printed, and fails where it ends with another code."""
    monkeypatch.chdir(tmp_path)

    def call(*words: str, code: int = 0, **variables: str) -> str:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        capsys.readouterr()
        ended = run(words)
        out, err = capsys.readouterr()
        assert ended == code, err
        return out

    return call


@pytest.fixture
def command(stack: Flow, cli: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Run a command on the shared installation."""
    for name, value in {"REDIS_URL": stack.redis_url, "USER": "ada", "FAX_DEFAULT_REGION": "US"}.items():
        monkeypatch.setenv(name, value)
    return cli


@pytest.fixture(scope="package")
def rabbitmq_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    with running_rabbitmq(tmp_path_factory.mktemp("rabbitmq")) as server:
        yield server
