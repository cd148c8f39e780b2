"""A stand-in for Telnyx that measures: it records when each call came, answers at once and reports by signed webhook.

    python -m bench.stub [PORT SEED [HOST]]

PORT is a free one by default, and the signing key is that of SEED (64 hexadecimal digits) if given: so a stub that was
killed can be restarted with its old address and key, but without its faxes. HOST is the address that it listens on, by
default 127.0.0.1.

It shares no code with what it measures, nor with the simulator. Its first line on standard output is one JSON object
with its address and public key. `/v2` is Telnyx's API as far as workers use it; `/control` is for measurements:

    PUT  /control          change the behaviour while it runs: the fields of `Behaviour`
    POST /control/shut     answer 429 for `seconds` from the next call on
    POST /control/spent    answer the next send with `x-ratelimit-remaining: 0` and a reset in `seconds`
    GET  /control/calls    every call, from number `since` on
    GET  /control/faxes    every fax; with `up` those in use
    GET  /control/stalls   times and lengths of the stub's own stalls: calls that came meanwhile were recorded late

Times are those of the monotonic clock, which all processes of one machine share.
"""

import asyncio
import base64
import json
import math
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import aiohttp
from aiohttp import web
from nacl.signing import SigningKey

ACCOUNT_FULL, CONNECTION_FULL = "user_channel_limit_exceeded", "connection_channel_limit_exceeded"
_CODES = {ACCOUNT_FULL: "90041", CONNECTION_FULL: "90043"}
_DELIVERIES = 20
"""Tries to deliver one webhook."""
_STALL = 0.02
"""Seconds from which a stall of the stub itself is recorded."""


@dataclass(frozen=True)
class Behaviour:
    """How the stub behaves; times in seconds. None means no limit."""

    call_seconds: float = 1.0
    latency: float = 0.02
    """The time until a call is answered."""
    all_events: bool = False
    """Whether every step of a fax is reported, or only its end."""
    connection_channels: int | None = None
    account_channels: int | None = None
    send_status: int | None = None
    """The answer to every send, such as 500; None accepts them."""
    full_by_answer: bool = False
    """Whether a send without a free channel is refused with 403, or accepted and failed by event."""
    billed_pages: int = 3
    billed_seconds: int = 60
    web_hosts: tuple[str, ...] = ()
    """Addresses, like `http://10.0.0.1:8080`, that get the webhooks in turn, as behind a proxy; if empty, the
    address that the fax names."""


@dataclass
class Call:
    """One call; `status` is its answer, `says_stop` whether it asks for no more calls for now."""

    at: float
    operation: str
    fax_id: str | None = None
    status: int = 0
    answered: float = 0.0
    says_stop: bool = False


@dataclass
class Fax:
    """One accepted send. It is in use from `begun` to `ended`; one that found no channel free never is."""

    id: str
    client_state: str
    connection_id: str
    to: str
    sender: str
    webhook_url: str
    begun: float
    created_at: str
    status: str = "queued"
    ended: float | None = None
    failure_reason: str | None = None
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def full(self) -> bool:
        """Whether no channel was free for it."""
        return self.failure_reason in _CODES

    def about(self) -> dict[str, Any]:
        """Return it in the form of Telnyx's API."""
        return {
            "record_type": "fax", "id": self.id, "direction": "outbound", "status": self.status, "to": self.to,
            "from": self.sender, "connection_id": self.connection_id, "client_state": self.client_state,
            "webhook_url": self.webhook_url, "created_at": self.created_at, "updated_at": self.created_at,
            "failure_reason": self.failure_reason,
        }  # fmt: skip

    def measured(self) -> dict[str, Any]:
        """Return it in the form for measurements."""
        return {
            "id": self.id, "client_state": self.client_state, "connection": self.connection_id, "to": self.to,
            "begun": self.begun, "ended": self.ended, "reason": self.failure_reason,
        }  # fmt: skip


class Stub:
    """The state of the stand-in."""

    def __init__(self, key: SigningKey) -> None:
        self.key = key
        self.behaviour = Behaviour()
        self.calls: list[Call] = []
        self.faxes: dict[str, Fax] = {}
        self.in_use: set[str] = set()
        self.shut_for = 0.0
        self.shut_until = 0.0
        self.spent_for = 0.0
        self.stalls: list[tuple[float, float]] = []
        self._http: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn = 0

    async def lifetime(self, _: web.Application) -> Any:
        """Keep a session for webhooks open while the server runs."""
        watch = asyncio.create_task(self._watch())
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=16)) as self._http:
            yield
        watch.cancel()

    def full(self, connection: str) -> str | None:
        """Return which limit leaves no channel for a fax on this connection, or None if there is one."""
        account, one = self.behaviour.account_channels, self.behaviour.connection_channels
        if account is not None and len(self.in_use) >= account:
            return ACCOUNT_FULL
        here = sum(self.faxes[fax_id].connection_id == connection for fax_id in self.in_use)
        return CONNECTION_FULL if one is not None and here >= one else None

    def accept(self, asked: dict[str, Any], at: float, reason: str | None) -> Fax:
        """Accept a fax and let it run its course."""
        fax = Fax(
            str(uuid4()), asked.get("client_state", ""), asked["connection_id"], asked["to"], asked["from"],
            asked.get("webhook_url", ""), at, datetime.now(UTC).isoformat(), failure_reason=reason,
        )  # fmt: skip
        self.faxes[fax.id] = fax
        if not reason:
            self.in_use.add(fax.id)
        task = asyncio.create_task(self._course(fax))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return fax

    async def _watch(self) -> None:
        while True:
            begin = time.perf_counter()
            await asyncio.sleep(0.005)
            stall = time.perf_counter() - begin - 0.005
            if stall > _STALL:
                self.stalls.append((begin, stall))

    async def _course(self, fax: Fax) -> None:
        how = self.behaviour
        if how.all_events:
            await self._announce(fax, "fax.queued", "queued")
        if not fax.full:
            if how.all_events:
                await self._announce(fax, "fax.media.processed", "media.processed")
                await self._announce(fax, "fax.sending.started", "sending")
            try:
                left = fax.begun + how.call_seconds - time.perf_counter()
                await asyncio.wait_for(fax.cancelled.wait(), max(0.0, left))
                fax.failure_reason = "sender_canceled"
            except TimeoutError:
                pass
        else:
            await asyncio.sleep(0.2)
        fax.ended = time.perf_counter()
        self.in_use.discard(fax.id)
        if fax.failure_reason:
            await self._announce(fax, "fax.failed", "failed", failure_reason=fax.failure_reason)
        else:
            billed = {"page_count": how.billed_pages, "call_duration_secs": how.billed_seconds}
            await self._announce(fax, "fax.delivered", "delivered", **billed)

    async def _announce(self, fax: Fax, kind: str, status: str, **more: Any) -> None:
        """Send the webhook until it is accepted; a fax that names no webhook is not reported."""
        fax.status = status
        if not fax.webhook_url:
            return
        payload = {
            "fax_id": fax.id, "client_state": fax.client_state, "connection_id": fax.connection_id,
            "direction": "outbound", "from": fax.sender, "to": fax.to, "status": status, **more,
        }  # fmt: skip
        event = {
            "record_type": "event", "event_type": kind, "id": str(uuid4()),
            "occurred_at": datetime.now(UTC).isoformat(), "payload": payload,
        }  # fmt: skip
        for attempt in range(1, _DELIVERIES + 1):
            if await self._deliver(self._front(fax.webhook_url), {"data": event, "meta": {"attempt": attempt}}):
                return
            await asyncio.sleep(1)
        print(f"webhook {kind} was never taken", file=sys.stderr, flush=True)

    def _front(self, url: str) -> str:
        hosts = self.behaviour.web_hosts
        if not hosts:
            return url
        self._turn += 1
        return hosts[self._turn % len(hosts)] + urlsplit(url).path

    async def _deliver(self, url: str, content: dict[str, Any]) -> bool:
        assert self._http is not None
        body, stamp = json.dumps(content).encode(), str(int(time.time()))
        signature = self.key.sign(stamp.encode() + b"|" + body).signature
        headers = {
            "Content-Type": "application/json",
            "telnyx-timestamp": stamp,
            "telnyx-signature-ed25519": base64.b64encode(signature).decode(),
        }
        try:
            timeout = aiohttp.ClientTimeout(total=5)
            async with self._http.post(url, data=body, headers=headers, timeout=timeout) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _error(status: int, code: str, **headers: str) -> web.Response:
    body = {"errors": [{"code": code, "title": "refused", "detail": "refused by the stub"}]}
    return web.json_response(body, status=status, headers=headers)


class Api:
    """Telnyx's side: the routes below `/v2`."""

    def __init__(self, stub: Stub) -> None:
        self._stub = stub

    def noted(self, operation: str, handler: Callable[[web.Request, Call], Awaitable[web.Response]]) -> Handler:
        """Record a call's arrival before anything else, and its answer; refuse it while the stub is shut."""
        stub = self._stub

        async def handle(request: web.Request) -> web.StreamResponse:
            call = Call(time.perf_counter(), operation, request.match_info.get("id"))
            stub.calls.append(call)
            if stub.shut_for:
                stub.shut_until, stub.shut_for = call.at + stub.shut_for, 0.0
            # Decided on arrival: a call that came before the stub shut is accepted.
            shut = call.at < stub.shut_until
            await asyncio.sleep(stub.behaviour.latency)
            if shut:
                reset = math.ceil(stub.shut_until - call.at - 0.001)
                call.says_stop = True
                answer = _error(429, "10011", **{"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(reset)})
            else:
                answer = await handler(request, call)
            call.status, call.answered = answer.status, time.perf_counter()
            return answer

        return handle

    async def send(self, request: web.Request, call: Call) -> web.Response:
        """POST /faxes."""
        stub, asked = self._stub, await request.json()
        if stub.behaviour.send_status:
            return _error(stub.behaviour.send_status, "10007")
        reason = stub.full(asked["connection_id"])
        if reason and stub.behaviour.full_by_answer:
            return _error(403, _CODES[reason])
        fax = stub.accept(asked, call.at, reason)
        call.fax_id = fax.id
        headers = {}
        if stub.spent_for:
            headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(math.ceil(stub.spent_for))}
            call.says_stop, stub.spent_for = True, 0.0
        return web.json_response({"data": fax.about()}, status=202, headers=headers)

    async def read(self, request: web.Request, _: Call) -> web.Response:
        """GET /faxes/{id}."""
        fax = self._stub.faxes.get(request.match_info["id"])
        return web.json_response({"data": fax.about()}) if fax else _error(404, "10005")

    async def listing(self, request: web.Request, _: Call) -> web.Response:
        """GET /faxes, filtered by recipient, as one page."""
        to = request.query.get("filter[to][eq]")
        found = [fax.about() for fax in self._stub.faxes.values() if to in {None, fax.to}]
        meta = {"page_number": 1, "page_size": len(found), "total_pages": 1, "total_results": len(found)}
        return web.json_response({"data": found, "meta": meta})

    async def applications(self, _request: web.Request, _: Call) -> web.Response:
        """GET /fax_applications: the connections, as one page."""
        found = [{"id": name, "application_name": name} for name in ("1000000000000000001", "1000000000000000002")]
        meta = {"page_number": 1, "page_size": 250, "total_pages": 1, "total_results": len(found)}
        return web.json_response({"data": found, "meta": meta})

    async def whoami(self, _request: web.Request, _: Call) -> web.Response:
        """GET /whoami."""
        return web.json_response({"data": {"user_id": "bench", "organization_id": "bench"}})

    async def cancel(self, request: web.Request, _: Call) -> web.Response:
        """POST /faxes/{id}/actions/cancel."""
        fax = self._stub.faxes.get(request.match_info["id"])
        if not fax:
            return _error(404, "10005")
        if fax.ended is not None:
            return _error(422, "90080")
        fax.cancelled.set()
        return web.json_response({"data": {"result": "ok"}}, status=202)


class Control:
    """The routes below `/control`, for measurements."""

    def __init__(self, stub: Stub) -> None:
        self._stub = stub

    async def change(self, request: web.Request) -> web.Response:
        """Change the behaviour."""
        self._stub.behaviour = replace(self._stub.behaviour, **await request.json())
        return web.json_response(asdict(self._stub.behaviour) | {"at": time.perf_counter()})

    async def shut(self, request: web.Request) -> web.Response:
        """Answer 429 for a while."""
        self._stub.shut_for = (await request.json())["seconds"]
        return web.json_response({})

    async def spent(self, request: web.Request) -> web.Response:
        """Say once that no calls remain."""
        self._stub.spent_for = (await request.json())["seconds"]
        return web.json_response({})

    async def calls(self, request: web.Request) -> web.Response:
        """Return the calls from number `since` on."""
        return web.json_response([asdict(call) for call in self._stub.calls[int(request.query.get("since", "0")) :]])

    async def faxes(self, request: web.Request) -> web.Response:
        """Return all faxes, or with `up` only those that use a channel."""
        stub = self._stub
        chosen = [stub.faxes[fax_id] for fax_id in stub.in_use] if "up" in request.query else stub.faxes.values()
        return web.json_response([fax.measured() for fax in chosen])

    async def stalls(self, _: web.Request) -> web.Response:
        """Return the stub's own stalls."""
        return web.json_response(self._stub.stalls)


def application(stub: Stub) -> web.Application:
    """Put the routes together."""
    api, control, app = Api(stub), Control(stub), web.Application()
    app.cleanup_ctx.append(stub.lifetime)
    app.add_routes(
        [
            web.post("/v2/faxes", api.noted("send", api.send)),
            web.get("/v2/fax_applications", api.noted("applications", api.applications)),
            web.get("/v2/whoami", api.noted("whoami", api.whoami)),
            web.get("/v2/faxes", api.noted("list", api.listing)),
            web.get("/v2/faxes/{id}", api.noted("get", api.read)),
            web.post("/v2/faxes/{id}/actions/cancel", api.noted("cancel", api.cancel)),
            web.put("/control", control.change),
            web.post("/control/shut", control.shut),
            web.post("/control/spent", control.spent),
            web.get("/control/calls", control.calls),
            web.get("/control/faxes", control.faxes),
            web.get("/control/stalls", control.stalls),
        ]
    )
    return app


async def serve(port: int = 0, seed: str | None = None, host: str = "127.0.0.1") -> None:
    """Serve on a port of this machine, a free one for 0, until ended."""
    stub = Stub(SigningKey(bytes.fromhex(seed)) if seed else SigningKey.generate())
    runner = web.AppRunner(application(stub), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    address = f"http://{host}:{runner.addresses[0][1]}"
    public_key = base64.b64encode(bytes(stub.key.verify_key)).decode()
    print(json.dumps({"stub": address, "public_key": public_key}), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), *sys.argv[2:]) if len(sys.argv) > 2 else serve())
