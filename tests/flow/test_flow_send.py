"""One fax from the producer to its end, over real processes."""

import pytest

from faxdispatch import CancelFax, IdempotencyConflict, State
from tests.flow.harness import a_key, fresh_number


def types(events) -> list[str]:
    return [event.type for event in events]


def test_a_fax_is_delivered_and_every_step_is_published_in_order(stack):
    job_id = stack.send(tags=["flow"], client_state="mine")
    job = stack.wait_for(job_id)
    assert (job.state, job.attempt, job.page_count) == (State.DELIVERED, 1, 1)
    assert stack.sim.accepted(job_id) == 1
    events = stack.events(job_id)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert {"job.queued", "job.submitted", "job.accepted", "fax.queued", "fax.delivered"} <= set(types(events))
    assert types(events)[-1] == "fax.delivered"
    assert {(event.tags, event.client_state) for event in events} == {(("flow",), "mine")}


def test_busy_then_delivered(stack):
    job = stack.wait_for(stack.send(to=fresh_number(2)))
    assert (job.state, job.attempt, job.tries) == (State.DELIVERED, 2, {"busy": 1})
    assert stack.sim.accepted(job.job_id) == 2
    events = types(stack.events(job.job_id))
    assert events.index("fax.failed") < events.index("job.retrying") < events.index("fax.delivered")


def test_no_answer_is_given_up_after_the_attempts_it_has(stack):
    job = stack.wait_for(stack.send(to=fresh_number(11), max_attempts=3))
    assert (job.state, job.attempt, job.cause) == (State.FAILED, 3, "receiver_no_answer")
    assert stack.sim.accepted(job.job_id) == 3


def test_what_telnyx_refuses_is_rejected_with_its_words(stack):
    job = stack.wait_for(stack.send(media_name="there-is-none"))
    assert (job.state, job.cause) == (State.FAILED, "10017")
    assert stack.sim.accepted(job.job_id) == 0


def test_a_fax_under_way_is_cancelled_at_telnyx(stack):
    job_id = stack.send(to=fresh_number(9))
    stack.until(lambda: stack.status(job_id).provider_status == "sending")
    assert stack.client.cancel(job_id=job_id) == "wished"
    job = stack.wait_for(job_id)
    assert job.state is State.CANCELLED
    assert types(stack.events(job_id))[-1] == "job.cancelled"


def test_a_cancel_that_comes_too_late_changes_nothing(stack):
    job_id = stack.send()
    stack.wait_for(job_id, State.DELIVERED)
    assert stack.client.cancel(job_id=job_id) == "over"
    assert stack.status(job_id).state is State.DELIVERED


def test_the_same_key_is_the_same_fax(stack):
    asked = {"to": fresh_number(), "idempotency_key": a_key()}
    first = stack.send(**asked)
    assert stack.send(**asked) == first
    stack.wait_for(first, State.DELIVERED)
    assert stack.send(**asked) == first
    assert stack.sim.accepted(first) == 1
    with pytest.raises(IdempotencyConflict):
        stack.send(**asked, quality="normal")


def test_a_lost_last_webhook_is_replaced_by_polling(stack):
    job = stack.wait_for(stack.send(to=fresh_number(8)))
    assert job.state is State.DELIVERED
    assert stack.events(job.job_id)[-1].source == "poll"


def test_a_command_for_a_fax_that_is_not_there_becomes_a_dead_letter(stack):
    missing = "00000000-0000-4000-8000-000000000000"
    before = len(stack.events())
    stack.client.cancel(fax_id=missing)
    stack.until(
        lambda: any(e.type == "job.invalid" and e.data["task"] == CancelFax.TASK for e in stack.events()[before:])
    )


def test_a_received_fax_is_published_and_its_link_renewed(stack):
    fax = stack.sim.receive()
    stack.wait_for_event("fax.received", fax_id=fax["id"])
    stack.client.refresh(fax["id"])
    renewed = stack.wait_for_event("fax.refreshed", fax_id=fax["id"])
    assert renewed.data["media_url"] != fax["media_url"]
    assert renewed.data["media_url"] == stack.sim.fax(fax["id"])["media_url"]
