"""`demo`, `up`, `simulate` and the Procfile, as a user runs them."""

import json
import os
import re
import signal
import sys

import httpx
import pytest

from faxdispatch import FaxClient, State
from faxdispatch.supervisor import roles as processes
from faxdispatch.supervisor.checkout import checkout
from tests.conftest import eventually
from tests.flow.commands import ROOT, Command
from tests.flow.harness import FAST, PATIENCE, SENDER, installation

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds its processes in /proc")


@pytest.fixture
def home(tmp_path):
    """The folder in which commands are started."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def start(home):
    """Start commands."""
    started = []

    def run(*words, **settings):
        started.append(Command(*words, folder=home, **{"FAX_CONSOLE_PORT": "0", "FAX_ADMIN_PORT": "0"} | settings))
        return started[-1]

    yield run
    for command in started:
        command.close()


DOCUMENT = "https://example.com/fax.pdf"


def test_demo_ends_well_and_prints_only_json(start):
    demo = start("faxdispatch", "demo", "--json", CELERY_BROKER_URL="redis://127.0.0.1:1/0")
    answer = json.loads(demo.process.stdout.read())
    assert demo.end() == 0, demo.errors
    assert (answer["simulation"], answer["ok"], answer["problems"]) == (True, True, [])
    assert len(answer["faxes"]) >= 20
    assert {fax["actual"] for fax in answer["faxes"]} == {"delivered", "failed", "cancelled"}
    assert "SIMULATION" in demo.errors
    demo.assert_nothing_left()


def test_an_interrupted_demo_leaves_nothing(start, home):
    demo = start("faxdispatch", "demo")
    demo.wait_for_line("accepted")
    assert len(demo.family()) == 5
    assert demo.stop(signal.SIGINT) == 130, demo.errors
    demo.assert_nothing_left()
    assert not list(home.glob("faxdispatch-demo-*"))


def test_a_demo_that_is_killed_leaves_no_process(start):
    demo = start("faxdispatch", "demo")
    demo.wait_for_line("accepted")
    assert demo.stop(signal.SIGKILL) == -signal.SIGKILL
    demo.assert_nothing_left()


def test_up_keeps_everything_over_a_restart_and_says_what_the_server_says_of_a_damaged_file(start, programs, home):
    up = start("faxdispatch", "up", "--simulate", PORT=str(processes.free_port()), **FAST)
    said = up.wait_for_line("--wait")
    console, password = re.search(r"console +(http\S+)\n +sign in as operator with (\S+);", said).groups()
    assert _signs_in(console, "operator", password)
    assert not _signs_in(console, "operator", "nonsense")
    url = _redis_url(said)
    first = FaxClient(url).send(to="+14155550100", media_url=DOCUMENT, idempotency_key="first").job_id
    eventually(lambda: FaxClient(url).status(first).state is State.DELIVERED, within=PATIENCE)
    # One that never ends by itself: after the restart the simulated Telnyx must still know it.
    endless = FaxClient(url).send(to="+14155550109", media_url=DOCUMENT).job_id
    eventually(lambda: FaxClient(url).status(endless).state is State.ACCEPTED, within=PATIENCE)
    # A canary needs only the settings that it prints.
    words = [line.split() for line in said.splitlines()]
    exported = dict(word[1].split("=", 1) for word in words if word[:1] == ["export"])
    canary = command(programs, home, "canary", "+14155550100", "--yes", **exported)
    assert canary.code == 0, canary.err
    refused = command(programs, home, "up", "--simulate", PORT=str(processes.free_port()))
    assert refused.code == 1
    assert "another `faxdispatch up` runs with" in refused.err
    assert up.stop(signal.SIGTERM) == 0
    up.assert_nothing_left()

    again = start("faxdispatch", "up", "--simulate", PORT=str(processes.free_port()), **FAST)
    assert _redis_url(again.wait_for_line("REDIS_URL")) == url
    client = FaxClient(url)
    assert client.status(first).state is State.DELIVERED
    assert not client.send(to="+14155550100", media_url=DOCUMENT, idempotency_key="first").created
    second = client.send(to="+14155550100", media_url=DOCUMENT).job_id
    eventually(lambda: client.status(second).state is State.DELIVERED, within=PATIENCE)
    client.cancel(job_id=endless)
    eventually(lambda: client.status(endless).state is State.CANCELLED, within=PATIENCE)
    # As when the terminal is closed.
    assert again.stop(signal.SIGHUP) == 0
    again.assert_nothing_left()

    [file] = home.glob("**/appendonlydir/*.incr.aof")
    content = bytearray(file.read_bytes())
    content[0] ^= 1
    file.write_bytes(content)
    damaged = start("faxdispatch", "up", "--simulate", PORT=str(processes.free_port()), **FAST)
    assert damaged.end() == 1
    assert "Bad file format reading the append only file" in damaged.errors
    assert "faxdispatch restore" in damaged.errors


@pytest.mark.parametrize(
    ("words", "settings", "said"),
    [
        ((), {}, "TELNYX_API_KEY, TELNYX_PUBLIC_KEY: not set"),
        (("--simulate",), {"REDIS_URL": "redis://127.0.0.1:1/0"}, "REDIS_URL is set"),
        ((), {"PORT": "none"}, "PORT"),
    ],
    ids=["keys missing", "simulation on a real Redis", "wrong setting"],
)
def test_up_refuses_a_bad_environment_in_one_line(programs, home, words, settings, said):
    up = command(programs, home, "up", *words, **settings)
    assert up.code == 2
    assert said in up.err
    assert len(up.err.splitlines()) == 1
    assert not (home / ".fax-data").exists()


def test_simulate_prints_where_it_is_and_serves_until_stopped(start):
    simulate = start("faxdispatch", "simulate", "--port", "0", "--api-key", "KEY_FLOW")
    about = json.loads(simulate.process.stdout.readline())
    assert (about["simulation"], about["api_key"]) == (True, "KEY_FLOW")
    assert httpx.get(f"{about['control_url']}/health", trust_env=False).json()["simulation"] is True
    assert simulate.stop(signal.SIGTERM) == 0
    simulate.assert_nothing_left()


def test_the_procfile_under_honcho_delivers_and_stops_cleanly_and_the_environment_wins(start, home, tmp_path):
    (home / ".env").write_text("REDIS_URL=redis://127.0.0.1:1/0\n")
    with installation(tmp_path, workers=0, web=False) as flow:
        honcho = start(
            *("honcho", "-f", str(ROOT / "Procfile"), "-d", str(home), "-e", os.devnull, "start"),
            **(
                FAST
                | processes.simulated(flow.sim.about)
                | {"REDIS_URL": flow.redis_url, "FAX_FROM": SENDER, "PORT": str(flow.web_port)}
                | {"PYTHONPATH": os.pathsep.join(filter(None, (str(checkout()), os.environ.get("PYTHONPATH"))))}
            ),
        )
        job = flow.wait_for(flow.send())
        assert job.state is State.DELIVERED
        # By webhook, so that it came through honcho's web process.
        assert flow.events(job.job_id)[-1].source == "webhook"
        honcho.stop(signal.SIGTERM)
        honcho.assert_nothing_left()


def command(programs, folder, *words, **settings):
    """Run a command to its end."""
    surroundings = processes.environment({"FAX_CONSOLE_PORT": "0"} | settings, inherit=False)
    return programs.run("-m", "faxdispatch.cli", *words, settings=surroundings, folder=folder)


def _signs_in(console: str, name: str, password: str) -> bool:
    with httpx.Client(base_url=console, trust_env=False) as browser:
        token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/sign-in").text)[1]
        form = {"csrf_token": token, "name": name, "password": password}
        return browser.post("/sign-in", data=form).status_code == 303


def _redis_url(said: str) -> str:
    return next(line.partition("REDIS_URL=")[2] for line in said.splitlines() if "REDIS_URL=" in line)
