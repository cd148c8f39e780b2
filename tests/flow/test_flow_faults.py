"""Faults between us and Telnyx: one fax for each attempt, and none lost.

Which answer means what is shown by tests/telnyx/test_telnyx_send_outcomes.py.
"""

import pytest

from faxdispatch import State


@pytest.mark.parametrize("fault", ["drop_after", "no_id"])
def test_an_accepted_fax_whose_answer_is_lost_is_found_and_not_sent_again(stack, fault):
    # Without webhooks, only the listing shows the result.
    stack.sim.faults(next_posts=[fault], webhook_lose=1)
    job_id = stack.send()
    stack.until(lambda: any(e.type == "job.unknown" for e in stack.events(job_id)))
    stack.sim.faults(webhook_lose=0)
    job = stack.wait_for(job_id)
    assert (job.state, job.attempt) == (State.DELIVERED, 1)
    assert stack.sim.accepted(job_id) == 1


def test_a_fax_that_was_never_accepted_is_sent_once_more(stack):
    stack.sim.faults(next_posts=["drop_before"])
    job_id = stack.send()
    job = stack.wait_for(job_id)
    assert (job.state, job.attempt) == (State.DELIVERED, 2)
    assert {number: sends["accepted"] for number, sends in stack.sim.sends(job_id).items()} == {1: 0, 2: 1}


def test_a_listing_that_fails_is_no_evidence(stack):
    stack.sim.faults(next_posts=["drop_after"], list_error=1, webhook_lose=1)
    job_id = stack.send()
    stack.wait_for(job_id, State.UNKNOWN)
    asked = stack.sim.report()["calls"].get("GET /faxes", 0)
    stack.until(lambda: stack.sim.report()["calls"].get("GET /faxes", 0) >= asked + 4)
    assert stack.status(job_id).state is State.UNKNOWN
    stack.sim.no_faults()
    assert stack.wait_for(job_id).state is State.DELIVERED
    assert stack.sim.accepted(job_id) == 1


def test_a_question_that_telnyx_does_not_answer_is_asked_again_and_not_a_dead_letter(stack):
    def letters():
        return [event for event in stack.events() if event.type == "job.invalid"]

    before = letters()
    stack.sim.faults(webhook_lose=1)
    job_id = stack.send()
    stack.wait_for(job_id, State.ACCEPTED)
    stack.sim.faults(html_502=1)
    asked = stack.sim.report()["faults_injected"].get("html_502", 0)
    # A call is tried three times, so a fourth one belongs to a second question.
    stack.until(lambda: stack.sim.report()["faults_injected"].get("html_502", 0) >= asked + 4)
    stack.sim.no_faults()
    assert stack.wait_for(job_id).state is State.DELIVERED
    assert letters() == before


def test_a_429_uses_up_no_attempt(stack):
    stack.sim.faults(rate_429=1)
    job_id = stack.send(max_attempts=1)
    stack.until(lambda: stack.status(job_id).hold_reason == "rate_limited")
    stack.sim.no_faults()
    job = stack.wait_for(job_id)
    assert (job.state, job.dials) == (State.DELIVERED, 0)
    assert stack.sim.accepted(job_id) == 1


def test_doubled_and_reordered_webhooks_are_published_once(stack):
    stack.sim.faults(webhook_double=1, webhook_reorder=1)
    job_id = stack.send()
    assert stack.wait_for(job_id).state is State.DELIVERED
    stack.until(lambda: stack.sim.report()["webhooks"]["pending"] == 0)
    ids = [event.id for event in stack.events(job_id)]
    assert len(set(ids)) == len(ids)
