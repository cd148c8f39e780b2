"""The demonstration can fail: each kind of difference is found and named."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from faxdispatch import Event, State
from faxdispatch.demo.recipients import RECIPIENTS, Recipient
from faxdispatch.demo.verdict import judge
from faxdispatch.telnyx.client_state import encode_client_state

RECIPIENT = Recipient("Somebody", "+14155550110", "letter.pdf", State.FAILED, calls=1, cause="user_busy")
TYPES = ("job.queued", "job.submitted", "job.accepted", "fax.failed", "job.exhausted")


def event(seq: int, kind: str) -> Event:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    return Event(id=f"j-{seq}", type=kind, job_id="j", seq=seq, occurred_at=moment, source="test")


def verdict(*, recipient=RECIPIENT, state=State.FAILED, cause="user_busy", accepted=(1,), seqs=(1, 2, 3, 4, 5), **more):
    run = SimpleNamespace(
        jobs={"j": recipient},
        views={"j": SimpleNamespace(job_id="j", state=state, cause=cause, attempt=len(accepted))},
        events={"j": [event(seq, kind) for seq, kind in zip(seqs, TYPES, strict=True)]},
        doubled=more.pop("doubled", []),
        seconds=1.0,
    )
    states = {encode_client_state("j", n): {"accepted": count} for n, count in enumerate(accepted, 1)}
    report = {"posts_total": 1, "accepted_total": 1, "delivered": 0, "failed": 1, "webhooks": {}}
    return judge(run, report | {"client_states": states | more.pop("others", {})})


def test_expected_results_are_right_and_shown_with_their_steps():
    found = verdict()
    assert found.ok
    assert found.faxes[0].way == ["queued", "submitted", "accepted", "failed: None", "given up"]
    assert found.as_json()["simulation"] is True


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"state": State.ACCEPTED}, "expected failed, is accepted"),
        ({"cause": "receiver_decline"}, "expected to fail with user_busy, did with receiver_decline"),
        ({"accepted": ()}, "Telnyx should have accepted 1 fax, did 0"),
        ({"accepted": (1, 1)}, "Telnyx should have accepted 1 fax, did 2"),
        ({"accepted": (2,), "recipient": replace(RECIPIENT, calls=2)}, "Telnyx accepted one attempt twice"),
        ({"seqs": (1, 2, 2, 3, 4)}, "the consumer did not read every event once and in order"),
        ({"seqs": (1, 2, 4, 5, 6)}, "the consumer did not read every event once and in order"),
    ],
)
def test_differing_results_are_named(change, said):
    found = verdict(**change)
    assert not found.ok
    assert found.faxes[0].problems == [said]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"doubled": ["k"]}, "k: a repeated request made a second fax"),
        ({"others": {"": {"accepted": 1}}}, "the simulator got faxes that belong to no recipient"),
        (
            {"others": {encode_client_state("x", 1): {"accepted": 1}}},
            "the simulator got faxes that belong to no recipient",
        ),
    ],
)
def test_events_of_no_fax_are_named(change, said):
    found = verdict(**change)
    assert not found.ok
    assert found.problems[0].startswith(said)


def test_each_recipient_has_a_number_of_its_own():
    assert len({recipient.number for recipient in RECIPIENTS}) == len(RECIPIENTS)
