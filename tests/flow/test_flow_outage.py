"""No webhook ever comes: every fax still ends, because Telnyx is asked."""

from faxdispatch import State
from tests.flow.harness import Flow, fresh_number


def test_without_any_webhook_every_job_ends_as_telnyx_says(stack: Flow) -> None:
    stack.sim.faults(webhook_outage=True)
    expected = {
        stack.send(): State.DELIVERED,
        stack.send(to=fresh_number(2)): State.DELIVERED,  # busy once
        stack.send(to=fresh_number(33)): State.FAILED,  # an unallocated number
    }

    ended = {job_id: stack.wait_for(job_id) for job_id in expected}

    assert {job_id: job.state for job_id, job in ended.items()} == expected
    for job in ended.values():
        events = [event for event in job.history if event.type in {"fax.delivered", "fax.failed"}]
        assert {event.source for event in events} == {"poll"}
        assert stack.sim.accepted(job.job_id) == job.attempt
