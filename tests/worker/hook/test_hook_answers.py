"""The arguments, answers and changes of the policy hook, and the truth of the pages about it."""

import re
from datetime import UTC, datetime, time, timedelta, timezone

import pytest

from faxdispatch import Change, Hold, Priority, Reject, SendFax, Window
from faxdispatch.errors import Misconfigured
from faxdispatch.hooks import CHANGEABLE
from faxdispatch.settings import Settings
from tests.worker.hook.harness import AMPLE, JOB, NOW, ROOT, event
from worker.hook import Hook, HookFailed, apply
from worker.hook.asking import TIMEOUT


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
        with open({str(tmp_path / "passed")!r}, "wb") as file:
            import pickle
            pickle.dump((job, history, now), file)
        """
    )
    window = Window(start=time(8), end=time(17), zone="America/Chicago")
    job = JOB.model_copy(update={"window": window, "send_by": NOW + timedelta(days=1), "client_state": "ü"})
    history = [event(1, failure_reason="user_busy", nothing=None), event(2, odd="\ud800", deep={"a": [1.5, True]})]

    assert hook.ask(job, history, NOW) is None

    passed = eval("__import__('pickle').loads(data)", {"data": (tmp_path / "passed").read_bytes()})
    assert passed == (job, tuple(history), NOW)
    assert [type(e).__name__ for e in passed[1]] == ["FaxFailed", "FaxFailed"]


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


def test_the_settings_name_the_hook_and_one_process_a_thread(no_settings):
    no_settings.setenv("FAX_POLICY_HOOK", "rules.of_ours:check")
    no_settings.setenv("FAX_WORKER_CONCURRENCY", "3")

    hook = Hook.from_settings(Settings.load())

    assert (hook._pool._path, hook._pool._size) == ("rules.of_ours:check", 3)
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


def test_the_explanation_names_the_time_for_an_answer():
    text = (ROOT / "docs" / "policy-hook.md").read_text(encoding="utf-8")

    assert f"it gives no answer within {TIMEOUT:g} s " in text


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
