"""The supervisor: its processes are ready, restarted, and always stopped in the end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from faxdispatch.subprocesses.child import Child, Role
from faxdispatch.supervisor.signals import StopSignal, stop_signals
from faxdispatch.supervisor.stack import Stack, StackError
from tests.conftest import eventually

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")

SPEAK_AND_STAY = "print('ready', flush=True); import time; time.sleep(600)"


def role(tmp_path: Path, code: str, *, name: str = "one", **more) -> Role:
    return Role(name, [sys.executable, "-c", code], os.environ, tmp_path, **more)


def is_ready(child: Child) -> bool:
    return "ready" in child.lines


def gone(pid: int) -> bool:
    """No such process, or one that has ended and was not yet collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_what_a_process_said_last_is_known_as_soon_as_it_is_known_to_have_ended(tmp_path):
    # The first line is taken only when the process is gone.
    child = Child(role(tmp_path, "print('one'); print('two')"), lambda *_: eventually(lambda: gone(child.pid)))

    eventually(lambda: child.exit_code is not None)

    assert list(child.lines) == ["one", "two"]
    child.stop()


def test_starts_when_ready_and_leaves_nothing(tmp_path):
    said = []
    with Stack(lambda name, line: said.append((name, line))) as stack:
        child = stack.start(role(tmp_path, SPEAK_AND_STAY, ready=is_ready))
        assert child.exit_code is None
    assert ("one", "ready") in said
    assert child.exit_code == -signal.SIGTERM


def test_failing_start_says_why_and_stops_the_others(tmp_path):
    with Stack() as stack:
        first = stack.start(role(tmp_path, SPEAK_AND_STAY, ready=is_ready))
        unlucky = role(tmp_path, "print('no such luck'); exit(3)", name="two", ready=is_ready)
        with pytest.raises(StackError, match=r"two ended with exit code 3: no such luck"):
            stack.start(unlucky)
    assert first.exit_code is not None


def test_start_that_takes_too_long_is_given_up(tmp_path):
    with pytest.raises(StackError, match=r"not ready within 0\.2 s"), Stack() as stack:
        stack.start(role(tmp_path, SPEAK_AND_STAY, ready=lambda _: False), within=0.2)


def test_a_process_that_ends_by_itself_is_restarted_and_reported(tmp_path):
    said = []
    with Stack(lambda _, line: said.append(line)) as stack:
        first = stack.start(role(tmp_path, SPEAK_AND_STAY, ready=is_ready))
        first.send(signal.SIGKILL)
        stack.watch(until=lambda: stack["one"] is not first and is_ready(stack["one"]))
        assert stack["one"].pid != first.pid
    assert "ended with exit code -9; started again in 0.5 s" in said


def test_a_process_that_ignores_sigterm_is_killed_after_the_grace_period(tmp_path):
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SPEAK_AND_STAY
    with Stack() as stack:
        child = stack.start(role(tmp_path, deaf, ready=is_ready, grace=0.2))
    assert child.exit_code == -signal.SIGKILL


def test_stops_in_reverse_order(tmp_path):
    telling = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(print('bye'))); " + SPEAK_AND_STAY
    said = []
    with Stack(lambda name, line: said.append((name, line))) as stack:
        for name in ("first", "second", "third"):
            stack.start(role(tmp_path, telling, name=name, ready=is_ready))
    assert [name for name, line in said if line == "bye"] == ["third", "second", "first"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_end_everything(tmp_path, number):
    started = []

    def run():
        with stop_signals(), Stack() as stack:
            started.append(stack.start(role(tmp_path, SPEAK_AND_STAY, ready=is_ready)))
            os.kill(os.getpid(), number)
            stack.watch()

    with pytest.raises(StopSignal) as raised:
        run()
    assert raised.value.exit_code == 128 + number
    assert started[0].exit_code is not None


SUPERVISOR = """
import os, sys
from pathlib import Path
from faxdispatch.subprocesses.child import Role
from faxdispatch.supervisor.stack import Stack
with Stack() as stack:
    child = stack.start(Role("one", [sys.executable, "-c", sys.argv[1]], os.environ, Path(".")))
    print(child.pid, flush=True)
    stack.watch()
"""


@LINUX
def test_no_child_outlives_a_supervisor_that_is_killed():
    supervisor = subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, SPEAK_AND_STAY], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    with supervisor:
        child = int(supervisor.stdout.readline())
        supervisor.kill()
    eventually(lambda: gone(child))


def test_a_crash_loop_is_slowed_down(tmp_path):
    said = []
    with Stack(lambda _, line: said.append(line)) as stack:
        stack.start(role(tmp_path, "pass"))
        end = time.monotonic() + 30
        stack.watch(until=lambda: len(said) == 3 or time.monotonic() > end)
    assert [line.rpartition(" in ")[2] for line in said] == ["0.5 s", "1 s", "2 s"]
