"""Deletion at Telnyx: every fax is deleted there after its end, if that is configured."""

from pathlib import Path

from faxdispatch import State
from tests.flow.harness import fresh_number, installation

BUSY_FIRST = 50
"""Scenario: fails once, then is delivered."""


def test_ended_faxes_are_deleted_at_telnyx(tmp_path: Path):
    wishes = {"FAX_INBOUND_DIR": str(tmp_path / "inbound"), "FAX_TELNYX_DELETE_AFTER": "1"}
    with installation(tmp_path, **wishes) as flow:
        jobs = [flow.send(), flow.send(to=fresh_number(BUSY_FIRST)), flow.send(to=fresh_number(10))]
        received = flow.sim.receive()["id"]
        states = {flow.wait_for(job_id).state for job_id in jobs}
        assert states <= {State.DELIVERED, State.FAILED}
        flow.until(lambda: flow.sim.control.get("/faxes").json()["data"] == [])

        flow.wait_for_event("fax.deleted", fax_id=received)
        for job_id in jobs:
            history = flow.status(job_id).history
            accepted = {event.fax_id for event in history if event.type == "job.accepted"}
            assert {event.fax_id for event in history if event.type == "fax.deleted"} == accepted
        assert flow.sim.report()["deleted"] == 1 + sum(flow.status(job_id).attempt for job_id in jobs)
        assert (tmp_path / "inbound" / f"{received}.pdf").exists()
