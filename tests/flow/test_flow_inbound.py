"""Inbound faxes through real processes: webhooks, worker, storage, outages."""

import json
from pathlib import Path
from typing import Any

import pytest

from faxdispatch.events import Event
from faxdispatch.ledger import DocumentPlace, Inbox
from tests.flow.harness import Flow


def stored(stack: Flow, fax_id: str) -> Event:
    return stack.wait_for_event("fax.stored", fax_id=fax_id)


def kinds(stack: Flow, fax_id: str) -> list[str]:
    return [event.type for event in stack.events(fax_id=fax_id) if event.note is None]


def received_event(stack: Flow, fax_id: str | None) -> Event:
    """Return the one new event: a webhook that repeats a listing's report has a note."""
    (event,) = [e for e in stack.events(fax_id=fax_id) if e.type == "fax.received" and e.note is None]
    return event


def test_an_inbound_fax_is_published_stored_and_announced(stack: Flow):
    fax = stack.sim.receive(pages=3)
    event = stored(stack, fax["id"])

    file = Path(event.data["file"])
    assert file == stack.folder / "inbound" / f"{fax['id']}.pdf"
    assert file.read_bytes().startswith(b"%PDF-")
    # Nobody else on the machine can read it.
    assert [path.stat().st_mode & 0o077 for path in (file, file.parent)] == [0, 0]
    assert json.loads(file.with_suffix(".json").read_text())["sha256"] == event.data["sha256"]
    assert (event.data["page_count"], event.data["from"], event.data["to"]) == (3, fax["from"], fax["to"])
    assert kinds(stack, fax["id"])[-2:] == ["fax.received", "fax.stored"]


def test_a_tiff_is_stored_as_one(stack: Flow):
    event = stored(stack, stack.sim.receive(kind="tiff")["id"])
    assert event.data["content_type"] == "image/tiff"
    assert event.data["file"].endswith(".tiff")


def test_a_partial_fax_says_so_and_is_stored(stack: Flow):
    event = stored(stack, stack.sim.receive(partial_content=True)["id"])
    assert event.data["partial_content"] is True
    assert received_event(stack, event.fax_id).data["partial_content"] is True


def test_a_failed_inbound_fax_is_published(stack: Flow):
    given: dict[str, Any] = {"from": "+14155552222", "to": "+13125550000", "failure_reason": "sender_call_dropped"}
    fax_id = stack.sim.control.post("/inbound", json=given).raise_for_status().json()["data"]["id"]
    failed = stack.wait_for_event("fax.failed", fax_id=fax_id)
    assert failed.data["failure_reason"] == "sender_call_dropped"
    assert failed.job_id is None


def test_faxes_whose_webhooks_are_all_lost_are_found_and_stored(stack: Flow):
    stack.sim.faults(webhook_lose=1.0)
    fax = stack.sim.receive()
    stored(stack, fax["id"])
    assert received_event(stack, fax["id"]).source in {"listing", "poll"}


def test_an_expired_link_is_renewed(stack: Flow):
    stack.kill("worker")
    stack.sim.faults(media_link_secs=0.05)
    fax = stack.sim.receive()
    stack.sim.faults(media_link_secs=600)
    stack.restart("worker")
    stored(stack, fax["id"])
    assert stack.sim.report()["refreshes"] >= 1


def test_an_interrupted_download_delays_a_document_and_loses_none(stack: Flow):
    stack.sim.faults(link_error=1.0)
    fax = stack.sim.receive()
    inbox = Inbox(stack.client._ledger.scripts)
    stack.until(lambda: inbox.get(fax["id"]).problem)
    stack.sim.no_faults()
    inbox.again(fax["id"])
    stored(stack, fax["id"])
    assert inbox.get(fax["id"]).place is DocumentPlace.STORED


@pytest.mark.parametrize(
    "link",
    [
        "http://169.254.169.254/latest/meta-data/",
        "https://127.0.0.1/a.pdf",
        "https://[::1]/a.pdf",
        "file:///etc/passwd",
    ],
)
def test_a_link_into_the_private_network_is_not_followed(stack: Flow, link: str):
    fax = stack.sim.receive(media_url=link)
    inbox = Inbox(stack.client._ledger.scripts)
    problem = stack.until(lambda: inbox.get(fax["id"]).problem)
    assert problem
    assert not list((stack.folder / "inbound").glob(f"{fax['id']}*"))


def test_every_fax_that_comes_while_web_and_worker_are_killed_is_stored_once(stack: Flow):
    faxes = []
    for number in range(12):
        if number == 2:
            stack.kill("web")
        if number == 5:
            stack.kill("worker")
        if number == 8:
            stack.restart("web")
        if number == 10:
            stack.restart("worker")
        faxes.append(stack.sim.receive(pages=1 + number % 3)["id"])
    for fax_id in faxes:
        stored(stack, fax_id)
    assert [kinds(stack, fax_id).count("fax.stored") for fax_id in faxes] == [1] * 12
    assert [kinds(stack, fax_id).count("fax.received") for fax_id in faxes] == [1] * 12
