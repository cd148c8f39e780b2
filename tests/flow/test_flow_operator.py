"""An operator's verdicts and resends, over real processes: each is still one fax."""

import pytest
from celery import Celery

from faxdispatch import State, Verdict
from tests.flow.harness import TOKEN, fresh_number


@pytest.fixture
def bad(stack) -> str:
    """The id of a message that no worker could carry out; it is a dead letter."""
    stranger = Celery("stranger", broker=stack.broker_url, set_as_current=False)
    sent = stranger.send_task("fax.send.v1", kwargs={"to": "12", "media_name": TOKEN}, queue="fax.send")
    stack.until(lambda: arrivals(stack, sent.id) == 1)
    return str(sent.id)


def arrivals(stack, message_id: str) -> int:
    """Return how many events say that the message is not a job."""
    return sum(e.type == "job.invalid" and e.id.startswith(message_id) for e in stack.events())


def test_a_dead_letter_resent_without_a_correction_comes_back(stack, bad):
    stack.client.redrive(bad)

    stack.until(lambda: arrivals(stack, bad) == 2)
    assert stack.client.dead_letters.get(bad).reason == "InvalidJob"


def test_a_corrected_dead_letter_is_one_fax_under_its_own_id_however_often_it_is_resent(stack, bad):
    number = fresh_number()
    first = stack.client.dead_letters.get(bad)
    stack.client.redrive(bad, {"to": number})
    assert stack.until(lambda: any(e.type == "fax.delivered" for e in stack.events(bad)))

    # This is the state if the first was sent but not yet deleted.
    stack.client._ledger.dead_letters.add(
        bad, letter=first.model_dump(mode="json", by_alias=True), facts={}, source="test"
    )
    stack.client.redrive(bad, {"to": number})
    after = stack.send()

    assert stack.wait_for(after).state is State.DELIVERED
    assert stack.sim.accepted(bad) == 1


def test_an_unknown_send_that_no_listing_can_resolve_is_resolved_by_an_operator(stack):
    stack.sim.faults(next_posts=["drop_after"], list_error=1, webhook_lose=1)
    job_id = stack.send()
    stack.wait_for(job_id, State.UNKNOWN)
    (fax_id,) = stack.sim.sends(job_id)[1]["fax_ids"]
    stack.client.resolve(job_id, Verdict.ACCEPTED, fax_id=fax_id, reason="portal", operator="ada")

    assert stack.wait_for(job_id).state is State.DELIVERED
    assert stack.events(job_id)[-1].source == "poll"
    assert stack.sim.accepted(job_id) == 1


def test_a_send_resolved_as_not_sent_is_sent_at_once(stack):
    stack.sim.faults(next_posts=["drop_before"], list_error=1)
    job_id = stack.send()
    stack.wait_for(job_id, State.UNKNOWN)
    stack.client.resolve(job_id, Verdict.NOT_SENT, reason="portal", operator="ada")

    job = stack.wait_for(job_id)
    assert (job.state, job.attempt) == (State.DELIVERED, 2)
    assert {number: sends["accepted"] for number, sends in stack.sim.sends(job_id).items()} == {1: 0, 2: 1}
