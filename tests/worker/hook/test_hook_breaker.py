"""A policy hook that fails for one fax after the other is not asked for a while."""

import itertools
from concurrent.futures import ThreadPoolExecutor

import pytest

from faxdispatch import Reject, SendFax
from tests.clock import Clock
from tests.conftest import eventually
from tests.worker.hook.harness import JOB, NOW, WELL, hooked_here
from worker.hook import HookFailed

_ids = itertools.count()


def another_fax() -> SendFax:
    return JOB.model_copy(update={"job_id": f"fax-{next(_ids)}"})


def test_after_three_failures_in_a_row_the_hook_is_paused_and_then_tried_once(tmp_path):
    clock, calls = Clock(), tmp_path / "calls"
    count = f"with open({str(calls)!r}, 'a') as calls: calls.write('x')"
    hook = hooked_here(f"{count}\nif job.tags: raise ValueError\nreturn Reject('well')", clock=clock)

    def failure() -> str:
        with pytest.raises(HookFailed) as raised:
            hook.ask(another_fax(), (), NOW)
        return str(raised.value)

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
