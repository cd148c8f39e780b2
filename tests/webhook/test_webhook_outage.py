"""The real server while Redis is killed, hung, full or read-only: no false 200, timely answers, nothing lost."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from redis import Redis

from faxdispatch.testing import SignedRequest, telnyx_event
from tests.conftest import Valkey, eventually
from tests.webhook.harness import PROVIDER_PATIENCE, SIGNER, Reply, Web, published, quarantined

Start = Callable[..., Web]


def deliver_all(web: Web, requests: list[SignedRequest]) -> list[Reply]:
    with ThreadPoolExecutor(len(requests)) as pool:
        return list(pool.map(web.post, requests))


def taken(web: Web, request: SignedRequest) -> bool:
    return web.post(request).status == 200


def deliver(web: Web, event: dict[str, Any]) -> None:
    """Deliver an event as Telnyx does: repeatedly until it is accepted."""
    request = SIGNER.request(event)
    eventually(lambda: taken(web, request))


def patience(web: Web, requests: int) -> float:
    """Return the seconds in which Telnyx wants its answers, plus the delay of a busy machine.

    The delay is measured by the same number of requests that do not need Redis.
    """
    with ThreadPoolExecutor(requests) as pool:
        longest = max(reply.seconds for reply in pool.map(lambda _: web.ask("GET", "/"), range(requests)))
    return PROVIDER_PATIENCE + 1 + 3 * longest


def recorded(valkey: Valkey) -> tuple[object, ...]:
    """Return the keys that webhooks write. Others come and go, since the process also signs and looks for incidents."""
    with Redis.from_url(valkey.url) as client:
        return sorted(client.keys("fax:seen:*")), published(valkey.url), quarantined(valkey.url)


def test_while_redis_is_down_the_answer_is_503_in_time_and_a_later_delivery_is_published_once(
    valkey: Valkey, start_web: Start
):
    web = start_web(valkey.url)
    event = telnyx_event()
    deliver(web, telnyx_event())
    in_time = patience(web, 20)
    valkey.kill()
    replies = deliver_all(web, [SIGNER.request(event)] * 20)
    assert {reply.status for reply in replies} == {503}
    assert max(reply.seconds for reply in replies) < in_time
    valkey.start()
    deliver(web, event)
    deliver(web, event)
    assert published(valkey.url).count(event["data"]["id"]) == 1


@pytest.mark.parametrize("warm", [True, False], ids=["connected before", "not connected yet"])
def test_while_redis_hangs_every_request_gets_503_in_time_and_nothing_is_lost_or_published_twice(
    valkey: Valkey, start_web: Start, warm: bool
):
    web = start_web(valkey.url)
    if warm:
        deliver_all(web, [SIGNER.request(telnyx_event(event_id=f"before-{n}")) for n in range(16)])
    in_time = patience(web, 60)
    valkey.hang()
    requests = [SIGNER.request(telnyx_event(event_id=f"event-{n}")) for n in range(60)]
    replies = deliver_all(web, requests)
    assert {reply.status for reply in replies} == {503}
    assert max(reply.seconds for reply in replies) < in_time
    assert max(web.get(path).seconds for path in ("/healthz", "/readyz", "/metrics")) < in_time
    valkey.go_on()
    for request in requests:
        eventually(lambda request=request: taken(web, request))
    assert sorted(e for e in published(valkey.url) if e.startswith("event")) == sorted(f"event-{n}" for n in range(60))


@pytest.mark.parametrize(
    ("name", "value", "before"),
    [("maxmemory", 1, 0), ("min-replicas-to-write", 1, 0)],
    ids=["full", "too few replicas"],
)
def test_while_redis_refuses_to_write_the_answer_is_503_and_nothing_is_half_recorded(
    valkey: Valkey, start_web: Start, name: str, value: int, before: int
):
    web = start_web(valkey.url)
    event, unreadable = SIGNER.request(telnyx_event()), SIGNER.request(b"not JSON")
    deliver(web, telnyx_event())
    known = recorded(valkey)
    valkey.client.config_set(name, value)
    assert [web.post(event).status, web.post(unreadable).status] == [503, 503]
    assert web.get("/readyz").status == 503
    assert recorded(valkey) == known
    valkey.client.config_set(name, before)
    eventually(lambda: taken(web, event))
    eventually(lambda: taken(web, unreadable))
    assert len(published(valkey.url)) == 2
    assert len(quarantined(valkey.url)) == 1


def test_a_read_only_redis_is_answered_with_503(valkey: Valkey, start_web: Start):
    web = start_web(valkey.url)
    with Redis.from_url(valkey.url) as client:
        client.replicaof("127.0.0.1", "1")
        assert web.post(SIGNER.request(telnyx_event())).status == 503
        client.replicaof("NO", "ONE")
    eventually(lambda: taken(web, SIGNER.request(telnyx_event())))


def test_a_server_that_is_stopped_finishes_its_requests(valkey: Valkey, start_web: Start):
    web = start_web(valkey.url)
    deliver(web, telnyx_event())
    event = telnyx_event()
    request = SIGNER.request(event)
    lines = [f"{name}: {text}" for name, text in request.headers.items()]
    valkey.hang()
    with web.connect() as client:
        head = ["POST /webhooks/telnyx HTTP/1.1", *lines, "Host: x", f"Content-Length: {len(request.body)}", "", ""]
        client.sendall("\r\n".join(head).encode() + request.body)
        # Requests are begun in the order in which they come: once this is answered, the one before is under way.
        assert web.ask("GET", "/healthz").status == 200
        web.process.terminate()
        valkey.go_on()
        answer = client.recv(1000)
    assert re.match(rb"HTTP/1.1 200 ", answer)
    assert web.process.wait(60) == 0
    assert event["data"]["id"] in published(valkey.url)
