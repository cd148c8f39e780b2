"""The policy hook in real processes: its input, its answers, and that it cannot harm the worker."""

import itertools
import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from faxdispatch import Change, Event, Hold, Priority, Reject, SendFax, Window
from faxdispatch.errors import Misconfigured
from faxdispatch.hooks import CHANGEABLE
from faxdispatch.settings import Settings
from tests.conftest import eventually
from worker.hook import Hook, HookFailed, apply, child
from worker.hook import pool as pool_module
from worker.hook import process as process_module

ROOT = Path(__file__).parent.parent.parent
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
_ids = itertools.count()
JOB = SendFax(to="+13125550200", from_="+13125550100", media_name="letter", job_id="j1", tags=("a",))
WELL = JOB.model_copy(update={"tags": ()})
"""One at which the hooks of these tests do not fail."""
AMPLE = 60.0
"""Seconds: a time-out that is not what the test is about."""
SHORT = 0.2
"""Seconds: the time-out of a hook that never answers."""
NAMES = """
import os, signal, sys, time
from datetime import datetime, timedelta, timezone
from faxdispatch import Change, Hold, Reject
"""
"""What the body of a hook may use."""


def another_fax() -> SendFax:
    return JOB.model_copy(update={"job_id": f"fax-{next(_ids)}"})


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def event(seq: int = 1, **data: object) -> Event:
    fields = {"id": f"j1-{seq}", "type": "fax.failed", "job_id": "j1", "seq": str(seq), "source": "webhook"}
    return Event.from_fields({**fields, "occurred_at": "1795425000000", "data": json.dumps(data)})


def source_of(body: str) -> str:
    return f"{NAMES}def check(job, history, now):\n{textwrap.indent(textwrap.dedent(body), '    ')}\n"


class Here:
    """A pool whose only process is this one, for tests of messages and counts."""

    def __init__(self, body: str) -> None:
        names: dict[str, Any] = {}
        exec(source_of(body), names)
        self._check = names["check"]

    @contextmanager
    def borrow(self, patience: float) -> Iterator[tuple["Here", float]]:
        yield self, patience

    def ask(self, question: bytes, deadline: float) -> bytes:
        return child._answered(self._check, question)


def hooked_here(body: str, *, clock: Callable[[], float] = lambda: 0.0) -> Hook:
    """Make a hook that runs in this process."""
    hook = Hook("rules:check", timeout=AMPLE, size=1, clock=clock)
    hook._pool.close()
    hook._pool = Here(body)
    return hook


@pytest.fixture
def hooked(tmp_path, monkeypatch):
    """Make a hook of the body of `check(job, history, now)`, or of a whole module."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(process_module, "LAST_WORDS", AMPLE)
    made = []

    def make(body="", *, module=None, path="rules:check", timeout=AMPLE, size=2):
        source = module if module is not None else source_of(body)
        (tmp_path / "rules.py").write_text(source, encoding="utf-8")
        made.append(Hook(path, timeout=timeout, size=size))
        return made[-1]

    yield make
    for hook in made:
        hook.close()


def gone(pid: int) -> bool:
    """Return whether no such process runs; a zombie does not count as running."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z"


# What it answers


def test_asking_returns_the_hooks_answer(hooked):
    answers = {
        "nothing": None,
        "seconds": Hold("holiday", seconds=60),
        "until": Hold("holiday", until=datetime(2026, 12, 1, 8, tzinfo=timezone(timedelta(hours=-6)))),
        "reject": Reject("on the list"),
        "change": Change(quality="normal", t38_enabled=False, black_threshold=40, media_name=None),
        "no change": Change(),
    }
    hook = hooked(
        """
        return {
            "nothing": None,
            "seconds": Hold("holiday", seconds=60),
            "until": Hold("holiday", until=datetime(2026, 12, 1, 8, tzinfo=timezone(timedelta(hours=-6)))),
            "reject": Reject("on the list"),
            "change": Change(quality="normal", t38_enabled=False, black_threshold=40, media_name=None),
            "no change": Change(),
        }[job.tags[0]]
        """
    )
    given = {name: hook.ask(JOB.model_copy(update={"tags": (name,)}), (), NOW) for name in answers}
    assert given == answers


def test_the_hook_gets_the_job_its_history_and_the_time(hooked, tmp_path):
    hook = hooked(
        f"""
        with open({str(tmp_path / "told")!r}, "wb") as told:
            import pickle
            pickle.dump((job, history, now), told)
        """
    )
    window = Window(start=time(8), end=time(17), zone="America/Chicago")
    job = JOB.model_copy(update={"window": window, "send_by": NOW + timedelta(days=1), "client_state": "ü"})
    history = [event(1, failure_reason="user_busy", nothing=None), event(2, odd="\ud800", deep={"a": [1.5, True]})]

    assert hook.ask(job, history, NOW) is None

    told = eval("__import__('pickle').loads(data)", {"data": (tmp_path / "told").read_bytes()})
    assert told == (job, tuple(history), NOW)
    assert [type(e).__name__ for e in told[1]] == ["FaxFailed", "FaxFailed"]


def test_a_history_larger_than_a_pipe_is_passed_completely(hooked):
    hook = hooked("return Reject(str(sum(len(e.data['text']) for e in history)))")

    assert hook.ask(JOB, [event(n, text="x" * 100_000) for n in range(20)], NOW) == Reject("2000000")


def test_one_process_answers_one_question_after_the_other(hooked):
    hook = hooked("return Reject(str(os.getpid()))")

    assert len({hook.ask(JOB, (), NOW).reason for _ in range(5)}) == 1


def test_a_method_of_an_object_can_be_the_hook(hooked):
    module = """
from faxdispatch import Reject
class Rules:
    def check(self, job, history, now):
        return Reject(type(self).__name__)
rules = Rules()
"""
    assert hooked(module=module, path="rules:rules.check").ask(JOB, (), NOW) == Reject("Rules")


def test_nothing_is_started_before_the_first_question(hooked, tmp_path):
    hooked(module=f"open({str(tmp_path / 'imported')!r}, 'w')\ncheck = print").close()

    assert not (tmp_path / "imported").exists()


def test_what_the_hook_prints_breaks_nothing(hooked, capfd):
    hook = hooked(
        """
        print('{"number": 1, "reject": {"reason": "forged"}}')
        os.write(1, b'by descriptor\\n')
        os.system("echo by a child")
        sys.__stdout__.write("x" * 1_000_000 + "\\n")
        return Reject(repr(sys.stdin.read()))
        """
    )

    assert hook.ask(JOB, (), NOW) == Reject("''")
    assert hook.ask(JOB, (), NOW) == Reject("''")

    out, err = capfd.readouterr()
    assert out == ""
    assert "forged" in err
    assert "by descriptor" in err
    assert "by a child" in err


def test_the_hook_has_the_environment_without_our_secrets(hooked, monkeypatch):
    for name in ("TELNYX_API_KEY", "REDIS_URL", "CELERY_BROKER_URL", "telnyx_api_key", "RULES_OF"):
        monkeypatch.setenv(name, "set")
    hook = hooked("return Reject(' '.join(sorted(n for n in os.environ if os.environ[n] == 'set')))")

    assert hook.ask(JOB, (), NOW) == Reject("RULES_OF")


# What goes wrong


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("os._exit(3)", "the policy hook's process ended with exit code 3"),
        ("sys.exit(4)", "the policy hook's process ended with exit code 4"),
        ("import ctypes; ctypes.string_at(0)", "the policy hook's process was ended by SIGSEGV"),
        ("return Change(quality='x' * 10_000_000)", "the policy hook's answer is longer than 65536 bytes"),
    ],
)
def test_a_failure_is_reported_in_one_sentence_and_the_next_question_is_answered(hooked, body, message):
    hook = hooked(f"if job.tags: {body}\nreturn Reject('well')")

    with pytest.raises(HookFailed, match=re.escape(message)):
        hook.ask(JOB, (), NOW)

    assert hook.ask(WELL, (), NOW) == Reject("well")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("raise KeyError('nope')", "the policy hook raised KeyError: 'nope'"),
        ("raise ValueError('one\\ntwo')", "the policy hook raised ValueError: one two"),
        ("return 42", "it returned int; it must return Hold, Reject, Change or None"),
        ("return Reject", "it returned type; it must return"),
        ("return Hold('a')", "raised ValueError: Hold: exactly one of until and seconds is needed"),
        ("return Hold('a', seconds=1, until=now)", "raised ValueError: Hold: exactly one of until and seconds"),
        ("return Hold('a', until=now.replace(tzinfo=None))", "until has no time zone"),
        ("return Hold('a', until='tomorrow')", "raised TypeError: Hold: until is a str, not a datetime"),
        ("return Hold('a', seconds=float('nan'))", "seconds must be above 0"),
        ("return Hold('a', seconds=0)", "seconds must be above 0"),
        ("return Hold('a', seconds=1e300)", "seconds must be above 0 and at most"),
        ("return Hold('a', seconds=True)", "seconds is a bool, not a number"),
        ("return Reject('')", "reason must be one line of 1 to 200 printable characters"),
        ("return Reject('a\\nb')", "reason must be one line"),
        ("return Reject('x' * 201)", "reason must be one line"),
        ("return Reject(None)", "raised TypeError: reason is a NoneType, not text"),
        ("return Change(quality=object())", "gave an unusable answer: Object of type object is not JSON serializable"),
        ("return Change(black_threshold=float('inf'))", "gave an unusable answer"),
    ],
)
def test_an_invalid_answer_is_reported_in_one_sentence(body, message):
    with pytest.raises(HookFailed, match=re.escape(message)):
        hooked_here(body).ask(JOB, (), NOW)


def test_after_a_failure_the_next_question_goes_to_a_new_process(hooked):
    hook = hooked("if job.tags: raise ValueError\nreturn Reject(str(os.getpid()))")
    first = hook.ask(WELL, (), NOW)

    with pytest.raises(HookFailed):
        hook.ask(JOB, (), NOW)

    assert hook.ask(WELL, (), NOW) != first


@pytest.mark.parametrize("never", ["while True: pass", "time.sleep(3600)", "os.kill(os.getpid(), signal.SIGSTOP)"])
def test_a_hook_that_never_answers_is_killed_when_its_time_is_over(hooked, never):
    hook = hooked(f"if job.tags:\n    {never}\nreturn Reject(str(os.getpid()))")
    pid = int(hook.ask(WELL, (), NOW).reason)
    hook._timeout = SHORT

    with pytest.raises(HookFailed, match="gave no answer within FAX_POLICY_HOOK_TIMEOUT; its process was killed"):
        hook.ask(JOB, (), NOW)

    assert gone(pid)


def test_processes_of_a_hanging_hook_are_killed_with_it(hooked):
    hook = hooked(
        """
        import subprocess
        if job.tags:
            time.sleep(3600)
        return Reject(str(subprocess.Popen(["sleep", "3600"]).pid))
        """
    )
    pid = int(hook.ask(WELL, (), NOW).reason)
    assert not gone(pid)
    hook._timeout = SHORT

    with pytest.raises(HookFailed):
        hook.ask(JOB, (), NOW)

    assert eventually(lambda: gone(pid))


def test_a_process_that_reads_nothing_holds_up_no_one(hooked):
    hook = hooked("return None")
    hook.ask(JOB, (), NOW)
    [process] = hook._pool._idle
    os.kill(process._process.pid, signal.SIGSTOP)
    hook._timeout = SHORT

    with pytest.raises(HookFailed, match="gave no answer"):
        hook.ask(JOB, [event(text="x" * 5_000_000)], NOW)


def test_a_process_that_died_while_idle_is_replaced_unnoticed(hooked):
    hook = hooked("return Reject('well')")
    hook.ask(JOB, (), NOW)
    [process] = hook._pool._idle
    os.kill(process._process.pid, signal.SIGKILL)
    os.waitid(os.P_PID, process._process.pid, os.WEXITED | os.WNOWAIT)

    assert hook.ask(JOB, (), NOW) == Reject("well")


def test_an_answer_to_an_earlier_question_is_never_taken_for_one_to_this(hooked):
    # After the fork two processes answer, and what the second says may be read as the answer to the next question.
    hook = hooked("if 'fork' in job.tags and os.fork() == 0: return Change(media_name='secret')\nreturn None")
    answers = []
    for tag in ("fork", "b", "c", "d"):
        with suppress(HookFailed):
            answers.append((tag, hook.ask(JOB.model_copy(update={"tags": (tag,)}), (), NOW)))

    others = [answer for tag, answer in answers if tag != "fork"]
    assert others
    assert set(map(type, others)) == {type(None)}


@pytest.mark.parametrize(
    ("module", "path", "message"),
    [
        ("", "no_such_rules:check", "no_such_rules:check cannot be used: ModuleNotFoundError: No module named"),
        ("1 / 0", "rules:check", "rules:check cannot be used: ZeroDivisionError: division by zero"),
        ("check = 42", "rules:check", "rules:check cannot be used: TypeError: it is of type int, which cannot be"),
        ("import os\nos._exit(5)", "rules:check", "the policy hook's process ended with exit code 5"),
    ],
)
def test_a_hook_that_cannot_be_imported_is_reported_with_the_reason(hooked, module, path, message):
    with pytest.raises(HookFailed, match=re.escape(message)):
        hooked(module=module, path=path).ask(JOB, (), NOW)


def test_a_hook_that_hangs_in_its_import_is_killed(hooked, monkeypatch):
    monkeypatch.setattr(pool_module, "PATIENCE", SHORT)

    with pytest.raises(HookFailed, match=r"was not imported within 0\.2 s; its process was killed"):
        hooked(module="import time\ntime.sleep(3600)").ask(JOB, (), NOW)


def test_the_import_does_not_count_towards_the_time_for_the_answer(hooked):
    hook = hooked(module=f"import time\ntime.sleep({2 * SHORT})\ncheck = lambda *_: None")

    with hook._pool.borrow(SHORT) as (_, left):
        assert left > 0


@pytest.mark.parametrize("error", ["ValueError", "BaseException"])
def test_numbers_reach_neither_message_nor_log(hooked, capfd, error):
    with pytest.raises(HookFailed) as failure:
        hooked(f"raise {error}(f'cannot find {{job.to}}')").ask(JOB, (), NOW)

    log = capfd.readouterr().err
    assert "Traceback" in log
    assert error in log
    assert "3125550200" not in str(failure.value) + log


# Many at once


def test_many_threads_each_get_the_answer_to_their_own_question(hooked):
    hook = hooked("return Reject(f'{job.job_id} {os.getpid()}')", size=3)

    def ask(number: int) -> tuple[str, str]:
        name = f"job-{number}"
        return name, hook.ask(JOB.model_copy(update={"job_id": name}), (), NOW).reason

    with ThreadPoolExecutor(12) as threads:
        answers = list(threads.map(ask, range(300)))

    assert all(reason.split()[0] == name for name, reason in answers)
    assert len({reason.split()[1] for _, reason in answers}) <= 3


def test_the_end_of_a_thread_ends_no_process(hooked):
    hook = hooked("return Reject(str(os.getpid()))")
    first = threading.Thread(target=hook.ask, args=(JOB, (), NOW))
    first.start()
    first.join()
    [process] = hook._pool._idle

    assert hook.ask(JOB, (), NOW) == Reject(str(process._process.pid))


def test_waiting_for_a_free_process_counts_towards_the_time(hooked, tmp_path):
    begun, go = tmp_path / "begun", tmp_path / "go"
    hook = hooked(
        f"open({str(begun)!r}, 'w')\nwhile not os.path.exists({str(go)!r}): time.sleep(0.01)\nreturn Reject('well')",
        size=1,
    )
    with ThreadPoolExecutor(1) as threads:
        busy = threads.submit(hook.ask, JOB, (), NOW)
        eventually(begun.exists)
        hook._timeout = SHORT

        with pytest.raises(HookFailed, match=r"all 1 processes of the policy hook were busy for 0\.2 s"):
            hook.ask(JOB, (), NOW)

        go.touch()
        assert busy.result() == Reject("well")


# The breaker


def test_after_three_failures_in_a_row_the_hook_is_paused_and_then_tried_once(tmp_path):
    clock, calls = Clock(), tmp_path / "calls"
    count = f"with open({str(calls)!r}, 'a') as calls: calls.write('x')"
    hook = hooked_here(f"{count}\nif job.tags: raise ValueError\nreturn Reject('well')", clock=clock)

    def failure() -> str:
        with pytest.raises(HookFailed) as told:
            hook.ask(another_fax(), (), NOW)
        return str(told.value)

    assert [failure() for _ in range(3)] == ["the policy hook raised ValueError"] * 3
    assert failure() == "the policy hook failed for 3 faxes in a row and is not asked; it is tried again in 30 s"
    clock.now = 29.9
    with pytest.raises(HookFailed, match="is not asked"):
        hook.ask(WELL, (), NOW)
    assert calls.read_text() == "xxx"
    clock.now = 30
    assert failure() == "the policy hook raised ValueError"
    assert "is not asked" in failure()
    clock.now = 60
    assert hook.ask(WELL, (), NOW) == Reject("well")
    assert hook.ask(WELL, (), NOW) == Reject("well")
    assert failure() == "the policy hook raised ValueError"


def test_one_fax_on_which_the_hook_always_fails_does_not_keep_it_from_the_others():
    hook = hooked_here("if job.tags: raise ValueError\nreturn Reject('well')")
    for _ in range(5):
        with pytest.raises(HookFailed, match="raised ValueError"):
            hook.ask(JOB, (), NOW)

    assert hook.ask(WELL, (), NOW) == Reject("well")


def test_an_answer_forgets_the_failures_before_it():
    hook = hooked_here("if job.tags: raise ValueError\nreturn Reject('well')")
    for _ in range(2):
        for _ in range(2):
            with pytest.raises(HookFailed, match="raised ValueError"):
                hook.ask(another_fax(), (), NOW)

        assert hook.ask(WELL, (), NOW) == Reject("well")


def test_only_one_question_at_a_time_tries_the_hook_again(tmp_path):
    clock, go, begun = Clock(), tmp_path / "go", tmp_path / "begun"
    hook = hooked_here(
        f"if job.tags: raise ValueError\nopen({str(begun)!r}, 'w').close()\n"
        f"while not os.path.exists({str(go)!r}): time.sleep(0.01)\nreturn Reject('well')",
        clock=clock,
    )
    for _ in range(3):
        with pytest.raises(HookFailed):
            hook.ask(another_fax(), (), NOW)
    clock.now = 30
    with ThreadPoolExecutor(1) as threads:
        trial = threads.submit(hook.ask, WELL, (), NOW)
        eventually(begun.exists)

        with pytest.raises(HookFailed, match="tried again at this moment by another fax"):
            hook.ask(JOB, (), NOW)

        go.touch()
        assert trial.result() == Reject("well")


# Its end


def test_closing_ends_the_processes_and_later_questions_fail(hooked):
    hook = hooked("return Reject(str(os.getpid()))")
    pid = int(hook.ask(JOB, (), NOW).reason)

    hook.close()

    assert gone(pid)
    with pytest.raises(HookFailed, match="the worker stops"):
        hook.ask(JOB, (), NOW)
    hook.close()


PARENT = """
import sys, threading, time
from contextlib import suppress
from datetime import UTC, datetime
from faxdispatch import SendFax
from worker.hook import Hook

job = SendFax(to="+13125550200", media_name="letter", job_id="j1", tags=sys.argv[1:])
hook = Hook("rules:check", timeout=3600, size=1)
threading.Thread(target=hook.ask, args=(job, (), datetime.now(UTC)), daemon=True).start()
time.sleep(3600)
"""


@pytest.mark.parametrize("tags", [[], ["busy"]], ids=["idle", "in a loop"])
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing ends a loop whose worker was killed")
def test_a_worker_that_is_killed_leaves_no_process_of_the_hook(tmp_path, tags):
    rules = """
import os
def check(job, history, now):
    open(os.environ["PID_FILE"], "w").write(str(os.getpid()))
    while job.tags: pass
"""
    (tmp_path / "rules.py").write_text(rules, encoding="utf-8")
    file = tmp_path / "pid"
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]),
        "PID_FILE": str(file),
    }
    worker = subprocess.Popen([sys.executable, "-c", PARENT, *tags], env=environment, cwd=ROOT)
    pid = int(eventually(lambda: file.exists() and file.read_text()))
    assert not gone(pid)

    worker.kill()
    worker.wait()

    assert eventually(lambda: gone(pid))


# What it may change


def test_a_change_gives_the_job_with_other_options_and_nothing_else():
    changed = apply(
        Change(quality="normal", from_="+1 312 555 0188", media_url="https://a.test/b", media_name=None), JOB
    )

    assert changed == JOB.model_copy(
        update={"quality": "normal", "from_": "+13125550188", "media_url": "https://a.test/b", "media_name": None}
    )
    assert apply(Change(), JOB) == JOB


def test_a_national_number_is_read_in_the_region_of_the_settings():
    assert apply(Change(from_="312 555 0188"), JOB, region="US").from_ == "+13125550188"


@pytest.mark.parametrize("name", [*sorted(SendFax.model_fields.keys() - CHANGEABLE), "from", "colour"])
def test_no_other_field_may_be_changed(name):
    with pytest.raises(
        HookFailed, match=f"the policy hook wants to change {name}; it may change only black_threshold,"
    ):
        apply(Change(**{name: "x"}), JOB)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (Change(quality="best"), "the policy hook's change is wrong: quality: "),
        (Change(from_="0"), "the policy hook's change is wrong: from_: "),
        (Change(media_url="http://a.test/b", media_name=None), "media_url: must begin with https://"),
        (Change(media_url="https://a.test/b"), "both are given"),
        (Change(media_name=None), "neither is given"),
        (Change(black_threshold=[]), "black_threshold: "),
    ],
)
def test_a_change_to_a_wrong_value_names_field_and_problem(change, message):
    with pytest.raises(HookFailed, match=re.escape(message)):
        apply(change, JOB)


def test_a_hold_lasts_at_least_a_second():
    assert Hold("a", until=NOW - timedelta(days=1)).due(NOW) == NOW + timedelta(seconds=1)
    assert Hold("a", seconds=1e-9).due(NOW) == NOW + timedelta(seconds=1)
    assert Hold("a", seconds=90).due(NOW) == NOW + timedelta(seconds=90)
    assert Hold("a", until=NOW + timedelta(days=1)).due(NOW) == NOW + timedelta(days=1)


# Settings


def test_without_the_setting_there_is_no_hook(no_settings):
    assert Hook.from_settings(Settings.load()) is None


def test_the_settings_name_the_hook_its_time_and_one_process_a_thread(no_settings):
    no_settings.setenv("FAX_POLICY_HOOK", "rules.of_ours:check")
    no_settings.setenv("FAX_POLICY_HOOK_TIMEOUT", "0.5")
    no_settings.setenv("FAX_WORKER_CONCURRENCY", "3")

    hook = Hook.from_settings(Settings.load())

    assert (hook._pool._path, hook._timeout, hook._pool._size) == ("rules.of_ours:check", 0.5, 3)
    hook.close()


@pytest.mark.parametrize("path", ["rules", "rules.check", ":check", "rules:", "ru les:check", "rules:check()", "a:b:c"])
def test_a_path_of_another_form_is_refused_at_once(no_settings, path):
    no_settings.setenv("FAX_POLICY_HOOK", path)

    with pytest.raises(Misconfigured, match=r"FAX_POLICY_HOOK: not of the form package\.module:callable"):
        Settings.load()


# Example and explanation


@pytest.fixture
def example(monkeypatch, tmp_path):
    (tmp_path / "unwanted").write_text("+13125550299\n")
    monkeypatch.setenv("DO_NOT_FAX", str(tmp_path / "unwanted"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    hook = Hook("examples.policy_hook:check", timeout=AMPLE, size=1)
    yield hook
    hook.close()


def test_the_example_decides_as_it_says(example):
    christmas = datetime(2026, 12, 25, 18, tzinfo=UTC)
    urgent = JOB.model_copy(update={"priority": Priority.URGENT})

    assert example.ask(JOB, (), NOW) is None
    assert example.ask(JOB.model_copy(update={"to": "+13125550299"}), (), NOW) == Reject("on the do-not-fax list")
    assert example.ask(JOB, (), christmas) == Hold("holiday", until=datetime(2026, 12, 26, 6, tzinfo=UTC))
    assert example.ask(urgent, (), christmas) is None
    assert example.ask(JOB, [event(1), event(2)], NOW) == Change(quality="normal")


def test_the_explanation_names_what_may_be_changed_and_its_rules_work(hooked):
    text = (ROOT / "docs" / "policy-hook.md").read_text(encoding="utf-8")
    paragraph = text.split("may change these options")[1].split(". ")[0]
    hook = hooked(module=text.split("```python\n")[1].split("```")[0])

    assert set(re.findall(r"`(\w+)`", paragraph)) - {"SendFax"} == CHANGEABLE
    assert hook.ask(JOB, (), NOW) is None
    assert hook.ask(JOB.model_copy(update={"to": "+442079460123"}), (), NOW) == Reject("no faxes abroad")
    archived = JOB.model_copy(update={"tags": ("archive",)})
    assert hook.ask(archived, (), NOW).due(NOW) == NOW.replace(hour=22, minute=0)
    scan = JOB.model_copy(update={"tags": ("radiology",)})
    assert apply(hook.ask(scan, (), NOW), scan).from_ == "+13125550188"
