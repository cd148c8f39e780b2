"""Questions of producers: fair turns, none lost, none asked twice, and none forever in memory."""

import pytest

from faxdispatch.ledger import Question, Questions
from tests.ledger.steps import START

FAX = {"media_name": "letter"}


@pytest.fixture
def questions(desk):
    return Questions(desk.scripts)


def sync(**about):
    return Question("fax.sync.v1", about, "m")


def test_a_producer_with_one_question_does_not_wait_behind_one_with_many(desk, questions):
    many = [f"many-{at}" for at in range(50)]
    desk.create(*many, group="many")
    desk.create("one", group="one")
    for job_id in many:
        questions.put(sync(job_id=job_id))
    questions.put(sync(job_id="one"))

    assert sync(job_id="one") in questions.take(limit=2)


def test_faxes_without_a_job_take_turns_by_connection(desk, questions):
    redis = desk.scripts.redis
    for at in range(50):
        redis.hset(f"fax:inbound:a{at}", "connection", "c1")
        questions.put(Question("fax.refresh.v1", {"fax_id": f"a{at}"}, "m"))
    redis.hset("fax:inbound:b", "connection", "c2")
    questions.put(Question("fax.refresh.v1", {"fax_id": "b"}, "m"))

    assert [question.payload["fax_id"] for question in questions.take(limit=2)] in (["a0", "b"], ["b", "a0"])


def test_a_repeated_question_is_asked_once_while_it_waits_and_again_after_its_answer(questions):
    questions.put(sync(fax_id="f"))
    questions.put(Question("fax.sync.v1", {"fax_id": "f"}, "another message"))
    [question] = questions.take(limit=9)
    questions.put(sync(fax_id="f"))
    assert questions.take(limit=9) == []
    questions.done(question.id)
    questions.put(sync(fax_id="f"))
    assert len(questions.take(limit=9)) == 1


def test_a_question_whose_worker_is_gone_is_asked_anew(desk, questions):
    questions.put(sync(fax_id="f"))
    [question] = questions.take(limit=9)
    desk.scripts.now = START + 29_000
    assert questions.take(limit=9) == []
    desk.scripts.now = START + 31_000
    assert questions.take(limit=9) == [question]


def test_no_more_questions_are_given_out_than_workers_may_have_at_a_time(questions):
    for at in range(120):
        questions.put(sync(fax_id=f"f{at}"))
    assert [len(questions.take(limit=n)) for n in (60, 60, 60)] == [60, 40, 0]
    assert questions.waiting() == 120


def test_answered_questions_leave_nothing_behind(desk, questions):
    for at in range(5):
        questions.put(sync(fax_id=f"f{at}"))
    for question in questions.take(limit=9):
        questions.done(question.id)
    questions.take(limit=9)
    assert desk.scripts.redis.keys("fax:questions*") == []
