"""A real simulator process, a receiver for its webhooks, and short methods for both."""

import base64
import json
import subprocess
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from nacl.signing import VerifyKey

from tests.documents.blank import blank_pdf

PATIENCE = 60


def until(condition, what="the condition"):
    """Poll until the condition gives something, and return that."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError(f"{what} did not come true within {PATIENCE} s")


class Inbox:
    """What arrived under one path; `answers` are the statuses to give, 200 when used up."""

    def __init__(self, url):
        self.url = url
        self.requests = []
        self.answers = []
        self.release = threading.Event()
        self.release.set()

    @property
    def events(self):
        return [json.loads(body) for _, body in self.requests]

    @property
    def types(self):
        return [event.get("data", event)["event_type"] for event in self.events]

    def wait_for(self, count):
        until(lambda: len(self.requests) >= count, f"{count} webhooks")
        return self.events


class Receiver(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server_port}"
        self.inboxes = {}

    def inbox(self):
        path = f"/{uuid.uuid4()}"
        self.inboxes[path] = Inbox(self.origin + path)
        return self.inboxes[path]


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        inbox = self.server.inboxes.get(self.path)
        status = 404
        if inbox is not None:
            inbox.requests.append((dict(self.headers), body))
            inbox.release.wait(PATIENCE)
            status = inbox.answers.pop(0) if inbox.answers else 200
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", self.server.origin + "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self):
        body = blank_pdf(2)
        self.send_response(302 if self.path.endswith("/moved") else 200)
        self.send_header("Content-Type", "application/pdf")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


class Sim:
    """One simulator process and clients for it."""

    def __init__(self, *arguments):
        command = [sys.executable, "-m", "simulator", "--port", "0", *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.log = []
        self.intro = json.loads(self.process.stdout.readline())
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        headers = {"Authorization": f"Bearer {self.intro['api_key']}"}
        self.api = httpx.Client(base_url=self.intro["base_url"], headers=headers, timeout=PATIENCE)
        self.control = httpx.Client(base_url=self.intro["control_url"], timeout=PATIENCE)
        self.webhook_url = None

    def _read_log(self):
        for line in self.process.stderr:
            self.log.append(line)

    def stop(self, signal_number=None):
        self.api.close()
        self.control.close()
        if signal_number is None:
            self.process.terminate()
        else:
            self.process.send_signal(signal_number)
        code = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        self.process.stdout.close()
        self.process.stderr.close()
        return code

    @property
    def connection_id(self):
        return self.intro["connection_id"]

    def request(self, **changes):
        """Return a good request with changes; None takes a property away."""
        good = {
            "connection_id": self.connection_id, "from": "+13125550000", "to": "+14155550200",
            "media_url": "https://example.com/fax.pdf", "webhook_url": self.webhook_url,
        }  # fmt: skip
        return {name: value for name, value in (good | changes).items() if value is not None}

    def post(self, **changes):
        return self.api.post("/faxes", json=self.request(**changes))

    def send(self, **changes):
        answer = self.post(**changes)
        assert answer.status_code == 202, answer.text
        return answer.json()["data"]

    def fax(self, fax_id):
        return self.api.get(f"/faxes/{fax_id}").json()["data"]

    def wait_for(self, fax_id, *statuses):
        def reached():
            fax = self.fax(fax_id)
            return fax if fax["status"] in statuses else None

        return until(reached, f"status {statuses}")

    def ended(self, fax):
        return self.wait_for(fax["id"], "delivered", "failed", "received")

    def faults(self, **switches):
        answer = self.control.put("/faults", json=switches)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def idle(self):
        assert self.control.get("/idle").json() == {"idle": True}

    def report(self):
        return self.control.get("/report").json()

    def list(self, **filters):
        names = {"to": "filter[to][eq]", "from_": "filter[from][eq]", "direction": "filter[direction][eq]"}
        params = {names.get(name, name): value for name, value in filters.items()}
        return self.api.get("/faxes", params=params)

    def verify(self, request):
        """Check a webhook's signature as documented; raises if it is wrong."""
        headers, body = request
        lower = {name.lower(): value for name, value in headers.items()}
        signature = base64.b64decode(lower["telnyx-signature-ed25519"])
        key = VerifyKey(base64.b64decode(self.intro["public_key"]))
        key.verify(lower["telnyx-timestamp"].encode() + b"|" + body, signature)


@pytest.fixture(scope="session")
def simulator_process():
    sim = Sim("--speed", "40")
    yield sim
    assert sim.stop() == 0


@pytest.fixture
def sim(simulator_process, inbox):
    """A simulator without memory or faults, whose faxes report to `inbox`."""
    simulator_process.control.delete("/faults")
    simulator_process.control.post("/reset")
    simulator_process.webhook_url = inbox.url
    return simulator_process


@pytest.fixture
def start():
    """Start simulators with arguments of one's own."""
    started = []

    def run(*arguments):
        started.append(Sim(*arguments))
        return started[-1]

    yield run
    for sim in started:
        if sim.process.returncode is None:
            sim.stop()


@pytest.fixture(scope="session")
def receiver():
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def inbox(receiver):
    made = receiver.inbox()
    yield made
    made.release.set()


@pytest.fixture
def pdf():
    return blank_pdf


@pytest.fixture
def poll():
    return until
