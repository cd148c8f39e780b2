"""A receiver of notices on loopback, and a ledger with incidents in it."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from tests.ledger.campaign_desk import CampaignDesk

SECRET = base64.b64encode(b"s" * 32).decode()


@dataclass
class Receiver:
    """Takes what is posted, or refuses it."""

    port: int = 0
    status: int = 200
    posted: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def signed(self) -> str:
        return f"signed+http://whsec_{SECRET}@127.0.0.1:{self.port}/hook?team=ward"

    @property
    def chat(self) -> str:
        """An address of apprise's own."""
        return f"json://127.0.0.1:{self.port}/chat"

    def received(self) -> list[Any]:
        return [json.loads(body) for _, body in self.posted]

    def titles(self) -> list[str]:
        return sorted(one["title"] for one in self.received())


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    box = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            box.posted.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(box.status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    box.port = server.server_port
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield box
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def desk(redis_url: str) -> CampaignDesk:
    desk = CampaignDesk(redis_url)
    # A worker is at work, as almost always.
    desk.scripts.redis.zadd("fax:workers", {"host:1": 2**53})
    return desk
