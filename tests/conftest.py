"""What all tests share: a real Valkey, started once for each test process and emptied before each test."""

import gc
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType, SimpleNamespace
from typing import Any, Self, TypeVar

import hypothesis
import pytest
from redis import Redis
from redis.exceptions import RedisError

from faxdispatch import FaxClient
from faxdispatch.cli.app import run
from faxdispatch.documents.preflight import examining
from faxdispatch.documents.preflight.lookers import Lookers
from faxdispatch.ledger import Patience
from faxdispatch.settings import Settings
from faxdispatch.subprocesses.parent_death import ending_with_parent
from faxdispatch.supervisor.roles import free_port
from faxdispatch.supervisor.valkey import valkey_command
from tests.ledger.campaign_desk import CampaignDesk
from tests.programs import Programs

T = TypeVar("T")

# Tests start some two hundred processes, and without kept bytecode each compiles all of our modules for itself.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# Processes of tests buffer what they print, as those of our users do.
os.environ.pop("PYTHONUNBUFFERED", None)

# Modules and seven thousand collected tests stay to the end: looking for garbage among them takes half of collecting.
gc.disable()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seeds", type=int, default=12, help="walks of each model test: few here, thousands by night")


def pytest_configure() -> None:
    """Keep what surrounds the tests out of them.

    A shell that runs the tests in its background ignores SIGINT, and what is ignored is ignored by every process they
    start: the commands among those must be interruptible.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # Servers of tests are on this machine, where no proxy of its user leads, and commands print for no terminal.
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "COLUMNS", "LINES", "FORCE_COLOR", "NO_COLOR"):
        os.environ.pop(name, None)
        os.environ.pop(name.lower(), None)
    # Celery obeys some variables whatever its app was given.
    settings = {field.upper() for field in Settings.model_fields}
    for name in [name for name in os.environ if name in settings or name.startswith("CELERY_")]:
        del os.environ[name]


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name documents and long text by their argument: two processes must collect tests of the same names, and a
    document that is made while tests are collected holds the moment at which it was made.
    """
    longest = {bytes: 40, str: 100}.get(type(val))
    return argname if longest and len(val) > longest else None  # type: ignore[arg-type] # it is one of the two


# How long an example takes says how busy the machine is, and nothing of the code. Each run tries the same examples, so
# that a test fails because of a change; with the other profile each run tries its own.
hypothesis.settings.register_profile(
    "search", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow], print_blob=True
)
hypothesis.settings.register_profile("ours", hypothesis.settings.get_profile("search"), derandomize=True)
hypothesis.settings.load_profile("ours")


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what waits for real processes, so that at the end no process has one of these left to do alone."""
    for item in items:
        if isinstance(item, pytest.Function) and "programs" in item.fixturenames:
            item.add_marker(pytest.mark.xdist_group("programs"))
    items.sort(key=lambda item: item.path.parent.name not in {"flow", "browser", "chaos"})


def pytest_collection_finish() -> None:
    """Collect garbage from here on, but not among the collected tests."""
    gc.freeze()
    gc.enable()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was not tested for want of a browser, and how to have it tested."""
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if "no browser" in str(report.longrepr)]
    if skipped:
        terminalreporter.write_line(
            f"{len(skipped)} tests of the console in a browser were skipped: install Debian's package chromium "
            "(apt-get install chromium), or name a Chromium in CHROMIUM"
        )


def eventually(probe: Callable[[], T], *, within: float = 90, every: float = 0.02) -> T:
    """Wait until `probe` gives something true, and give it; fail after `within` seconds with what it gave last."""
    end = time.monotonic() + within
    while True:
        found = probe()
        if found:
            return found
        if time.monotonic() > end:
            pytest.fail(f"did not come true within {within} s; last seen: {found!r}")
        time.sleep(every)


def answers(url: str) -> bool:
    try:
        return bool(Redis.from_url(url).ping())
    except RedisError:
        return False


class Valkey:
    """A real Valkey with the durability that we ask of every server. A test may hang it, kill it and start it again.

    Of an option that is given twice, the later value counts.
    """

    def __init__(self, folder: Path, *options: str) -> None:
        folder.mkdir(exist_ok=True)
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._command = ending_with_parent([*valkey_command(folder, self.port), *options])
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self.kill()

    def start(self) -> None:
        self.process = subprocess.Popen(self._command)
        try:
            eventually(lambda: answers(self.url))
        except BaseException:
            self.kill()
            raise

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(60)

    def hang(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    @cached_property
    def client(self) -> Any:
        return Redis(port=self.port, decode_responses=True)


@contextmanager
def valkey_in_memory() -> Iterator[str]:
    """Run a Valkey whose files are in memory where there is room; gives its address.

    It writes through to its files after every command.
    """
    with TemporaryDirectory(prefix="valkey-", dir=_memory()) as folder, Valkey(Path(folder)) as server:
        yield server.url


def _memory() -> Path | None:
    """Return a folder whose files are kept in memory, on Linux; a container may have a small one."""
    shared = Path("/dev/shm")
    return shared if shared.is_dir() and shutil.disk_usage(shared).free > 1_000_000_000 else None


@pytest.fixture(scope="session")
def valkey_url() -> Iterator[str]:
    """Address of the Valkey of this test process."""
    with valkey_in_memory() as url:
        yield url


@pytest.fixture
def redis_url(valkey_url: str) -> str:
    """Address of an empty Redis."""
    with Redis.from_url(valkey_url) as client:
        client.flushall()
    return valkey_url


@pytest.fixture
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An empty folder to work in; `pytest_configure` has taken the settings out of the environment."""
    monkeypatch.chdir(tmp_path)
    return monkeypatch


@pytest.fixture
def surroundings(no_settings: pytest.MonkeyPatch, redis_url: str) -> pytest.MonkeyPatch:
    """An environment with an empty Redis, in which no link is checked."""
    no_settings.setenv("REDIS_URL", redis_url)
    # Links of tests lead nowhere.
    no_settings.setenv("FAX_LINK_CHECK", "off")
    return no_settings


@dataclass
class Result:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def cli(surroundings: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Run a command in this process, with further variables in its environment."""

    def call(*arguments: str, **variables: str) -> Result:
        for name, value in variables.items():
            surroundings.setenv(name, value)
        capsys.readouterr()
        code = run(arguments)
        return Result(code, *capsys.readouterr())

    return call


@pytest.fixture
def desk(redis_url: str) -> CampaignDesk:
    """Campaigns in an empty ledger, by Redis' own clock."""
    return CampaignDesk.by_redis_clock(redis_url)


@pytest.fixture
def client(redis_url: str, desk: CampaignDesk) -> FaxClient:
    """A client of the desk's ledger, to whom numbers without + are American."""
    return FaxClient(redis_url, region="US", ledger=desk.ledger)


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let receivers in this process wait for a Redis that a busy machine holds up."""
    monkeypatch.setattr("webhook.app._DEADLINE", 60)
    monkeypatch.setattr("webhook.app.Patience", SimpleNamespace(WEBHOOK=Patience.READER))


@pytest.fixture(scope="session")
def telnyx_sdk() -> ModuleType:
    """Telnyx's own SDK. Its 1,600 modules are loaded by the one test process that asks for them: see group "sdk"."""
    return importlib.import_module("telnyx")


@pytest.fixture(scope="session")
def _looker() -> Iterator[Lookers]:
    with Lookers() as shared:
        yield shared


@pytest.fixture
def one_looker(_looker: Lookers, monkeypatch: pytest.MonkeyPatch) -> None:
    """One process looks into the documents of all tests that use this: to start one takes longer than to look."""
    monkeypatch.setattr(examining, "Lookers", lambda: nullcontext(_looker))


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Programs]:
    """Runs our programs to their ends. Tests that use it are in group "programs", so that there is one of it."""
    made = Programs(tmp_path_factory.mktemp("programs"))
    yield made
    made.close()
