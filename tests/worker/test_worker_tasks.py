"""What becomes of a message whose work cannot be done now."""

from types import SimpleNamespace

import pytest
from celery.exceptions import Reject

from faxdispatch.errors import AccountRefused, NoSuchResource, NotSent, OutcomeUnknown, RateLimited, Unavailable
from worker import tasks


def test_a_producers_message_goes_back_to_the_broker_while_redis_is_away(monkeypatch):
    monkeypatch.setattr(tasks, "RETURN_AFTER", 0)

    def work(task, **payload):
        raise Unavailable("Redis is away")

    with pytest.raises(Reject) as told:
        tasks._kept(work)(SimpleNamespace(request=SimpleNamespace(id="m1")), to="+14155550100")
    assert told.value.requeue


@pytest.mark.parametrize("task", [tasks.send_fax, tasks.cancel_fax, tasks.sync_status, tasks.refresh_media])
def test_every_message_that_a_producer_may_send_is_kept_so(task):
    assert task.run.__wrapped__.__module__ == tasks.__name__


@pytest.mark.parametrize("kind", [AccountRefused, NotSent, OutcomeUnknown, RateLimited])
def test_a_question_about_a_job_that_fails_for_now_is_no_dead_letter(kind):
    assert tasks._needs_no_letter("j1", kind("for now"))


def test_a_question_that_nobody_asks_again_or_that_has_an_answer_is_one():
    assert not tasks._needs_no_letter(None, NotSent("for now"))
    assert not tasks._needs_no_letter("j1", NoSuchResource("gone", status=404))
