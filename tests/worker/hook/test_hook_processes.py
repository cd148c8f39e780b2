"""The worker survives every failure of the policy hook's processes, and gets one sentence about it."""

import os
import re
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from faxdispatch import Reject
from tests.conftest import eventually
from tests.worker.hook.harness import JOB, NOW, ROOT, SHORT, WELL, event, gone, hooked_here
from worker.hook import HookFailed
from worker.hook import pool as pool_module


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

    with pytest.raises(HookFailed, match="gave no answer in time; its process was killed"):
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
