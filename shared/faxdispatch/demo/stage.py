"""The demonstration's processes: Valkey, simulated Telnyx, webhook server and worker, in a temporary folder."""

import os
import tempfile
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from faxdispatch.supervisor import roles as processes
from faxdispatch.supervisor.stack import Stack
from faxdispatch.supervisor.valkey import valkey_url
from faxdispatch.telnyx.webhooks import WEBHOOK_PATH

_LOG_LINES = 40
_SENDER = "+13125550000"

SETTINGS = {
    "FAX_FROM": _SENDER,
    # A demonstration cannot wait for minutes, as one should after a busy line.
    "FAX_RETRY_BUSY": "1,2",
    "FAX_RETRY_NO_ANSWER": "1,2",
    "FAX_RETRY_LINE": "1,2",
    "FAX_SETTLE": "3",
    "FAX_CHANNELS": "auto",
}
"""Settings of the demonstration; all others have their defaults."""


@dataclass
class Stage:
    """The processes of a running demonstration."""

    stack: Stack
    log: deque[str]
    """The last lines that the processes wrote."""
    redis_url: str
    telnyx: dict[str, Any]
    """What the simulator printed about itself."""

    def control(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Call the simulator's control API."""
        url = f"{self.telnyx['control_url']}{path}"
        answer = httpx.request(method, url, json=body, timeout=30, trust_env=False).raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


@contextmanager
def stage() -> Iterator[Stage]:
    """Start the processes; in the end, stop them and remove their folder, whatever happens.

    Raises:
        StackError: one of them did not start.
    """
    # Celery itself reads CELERY_BROKER_URL, whatever address it is given: the messages would go to a real broker.
    for name in processes.SETTINGS & os.environ.keys():
        del os.environ[name]
    log: deque[str] = deque(maxlen=_LOG_LINES)
    with (
        tempfile.TemporaryDirectory(prefix="faxdispatch-demo-") as name,
        Stack(lambda process, line: log.append(f"{process:<10} | {line}")) as stack,
    ):
        folder = Path(name)
        web_port, redis_url = processes.free_port(), valkey_url(folder)
        stack.start(processes.valkey(folder))
        hook = f"http://127.0.0.1:{web_port}{WEBHOOK_PATH}"
        child = stack.start(processes.simulator(folder, ["--port", "0", "--speed", "2", "--webhook-url", hook]))
        telnyx = processes.introduction(child)
        own = {"REDIS_URL": redis_url, "PORT": str(web_port)}
        # The environment is not used: a broker or a key in it is meant for real faxes.
        surroundings = processes.environment(SETTINGS | processes.simulated(telnyx) | own, inherit=False)
        stack.start(processes.web(folder, surroundings))
        stack.start(processes.worker(folder, surroundings))
        yield Stage(stack, log, redis_url, telnyx)
