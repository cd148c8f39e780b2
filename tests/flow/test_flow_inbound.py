"""Inbound faxes through real processes: webhooks, worker, storage, outages."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from faxdispatch.events import Event
from faxdispatch.ledger import DocumentPlace, Inbox
from tests.flow.harness import Flow, installation

pytestmark = [pytest.mark.flow, pytest.mark.xdist_group("flow-inbound")]


@pytest.fixture(scope="module")
def flow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flow]:
    folder = tmp_path_factory.mktemp("flow-inbound")
    with installation(folder, FAX_INBOUND_DIR=str(folder / "inbound"), FAX_INBOUND_POLL="1") as running:
        yield running


@pytest.fixture(autouse=True)
def calm(flow: Flow) -> Iterator[None]:
    yield
    flow.sim.no_faults()


def stored(flow: Flow, fax_id: str) -> Event:
    return flow.wait_for_event("fax.stored", fax_id=fax_id)


def kinds(flow: Flow, fax_id: str) -> list[str]:
    return [event.type for event in flow.events(fax_id=fax_id) if event.note is None]


def test_an_inbound_fax_is_told_stored_and_announced(flow: Flow):
    fax = flow.sim.receive(pages=3)
    told = stored(flow, fax["id"])

    file = Path(told.data["file"])
    assert file == flow.folder / "inbound" / f"{fax['id']}.pdf"
    assert file.read_bytes().startswith(b"%PDF-")
    # Nobody else on the machine can read it.
    assert [path.stat().st_mode & 0o077 for path in (file, file.parent)] == [0, 0]
    assert json.loads(file.with_suffix(".json").read_text())["sha256"] == told.data["sha256"]
    assert (told.data["page_count"], told.data["from"], told.data["to"]) == (3, fax["from"], fax["to"])
    assert kinds(flow, fax["id"])[-2:] == ["fax.received", "fax.stored"]


def test_a_tiff_is_stored_as_one(flow: Flow):
    told = stored(flow, flow.sim.receive(kind="tiff")["id"])
    assert told.data["content_type"] == "image/tiff"
    assert told.data["file"].endswith(".tiff")


def test_a_partial_fax_says_so_and_is_stored(flow: Flow):
    told = stored(flow, flow.sim.receive(partial_content=True)["id"])
    assert told.data["partial_content"] is True
    (received,) = [event for event in flow.events(fax_id=told.fax_id) if event.type == "fax.received"]
    assert received.data["partial_content"] is True


def test_a_failed_inbound_fax_is_told(flow: Flow):
    given: dict[str, Any] = {"from": "+14155552222", "to": "+13125550000", "failure_reason": "sender_call_dropped"}
    fax_id = flow.sim.control.post("/inbound", json=given).raise_for_status().json()["data"]["id"]
    failed = flow.wait_for_event("fax.failed", fax_id=fax_id)
    assert failed.data["failure_reason"] == "sender_call_dropped"
    assert failed.job_id is None


def test_faxes_whose_webhooks_are_all_lost_are_found_and_stored(flow: Flow):
    flow.sim.faults(webhook_lose=1.0)
    fax = flow.sim.receive()
    stored(flow, fax["id"])
    (received,) = [event for event in flow.events(fax_id=fax["id"]) if event.type == "fax.received"]
    assert received.source in {"listing", "poll"}


def test_an_expired_link_is_renewed(flow: Flow):
    flow.kill("worker")
    flow.sim.faults(media_link_secs=0.05)
    fax = flow.sim.receive()
    flow.sim.faults(media_link_secs=600)
    flow.restart("worker")
    stored(flow, fax["id"])
    assert flow.sim.report()["refreshes"] >= 1


def test_a_storage_that_breaks_off_costs_time_and_no_document(flow: Flow):
    flow.sim.faults(link_error=1.0)
    fax = flow.sim.receive()
    inbox = Inbox(flow.client._ledger.scripts)
    flow.until(lambda: inbox.get(fax["id"]).problem)
    flow.sim.no_faults()
    inbox.again(fax["id"])
    stored(flow, fax["id"])
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
def test_a_link_into_the_own_network_is_not_followed(flow: Flow, link: str):
    fax = flow.sim.receive(media_url=link)
    inbox = Inbox(flow.client._ledger.scripts)
    problem = flow.until(lambda: inbox.get(fax["id"]).problem)
    assert problem
    assert not list((flow.folder / "inbound").glob(f"{fax['id']}*"))


def test_every_fax_that_comes_while_web_and_worker_are_killed_is_stored_once(flow: Flow):
    faxes = []
    for number in range(12):
        if number == 2:
            flow.kill("web")
        if number == 5:
            flow.kill("worker")
        if number == 8:
            flow.restart("web")
        if number == 10:
            flow.restart("worker")
        faxes.append(flow.sim.receive(pages=1 + number % 3)["id"])
    for fax_id in faxes:
        stored(flow, fax_id)
    assert [kinds(flow, fax_id).count("fax.stored") for fax_id in faxes] == [1] * 12
    assert [kinds(flow, fax_id).count("fax.received") for fax_id in faxes] == [1] * 12
