"""A whole installation on free ports: Valkey, the simulated Telnyx, web and workers, as real processes."""

import signal
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from redis import Redis

from faxdispatch import Event, FaxClient, State
from faxdispatch.errors import NotKnown
from faxdispatch.ledger import CampaignRow, Campaigns, JobView, Ledger, Rules, Scripts, connect
from faxdispatch.states import CampaignState
from faxdispatch.supervisor import roles as processes
from faxdispatch.supervisor.stack import Stack
from faxdispatch.supervisor.valkey import valkey_url
from faxdispatch.telnyx.client_state import decode_client_state
from tests.conftest import eventually
from tests.documents.blank import blank_pdf

PATIENCE = 150
"""Seconds that anything may take. This is for very busy machines and is not a promise."""
SENDER = "+13125550000"
TOKEN = "flow-document"

FAST = {
    "FAX_RATE": "200",
    "FAX_CHANNELS": "20",
    "FAX_SETTLE": "2",
    "FAX_READ_TIMEOUT": "5",
    **{f"FAX_RETRY_{kind}": "0.3" for kind in ("BUSY", "NO_ANSWER", "LINE")},
}
"""Waits short enough for tests."""

_lines = (area for area in count(200) if area % 100 != 11 and area != 900)
"""Area codes; those that end in 11 are service codes, 900 costs extra."""


def fresh_number(scenario: int = 0) -> str:
    """A number that no other test uses, to which faxes go as scenario NN of the simulator says."""
    return f"+1{next(_lines)}55501{scenario:02}"


class Simulator:
    """The simulated Telnyx's control API, and its own API for requests that no job can make."""

    def __init__(self, about: dict[str, Any]) -> None:
        self.about = about
        self.control = httpx.Client(base_url=about["control_url"], timeout=PATIENCE, trust_env=False)
        key = {"Authorization": f"Bearer {about['api_key']}"}
        self.api = httpx.Client(base_url=about["base_url"], headers=key, timeout=PATIENCE, trust_env=False)

    def report(self) -> dict[str, Any]:
        return self.control.get("/report").raise_for_status().json()

    def faults(self, **switches: Any) -> None:
        self.control.put("/faults", json=switches).raise_for_status()

    def no_faults(self) -> None:
        self.control.delete("/faults").raise_for_status()

    def sends(self, job_id: str) -> dict[int, dict[str, Any]]:
        """The posts and the accepted faxes of a job, by attempt."""
        found = {decode_client_state(state): sends for state, sends in self.report()["client_states"].items()}
        return {key[1]: sends for key, sends in found.items() if key and key[0] == job_id}

    def accepted(self, job_id: str) -> int:
        """How many faxes there are for a job."""
        return sum(sends["accepted"] for sends in self.sends(job_id).values())

    def receive(self, **options: Any) -> dict[str, Any]:
        """Let a fax come in; gives it once it was received."""
        given = {"from": "+14155552222", "to": SENDER, "speed": 20, **options}
        fax_id = self.control.post("/inbound", json=given).raise_for_status().json()["data"]["id"]
        return eventually(lambda: self._received(fax_id), within=PATIENCE)

    def fax(self, fax_id: str) -> dict[str, Any]:
        return self.api.get(f"/faxes/{fax_id}").raise_for_status().json()["data"]

    def upload(self, name: str, content: bytes) -> None:
        file = {"media": (f"{name}.pdf", content, "application/pdf")}
        self.api.post("/media", data={"media_name": name}, files=file).raise_for_status()

    def close(self) -> None:
        self.control.close()
        self.api.close()

    def _received(self, fax_id: str) -> dict[str, Any] | None:
        fax = self.fax(fax_id)
        return fax if fax["status"] == "received" else None


def telnyx(stack: Stack, folder: Path, web_port: int, *, speed: str = "10") -> Simulator:
    """Start a simulated Telnyx with one stored document, whose webhooks go to this port."""
    hook = f"http://127.0.0.1:{web_port}/webhooks/telnyx"
    options = ["--port", "0", "--webhook-url", hook, "--speed", speed]
    sim = Simulator(processes.introduction(stack.start(processes.simulator(folder, options))))
    sim.upload(TOKEN, blank_pdf())
    return sim


def start_campaign(campaigns: Campaigns, name: str, rows: Sequence[CampaignRow], **options: Any) -> None:
    """Make a campaign of these rows and start it; its document is the stored one unless `options` name another."""
    campaigns.open(name, name=name, options=options or {"media_name": TOKEN}, fingerprint=name)
    campaigns.add_chunk(name, 0, rows)
    for state in (CampaignState.CHECKED, CampaignState.RUNNING):
        campaigns.move(name, state, event=f"campaign.{state}")


class Flow:
    """The running installation, with short methods for tests."""

    def __init__(
        self, stack: Stack, folder: Path, redis_url: str, sim: Simulator, web_port: int, admin_port: int
    ) -> None:
        self.processes = stack
        self.folder = folder
        self.redis_url = redis_url
        # As plain Celery writes the address of a socket.
        self.broker_url = redis_url.replace("unix://", "redis+socket://")
        self.sim = sim
        self.web_port = web_port
        self.admin_port = admin_port
        self.console = ""
        """Address of the console, where there is one."""
        self.redis = Redis.from_url(redis_url, decode_responses=True)
        # A producer whose message is sent again after a second instead of half a minute.
        self.client = FaxClient(redis_url, ledger=Ledger(Scripts(connect(redis_url), Rules(hint_after=1))))

    def send(self, **options: Any) -> str:
        """Send a fax through the client; return the job's id. A fresh number and a stored document unless given."""
        return self.client.send(**{"to": fresh_number(), "media_name": TOKEN, **options}).job_id

    def status(self, job_id: str) -> JobView:
        return self.client.status(job_id, history=True)

    def wait_for(self, job_id: str, *states: State) -> JobView:
        """Wait until a job is in one of the states, or in any terminal one if none is given."""

        def reached() -> JobView | None:
            job = self.status(job_id)
            return job if (job.state in states if states else job.finished) else None

        return self.until(reached)

    def until(self, probe: Callable[[], Any]) -> Any:
        """Wait for something true, keeping the processes up meanwhile. What is not known yet may come to be known."""

        def look() -> Any:
            self.processes.restart_dead()
            with suppress(NotKnown):
                return probe()
            return None

        return eventually(look, within=PATIENCE, every=0.05)

    def until_up(self, name: str) -> None:
        """Wait until a process runs and is ready, one that takes another's place included."""
        self.until(lambda: (child := self.processes[name]).exit_code is None and child.role.ready(child))

    def events(self, job_id: str | None = None, *, fax_id: str | None = None) -> list[Event]:
        """The events that consumers read, oldest first; of one job or fax if given."""
        found = [Event.from_fields(fields) for _, fields in self.redis.xrange("fax:events")]
        return [e for e in found if (job_id in {None, e.job_id}) and (fax_id in {None, e.fax_id})]

    def wait_for_event(self, kind: str, **about: str) -> Event:
        return self.until(lambda: next((e for e in self.events(**about) if e.type == kind), None))

    def restart(self, name: str) -> None:
        self.processes.restart(name)

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        self.processes[name].send(number)

    def close(self) -> None:
        self.sim.close()
        self.redis.close()


@contextmanager
def installation(
    folder: Path, *, workers: int = 1, web: bool = True, console: bool = False, **settings: str
) -> Iterator[Flow]:
    """Run an installation; `settings` are environment variables."""
    log = (folder / "processes.log").open("w", buffering=1)
    with log, Stack(lambda name, line: log.write(f"{name:<10} | {line}\n"), longest_pause=0.5) as stack:
        web_port, admin_port = processes.free_port(), processes.free_port()
        redis_url = valkey_url(folder)
        stack.start(processes.valkey(folder))
        sim = telnyx(stack, folder, web_port)
        surroundings = processes.environment(
            FAST
            | processes.simulated(sim.about)
            | {"REDIS_URL": redis_url, "PORT": str(web_port), "FAX_ADMIN_PORT": str(admin_port), "FAX_FROM": SENDER}
            | settings,
            inherit=False,
        )
        if web:
            stack.start(processes.web(folder, surroundings))
        for number in range(1, workers + 1):
            stack.start(processes.worker(folder, surroundings, number=number))
        flow = Flow(stack, folder, redis_url, sim, web_port, admin_port)
        if console:
            place = {"FAX_CONSOLE_HOST": "127.0.0.1", "FAX_CONSOLE_PORT": str(processes.free_port())}
            flow.console = processes.console_address(place)
            stack.start(processes.console(folder, surroundings | place))
        try:
            yield flow
        finally:
            flow.close()


def a_key() -> str:
    """Return a fresh idempotency key."""
    return f"flow-{uuid.uuid4().hex}"


def restart(flow: Flow, name: str) -> None:
    """End a process as a deploy does, and wait until its successor is ready."""
    child = flow.processes[name]
    flow.kill(name, signal.SIGTERM)
    flow.until(lambda: flow.processes[name] is not child)
    flow.until_up(name)
