"""The simulator's memory after a restart."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

import httpx

from simulator.applications import redirect_webhooks, seed_applications
from simulator.config import Config
from simulator.context import build
from simulator.memory import Memory
from simulator.store import Fax, MediaFile
from tests.simulator.running import simulated_telnyx


def fax(sim, **given):
    moment = sim.store.next_moment()
    fields = {"direction": "outbound", "from_": "+13125550199", "to": "+14155550100", "connection_id": "c"}
    return Fax(**fields | {"status": "queued", "created_at": moment, "updated_at": moment} | given)


def test_faxes_and_media_survive_a_restart_and_unfinished_faxes_continue(tmp_path):
    file = tmp_path / "telnyx.simulated"

    async def run() -> None:
        before = build(Config(state=file))
        over, under_way = fax(before, status="delivered"), fax(before)
        before.store.add(over)
        before.store.add(under_way)
        before.store.media["letter"] = MediaFile(
            "letter", b"%PDF", "application/pdf", before.store.next_moment(), 1, None
        )
        Memory(file, before.store, before.network).write()

        after = build(Config(state=file))
        Memory(file, after.store, after.network).recall()
        assert {each.id: each.status for each in after.store.select({}, None, None)} == {
            over.id: "delivered",
            under_way.id: "queued",
        }
        assert after.store.media["letter"].content == b"%PDF"
        assert after.network.busy
        await after.network.close()

    # In a separate thread: tests in a browser leave a loop running in this one.
    with ThreadPoolExecutor(1) as threads:
        threads.submit(lambda: asyncio.run(run())).result()
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_was_taken_a_moment_before_a_kill_is_there_again(tmp_path):
    file = tmp_path / "telnyx.simulated"

    async def run() -> None:
        before = build(Config(state=file))
        memory = Memory(file, before.store, before.network)
        memory.recall()
        taken = fax(before)
        before.network.send(taken)
        before.store.put_media(MediaFile("letter", b"%PDF", "application/pdf", before.store.next_moment(), 1, None))
        await before.network.close()
        with file.with_suffix(".since").open("ab") as cut_off:
            cut_off.write(b"\x80\x05\x95")

        after = build(Config(state=file))
        Memory(file, after.store, after.network).recall()
        assert list(after.store.faxes) == [taken.id]
        assert after.store.media["letter"].content == b"%PDF"
        assert after.network.busy
        await after.network.close()

    with ThreadPoolExecutor(1) as threads:
        threads.submit(lambda: asyncio.run(run())).result()
    assert file.with_suffix(".since").stat().st_mode & 0o777 == 0o600


def test_without_a_file_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sim = build(Config())
    memory = Memory(None, sim.store, sim.network)
    memory.recall()
    memory.write()
    assert list(tmp_path.iterdir()) == []


def test_after_a_restart_webhooks_go_to_the_address_of_the_new_command_line(tmp_path):
    """Otherwise `up --simulate` on another port would get no webhook any more."""

    def applications(hook: str) -> list[str]:
        with simulated_telnyx("--state", str(tmp_path / "telnyx.simulated"), "--webhook-url", hook) as telnyx:
            answer = httpx.get(
                f"{telnyx['base_url']}/fax_applications", headers={"Authorization": f"Bearer {telnyx['api_key']}"}
            )
        return [application["webhook_event_url"] for application in json.loads(answer.content)["data"]]

    for hook in ("http://127.0.0.1:8080/webhooks/telnyx", "http://127.0.0.1:9090/webhooks/telnyx"):
        assert applications(hook) == [hook]


def test_a_fax_under_way_reports_to_the_new_address_too():
    sim = build(Config(webhook_url="http://127.0.0.1:9090/webhooks/telnyx"))
    (connection,) = sim.config.connection_ids
    seed_applications(sim)
    application = sim.store.applications[connection]
    application["webhook_event_url"] = former = "http://127.0.0.1:8080/webhooks/telnyx"
    ours, own = (fax(sim, connection_id=connection, webhook_url=url) for url in (former, "https://own.example/"))
    sim.store.add(ours)
    sim.store.add(own)
    redirect_webhooks(sim)
    assert ours.webhook_url == application["webhook_event_url"] == sim.config.webhook_url
    assert own.webhook_url == "https://own.example/"
