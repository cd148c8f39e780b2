"""The status and the records for each situation.

Which bodies are unreadable: see tests/telnyx/test_telnyx_webhooks.py; other methods: test_webhook_http.py.
"""

import gzip
import io
import json
import logging
import re
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from faxdispatch.errors import Misconfigured, Unavailable
from faxdispatch.settings import Settings
from faxdispatch.testing import SignedRequest, Signer, telnyx_event
from tests.webhook.harness import PATH, SIGNER, published, quarantined
from webhook.app import create_apps
from webhook.endpoint import MAX_BODY


def post(client: FlaskClient, content: Any, *, path: str = PATH, **headers: str) -> TestResponse:
    """Sign content and post it; `headers` add to the usual ones, with - for _."""
    request = content if isinstance(content, SignedRequest) else SIGNER.request(content)
    more = {name.replace("_", "-"): text for name, text in headers.items()}
    return client.post(path, data=request.body, headers=request.headers | more)


def padded(event: dict[str, Any], size: int) -> bytes:
    """The event as JSON of exactly `size` bytes."""
    body = json.dumps(event).encode()
    return body + b" " * (size - len(body))


class Broken:
    """Takes the place of the ledger when Redis cannot be reached."""

    def record_many(self, *_: Any, **__: Any) -> list[dict[str, Any]]:
        raise Unavailable("Redis is away")

    quarantine = record_many


def test_an_event_is_answered_with_an_empty_200_and_published_once(client: FlaskClient, redis_url: str):
    answer = post(client, telnyx_event(event_id="one"))
    assert (answer.status_code, answer.data) == (200, b"")
    assert published(redis_url) == ["one"]


def test_a_second_delivery_is_answered_200_and_not_published_again(
    client: FlaskClient, admin: FlaskClient, redis_url: str
):
    event = telnyx_event(event_id="one", fax_id="f")
    again = telnyx_event(event_id="one", fax_id="f", occurred_at=event["data"]["occurred_at"], delivery=2)
    assert [post(client, event).status_code, post(client, again).status_code] == [200, 200]
    assert published(redis_url) == ["one"]
    assert b'outcome="duplicate"} 1.0' in admin.get("/metrics").data


def test_the_same_id_with_other_content_is_answered_200_counted_and_not_published(
    client: FlaskClient, admin: FlaskClient, redis_url: str
):
    post(client, telnyx_event(event_id="one", page_count=1))
    assert post(client, telnyx_event(event_id="one", page_count=2)).status_code == 200
    assert published(redis_url) == ["one"]
    assert b'outcome="differs"} 1.0' in admin.get("/metrics").data


@pytest.mark.parametrize(
    "event",
    [
        telnyx_event("fax.from.the.future"),
        telnyx_event("fax.delivered", flat=True),
        telnyx_event("fax_failed", status="failed", failure_reason="user_busy"),
        telnyx_event("fax.sendingstarted", status="sending"),
        telnyx_event("fax.received", page_count=2, media_url="https://example.com/x.pdf"),
        telnyx_event("fax.failed", direction="inbound", failure_reason="sender_call_dropped"),
        telnyx_event("fax.email.delivered"),
        telnyx_event("fax.queued", fax_id=None),
        telnyx_event("fax.queued", connection_id=None),
        telnyx_event("fax.queued", client_state="not ours"),
        telnyx_event("fax.queued", occurred_at="yesterday"),
        telnyx_event("fax.delivered", page_count="two", call_duration_secs=-1, status=7),
        {"event_type": "fax.queued", "id": "bare"},
    ],
    ids=lambda event: event.get("data", event)["event_type"],
)
def test_every_signed_event_is_published(client: FlaskClient, redis_url: str, event: dict[str, Any]):
    assert post(client, event).status_code == 200
    assert published(redis_url) == [event.get("data", event)["id"]]


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff\xfe", b'{"data":{"event_type":"fax.queued","id":"a\\r\\nFLUSHALL\\r\\n"}}', b"[" * 200_000],
    ids=["empty", "no UTF-8", "line ends", "deep"],
)
def test_a_signed_body_that_cannot_be_read_is_answered_200_and_kept_once(
    client: FlaskClient, admin: FlaskClient, redis_url: str, body: bytes
):
    assert post(client, body).status_code == 200
    assert post(client, body).status_code == 200
    (kept,) = quarantined(redis_url)
    assert kept["body"] == body.decode("utf-8", errors="backslashreplace")
    assert kept["reason"]
    assert published(redis_url) == []
    assert b'outcome="unreadable"} 1.0' in admin.get("/metrics").data


def test_an_event_of_a_foreign_connection_is_answered_200_and_quarantined(settings: Settings, redis_url: str):
    ours = settings.model_copy(update={"fax_connection_id": ("111", "222")})
    client = create_apps(ours).public.test_client()
    foreign = telnyx_event(connection_id="333")
    assert post(client, foreign).status_code == 200
    assert [json.loads(kept["body"]) for kept in quarantined(redis_url)] == [foreign]
    assert published(redis_url) == []
    for number in ("111", "222", None):
        assert post(client, telnyx_event(connection_id=number)).status_code == 200
    assert len(published(redis_url)) == 3


def test_a_quarantined_webhook_is_logged_as_an_error(client: FlaskClient, caplog: pytest.LogCaptureFixture):
    post(client, b"not JSON")
    assert [r.levelno for r in caplog.records if "quarantine" in r.message] == [logging.ERROR]


def test_the_log_names_event_type_outcome_and_nothing_personal(client: FlaskClient, caplog: pytest.LogCaptureFixture):
    event = telnyx_event(event_id="one", fax_id="f", media_url="https://example.com/secret.pdf")
    with caplog.at_level(logging.DEBUG):
        post(client, event, path=f"{PATH}?q=query")
    ours = [r.message for r in caplog.records if r.name.startswith(("webhook", "faxdispatch"))]
    assert [re.sub(r"\d+\.\d ms", "0.0 ms", line) for line in ours] == [
        "200 recorded 'fax.delivered' 0.0 ms: event 'one' of fax 'f', job None"
    ]
    for secret in ("7733372107", "5107882622", "secret.pdf", "query", "example"):
        assert secret not in caplog.text


@pytest.mark.parametrize("key", [b"x" * 32, b"y" * 32])
def test_each_of_several_keys_is_good_while_a_key_is_rotated(settings: Settings, key: bytes):
    keys = tuple(Signer(seed).public_key for seed in (b"x" * 32, b"y" * 32))
    client = create_apps(settings.model_copy(update={"telnyx_public_key": keys})).public.test_client()
    assert post(client, Signer(key).request(telnyx_event())).status_code == 200
    assert post(client, SIGNER.request(telnyx_event())).status_code == 401


@pytest.mark.parametrize("missing", ["telnyx-timestamp", "telnyx-signature-ed25519"])
def test_a_request_without_signature_or_timestamp_is_answered_with_an_empty_401(
    client: FlaskClient, redis_url: str, missing: str
):
    request = SIGNER.request(telnyx_event())
    answer = post(client, SignedRequest(request.body, {k: v for k, v in request.headers.items() if k != missing}))
    assert (answer.status_code, answer.data) == (401, b"")
    assert published(redis_url) == quarantined(redis_url) == []


def test_a_forged_and_a_stale_request_get_the_same_answer_and_are_counted_separately(
    client: FlaskClient, admin: FlaskClient, redis_url: str
):
    forged = post(client, Signer(b"z" * 32).request(telnyx_event()))
    stale = post(client, SIGNER.request(telnyx_event(), timestamp=int(time.time()) - 600))
    assert forged.status_code == stale.status_code == 401
    assert (forged.data, dict(forged.headers)) == (stale.data, dict(stale.headers))
    assert published(redis_url) == []
    figures = admin.get("/metrics").data
    assert b'outcome="forged"} 1.0' in figures
    assert b'outcome="stale"} 1.0' in figures


def test_the_age_of_a_request_is_judged_by_the_given_clock(settings: Settings):
    client = create_apps(settings, clock=lambda: 1_588_684_102.0).public.test_client()
    assert post(client, SIGNER.request(telnyx_event(), timestamp=1_588_684_000)).status_code == 200


@pytest.mark.parametrize("announced", [True, False])
@pytest.mark.parametrize(("size", "status"), [(MAX_BODY, 200), (MAX_BODY + 1, 413), (4 * MAX_BODY, 413)])
def test_a_body_above_the_limit_is_answered_413_and_never_cut(
    client: FlaskClient, redis_url: str, size: int, status: int, announced: bool
):
    request = SIGNER.request(padded(telnyx_event(), size))
    in_chunks = {"input_stream": io.BytesIO(request.body), "environ_overrides": {"wsgi.input_terminated": True}}
    sent: dict[str, Any] = {"data": request.body} if announced else in_chunks
    answer = client.post(PATH, headers=request.headers, **sent)
    assert (answer.status_code, answer.data) == (status, b"")
    assert len(published(redis_url)) == (status == 200)


def test_an_announced_length_above_the_limit_is_refused_unread(client: FlaskClient):
    class Unread(io.BytesIO):
        def read(self, *_: Any) -> bytes:
            raise AssertionError("read")

    answer = client.post(PATH, input_stream=Unread(), environ_overrides={"CONTENT_LENGTH": str(10**10)})
    assert answer.status_code == 413


def test_a_body_that_ends_early_is_answered_400(client: FlaskClient, redis_url: str):
    request = SIGNER.request(telnyx_event())
    answer = client.post(
        PATH,
        input_stream=io.BytesIO(request.body),
        headers=request.headers,
        environ_overrides={"CONTENT_LENGTH": str(len(request.body) + 5)},
    )
    assert (answer.status_code, answer.data) == (400, b"")
    assert published(redis_url) == []


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip", "GZIP"])
def test_a_compressed_body_is_answered_415_even_if_signed(client: FlaskClient, redis_url: str, encoding: str):
    packed = gzip.compress(json.dumps(telnyx_event()).encode())
    assert post(client, packed, Content_Encoding=encoding).status_code == 415
    assert published(redis_url) == quarantined(redis_url) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("Content_Encoding", value) for value in ("identity", "Identity", "")),
        *(("Content_Type", value) for value in ("application/x-www-form-urlencoded", "text/plain", "", "\xff")),
        ("Content_Type", "multipart/form-data; boundary=x"),
        ("path", f"{PATH}?tenant=other&id=two"),
    ],
)
def test_the_signature_decides_and_not_the_content_type_or_the_query(
    client: FlaskClient, redis_url: str, name: str, value: str
):
    assert post(client, telnyx_event(event_id="one"), **{name: value}).status_code == 200
    assert published(redis_url) == ["one"]


def test_any_other_method_is_answered_405_with_the_allowed_one(client: FlaskClient):
    answer = client.get(PATH)
    assert (answer.status_code, answer.data, answer.headers["Allow"]) == (405, b"", "POST")


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_pages_for_reading_cannot_be_posted_to(admin: FlaskClient, path: str):
    assert admin.post(path).status_code == 405
    assert admin.options(path).status_code == 405
    assert admin.head(path).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/", "/webhooks", f"{PATH}/", "/webhooks//telnyx", "//webhooks//telnyx", f"{PATH}/x", "/healthz/",
        "/static/x", "/readyz", "/metrics",
    ],
)  # fmt: skip
def test_any_other_address_is_answered_404_and_never_redirected(client: FlaskClient, path: str):
    answer = post(client, telnyx_event(), path=path)
    assert (answer.status_code, answer.data) == (404, b"")


def test_an_event_that_cannot_be_recorded_is_answered_503_with_retry_after(settings: Settings):
    apps = create_apps(settings, observations=Broken())
    for body in (telnyx_event(), b"not JSON"):
        answer = post(apps.public.test_client(), body)
        assert (answer.status_code, answer.data) == (503, b"")
        assert int(answer.headers["Retry-After"]) > 0
    assert b'outcome="unavailable"} 2.0' in apps.admin.test_client().get("/metrics").data


def test_a_forged_request_is_answered_401_even_while_redis_is_unreachable(settings: Settings):
    client = create_apps(settings, observations=Broken()).public.test_client()
    assert post(client, Signer(b"z" * 32).request(telnyx_event())).status_code == 401


def test_a_bug_is_answered_500_so_that_telnyx_tries_again(settings: Settings):
    class Faulty:
        def record_many(self, *_: Any, **__: Any) -> list[dict[str, Any]]:
            raise KeyError("a mistake")

    apps = create_apps(settings, observations=Faulty())
    client = apps.public.test_client()
    answer = post(client, telnyx_event())
    assert (answer.status_code, answer.data) == (500, b"")
    assert b'outcome="fault"} 1.0' in apps.admin.test_client().get("/metrics").data


def test_the_lag_behind_telnyx_is_measured_for_new_events_only(settings: Settings):
    now = datetime(2026, 1, 1, tzinfo=UTC)
    apps = create_apps(settings, clock=now.timestamp)
    client = apps.public.test_client()
    event = telnyx_event(occurred_at="2025-12-31T23:59:57Z")
    for _ in range(2):
        post(client, SIGNER.request(event, timestamp=int(now.timestamp())))
    figures = apps.admin.test_client().get("/metrics").data
    assert b"faxdispatch_webhook_lag_seconds_sum 3.0" in figures
    assert b"faxdispatch_webhook_lag_seconds_count 1.0" in figures


@pytest.mark.parametrize("keys", [(), (SIGNER.public_key, "x")])
def test_without_valid_keys_there_is_no_app(settings: Settings, keys: tuple[str, ...]):
    with pytest.raises(Misconfigured, match="TELNYX_PUBLIC_KEY"):
        create_apps(settings.model_copy(update={"telnyx_public_key": keys}))
