"""Questions of producers: fair turns, none lost, none asked twice, and none for ever in memory."""

import pytest

from faxdispatch.ledger import Question, Questions
from tests.ledger.conftest import START
from tests.ledger.desk import Desk

FAX = {"media_name": "letter"}


@pytest.fixture
def desk(redis_url):
    return Desk(redis_url)


@pytest.fixture
def line(desk):
    return Questions(desk.scripts)


def sync(**about):
    return Question("fax.sync.v1", about, "m")


def test_a_producer_with_one_question_does_not_wait_behind_one_with_many(desk, line):
    many = [f"many-{at}" for at in range(50)]
    desk.create(*many, group="many")
    desk.create("one", group="one")
    for job_id in many:
        line.put(sync(job_id=job_id))
    line.put(sync(job_id="one"))

    assert sync(job_id="one") in line.take(limit=2)


def test_faxes_without_a_job_take_turns_by_connection(desk, line):
    redis = desk.scripts.redis
    for at in range(50):
        redis.hset(f"fax:inbound:a{at}", "connection", "c1")
        line.put(Question("fax.refresh.v1", {"fax_id": f"a{at}"}, "m"))
    redis.hset("fax:inbound:b", "connection", "c2")
    line.put(Question("fax.refresh.v1", {"fax_id": "b"}, "m"))

    assert [question.payload["fax_id"] for question in line.take(limit=2)] in (["a0", "b"], ["b", "a0"])


def test_the_same_question_is_asked_once_while_it_waits_and_again_after_its_answer(line):
    line.put(sync(fax_id="f"))
    line.put(Question("fax.sync.v1", {"fax_id": "f"}, "another message"))
    [question] = line.take(limit=9)
    line.put(sync(fax_id="f"))
    assert line.take(limit=9) == []
    line.done(question.id)
    line.put(sync(fax_id="f"))
    assert len(line.take(limit=9)) == 1


def test_a_question_whose_worker_is_gone_is_asked_anew(desk, line):
    line.put(sync(fax_id="f"))
    [question] = line.take(limit=9)
    desk.scripts.now = START + 29_000
    assert line.take(limit=9) == []
    desk.scripts.now = START + 31_000
    assert line.take(limit=9) == [question]


def test_no_more_are_told_than_workers_may_have_at_a_time(line):
    for at in range(120):
        line.put(sync(fax_id=f"f{at}"))
    assert [len(line.take(limit=n)) for n in (60, 60, 60)] == [60, 40, 0]
    assert line.waiting() == 120


def test_nothing_of_questions_that_have_their_answers_stays(desk, line):
    for at in range(5):
        line.put(sync(fax_id=f"f{at}"))
    for question in line.take(limit=9):
        line.done(question.id)
    line.take(limit=9)
    assert desk.scripts.redis.keys("fax:questions*") == []
