"""Messages that cannot be carried out now, or at all."""

import pytest
from celery.exceptions import Reject

from faxdispatch.errors import AccountRefused, NoSuchResource, NotSent, OutcomeUnknown, RateLimited, Unavailable
from faxdispatch.jobs import JOBS, CancelFax, FindInbound, SendFax, SyncStatus
from faxdispatch.ledger import Scripts, connect
from faxdispatch.settings import Settings
from tests.worker.doubles import celery_app, collaborators
from worker import intake, tasks
from worker.messaging.gate import TOGETHER, Asked
from worker.messaging.reminders import REMINDERS, Ask, Fetch


@pytest.fixture
def app(redis_url):
    return celery_app(collaborators(Scripts(connect(redis_url)), Settings()))


def call(app, kind, payload, **given):
    """Have a message of a kind done, as Celery does."""
    return app.tasks[kind.TASK].apply(args=(payload, given), task_id="m1").result


def test_every_message_that_the_gate_lets_through_has_a_task(app):
    for kind in (*JOBS, *REMINDERS):
        assert app.tasks[kind.TASK].run.__wrapped__.__module__ == tasks.__name__


def test_a_producers_message_goes_back_to_the_broker_while_redis_is_unreachable(app, monkeypatch):
    def away(*_args, **_options):
        raise Unavailable("Redis is away")

    monkeypatch.setattr(tasks, "RETURN_AFTER", 0)
    monkeypatch.setattr(app.collaborators.questions, "put", away)
    answer = call(app, FindInbound, {})
    assert isinstance(answer, Reject)
    assert answer.requeue


def test_a_producers_message_that_causes_an_unforeseen_error_becomes_a_dead_letter(app, monkeypatch):
    def stumbles(*_args, **_options):
        raise ZeroDivisionError

    monkeypatch.setattr(app.collaborators.questions, "put", stumbles)
    call(app, FindInbound, {})
    letter = app.collaborators.ledger.dead_letters.get("m1")
    assert (letter.reason, letter.problem) == ("ZeroDivisionError", "unexpected ZeroDivisionError")


def answer(app):
    """Ask the questions whose turn it is."""
    for question in app.collaborators.questions.take(limit=10):
        about = {"task": question.task, "payload": question.payload, "message_id": question.message_id}
        call(app, Ask, {**about, "question": question.id})


def test_a_producers_question_waits_for_its_turn_and_is_then_asked_once(app, monkeypatch):
    asked = []
    monkeypatch.setattr(tasks, "ask", lambda fax_id, _: asked.append(fax_id))
    for _ in range(3):
        call(app, SyncStatus, {"fax_id": "fax-1"})
    assert asked == []
    answer(app)
    answer(app)
    assert asked == ["fax-1"]
    assert app.collaborators.questions.waiting() == 0


@pytest.mark.parametrize("error", [RateLimited("no slot"), Unavailable("away")])
def test_a_question_without_a_slot_keeps_waiting_and_is_not_a_dead_letter(app, monkeypatch, error):
    def refuses(*_args):
        raise error

    monkeypatch.setattr(tasks, "ask", refuses)
    call(app, SyncStatus, {"fax_id": "fax-1"})
    answer(app)
    assert app.collaborators.ledger.dead_letters.newest() == []
    assert app.collaborators.questions.waiting() == 1


def test_a_question_that_causes_an_unforeseen_error_becomes_a_dead_letter_and_is_dropped(app, monkeypatch):
    monkeypatch.setattr(tasks, "ask", lambda *_: 1 / 0)
    call(app, SyncStatus, {"fax_id": "fax-1"})
    answer(app)
    [letter] = app.collaborators.ledger.dead_letters.newest()
    assert (letter.id, letter.reason) == ("m1", "ZeroDivisionError")
    assert app.collaborators.questions.waiting() == 0


def test_an_invalid_reminder_becomes_a_dead_letter(app):
    call(app, Fetch, {"surplus": "x" * 10_000})
    [letter] = app.collaborators.ledger.dead_letters.newest()
    assert letter.reason == "InvalidJob"


@pytest.mark.parametrize("kind", [AccountRefused, NotSent, OutcomeUnknown, RateLimited])
def test_a_question_that_fails_temporarily_is_not_a_dead_letter(kind):
    assert tasks._needs_no_dead_letter("j1", kind("for now"))


def test_a_question_without_a_retry_or_with_a_final_answer_becomes_a_dead_letter():
    assert not tasks._needs_no_dead_letter(None, NotSent("for now"))
    assert not tasks._needs_no_dead_letter("j1", NoSuchResource("gone", status=404))


def together(app, *asked):
    """Carry out messages that came together; each is an id, a payload and, if it is not a fax, a task."""
    messages = [Asked(task, identity, payload) for identity, payload, task in asked]
    return app.tasks[TOGETHER].apply(args=(messages,), task_id="first").result


def fax(identity, place, **options):
    return identity, {"to": f"+1312555{place:04}", "media_name": "letter", **options}, SendFax.TASK


def states(app, *jobs):
    return [job and job.state for job in app.collaborators.ledger.jobs(jobs)]


def test_faxes_received_together_are_recorded_by_one_call_and_stay_separate(app, monkeypatch):
    calls = []
    create_many = app.collaborators.ledger.create_many
    monkeypatch.setattr(
        app.collaborators.ledger,
        "create_many",
        lambda new, **about: calls.append(len(new)) or create_many(new, **about),
    )
    other = ("m5", {"fax_id": "0cae2f42-b704-420c-ad15-8cac51a2a2bd"}, SyncStatus.TASK)
    wrong = ("m6", {"to": "nobody", "media_name": "letter"}, SendFax.TASK)
    again = fax("m7", 3, idempotency_key="k")
    # The last one is the first message, delivered twice.
    asked = (fax("m1", 1), wrong, fax("m2", 2, idempotency_key="k"), other, again, fax("m3", 4), fax("m1", 1))
    assert together(app, *asked) is None
    assert calls == [5]
    assert states(app, "m1", "m2", "m3") == ["held"] * 3
    assert states(app, "m6", "m7") == [None, None]
    letters = {letter.id: letter.reason for letter in app.collaborators.ledger.dead_letters.newest()}
    assert letters == {"m6": "InvalidJob", "m7": "IdempotencyConflict"}
    assert app.collaborators.questions.waiting() == 1


def test_faxes_of_a_worker_that_died_before_it_acknowledged_them_are_the_same_faxes(app, monkeypatch):
    class Killed(BaseException):
        pass

    def dies(*_):
        raise Killed

    asked = fax("m1", 1), fax("m2", 2)
    with monkeypatch.context() as dying:
        dying.setattr(intake, "run_attempts", dies)
        with pytest.raises(Killed):
            together(app, *asked)
    assert states(app, "m1", "m2") == ["queued"] * 2
    assert together(app, *asked) is None
    assert states(app, "m1", "m2") == ["held"] * 2
    assert app.collaborators.ledger.dead_letters.newest() == []


def test_faxes_received_together_go_back_together_if_they_are_not_as_durable_as_a_claim(app, monkeypatch):
    monkeypatch.setattr(tasks, "RETURN_AFTER", 0)
    monkeypatch.setattr(app.collaborators.barrier, "durable_since", lambda _: False)
    answer = together(app, fax("m1", 1), fax("m2", 2))
    assert isinstance(answer, Reject)
    assert answer.requeue


def test_a_fax_that_causes_an_unforeseen_error_holds_up_none_received_with_it(app, monkeypatch):
    create_many = app.collaborators.ledger.create_many

    def stumbles(new, **about):
        if any(one.job_id == "m2" for one in new):
            raise ZeroDivisionError
        return create_many(new, **about)

    monkeypatch.setattr(app.collaborators.ledger, "create_many", stumbles)
    assert together(app, fax("m1", 1), fax("m2", 2), ("m3", {"job_id": "nobody"}, CancelFax.TASK)) is None
    assert states(app, "m1", "m2") == ["held", None]
    letters = {letter.id: letter.reason for letter in app.collaborators.ledger.dead_letters.newest()}
    assert letters == {"m2": "ZeroDivisionError", "m3": "NotKnown"}
