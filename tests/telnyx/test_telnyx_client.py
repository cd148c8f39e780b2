"""Faxes: what is refused here, pages, retries and errors. Requests and answers: see tests/contract."""

from datetime import datetime

import httpx
import pytest

from faxdispatch.errors import (
    BadInput,
    Misconfigured,
    NotSent,
    OutcomeUnknown,
)
from faxdispatch.settings import Settings
from faxdispatch.telnyx import Fax, SendRequest, TelnyxClient

OK = {"result": "ok"}
MINIMUM = {"connection_id": "1", "from": "+13125550100", "to": "+13125550123", "media_name": "m"}


def test_every_request_says_who_asks(client, api, request_to_send):
    api.will_answer(202, {"id": "fax-1"})
    client.send_fax(request_to_send)
    assert api.only.headers["authorization"] == "Bearer KEY0123456789ABCDEF_secret"
    assert api.only.headers["user-agent"].startswith("faxdispatch/")
    assert api.only.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"media_url": "https://example.com/a.pdf"}, "exactly one"),
        ({"media_name": None}, "exactly one"),
        ({"store_media": True}, "store_media"),
        ({"client_state": "not base64!"}, "client_state"),
        ({"black_threshold": 0}, "black_threshold"),
        ({"black_threshold": 101}, "black_threshold"),
        ({"quality": "best"}, "quality"),
        ({"preview_format": "png"}, "preview_format"),
        ({"from_display_name": "a" * 129}, "from_display_name"),
        ({"from_display_name": "Ünit"}, "from_display_name"),
        ({"qualty": "high"}, "qualty: unknown option"),
        ({"to": ""}, "to"),
    ],
)
def test_a_send_request_that_telnyx_would_refuse_cannot_be_built(change, named):
    with pytest.raises(BadInput, match=named) as caught:
        SendRequest.build(**MINIMUM | change)
    assert "5550123" not in str(caught.value)


def test_the_text_of_a_request_shows_no_number_and_no_link(request_to_send):
    assert "5550123" not in repr(request_to_send)
    assert "http" not in str(request_to_send)


def test_an_id_stays_one_segment_of_the_path(client, api):
    api.will_answer(200, {"id": "x"})
    client.get_fax("a/../b?c=d#e")
    assert api.only.url.raw_path == b"/v2/faxes/a%2F..%2Fb%3Fc%3Dd%23e"


@pytest.mark.parametrize("nothing", ["", ".", ".."])
@pytest.mark.parametrize("method", ["get_fax", "delete_fax", "cancel_fax", "refresh_fax", "delete_application"])
def test_an_id_that_would_address_something_else_is_refused_here(client, api, method, nothing):
    with pytest.raises(BadInput, match=r"(fax|application)_id"):
        getattr(client, method)(nothing)
    assert api.requests == []


def test_a_listing_goes_through_all_pages_and_gives_each_fax_once(client, api):
    api.page(1, 3, "a", "b").page(2, 3, "b", "c").page(3, 3, "c", "d")
    assert [fax.id for fax in client.list_faxes()] == ["a", "b", "c", "d"]
    assert [request.url.params["page[number]"] for request in api.requests] == ["1", "2", "3"]


def test_a_listing_follows_telnyx_when_pages_are_added_meanwhile(client, api):
    api.page(1, 1, "a").page(1, 2, "a").page(2, 2, "b")
    assert [fax.id for fax in client.list_faxes()] == ["a"]
    assert [fax.id for fax in client.list_faxes()] == ["a", "b"]


def test_an_empty_listing_is_complete(client, api):
    api.page(1, 0, results=0)
    assert list(client.list_faxes()) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda api: api.will_answer(200, [{"id": "a"}, {"status": "queued"}], meta={"total_pages": 1}),
        lambda api: api.will_answer(200, ["a"], meta={"total_pages": 1}),
        lambda api: api.will_answer(200, {"id": "a"}, meta={"total_pages": 1}),
        lambda api: api.will_answer(200, meta={"total_pages": 1}),
        lambda api: api.will_answer(200, text="<html>"),
        lambda api: api.will_answer(200, text="[]"),
        lambda api: api.will_answer(200, text="[" * 100_000),
        lambda api: api.page(2, 3, "a"),
        lambda api: api.page(1, 2),
        lambda api: api.page(1, 1, "a", results=2),
        lambda api: api.will_answer(302, headers={"location": "/elsewhere"}),
    ],
)
def test_a_listing_that_cannot_be_read_or_contradicts_itself_never_passes_for_complete(client, api, spoil):
    spoil(api)
    with pytest.raises(OutcomeUnknown):
        list(client.list_faxes())


def test_the_faxes_of_a_contradictory_page_are_given_before_the_listing_fails(client, api):
    api.page(2, 3, "a", "b")
    listing = client.list_faxes()
    assert [next(listing).id, next(listing).id] == ["a", "b"]
    with pytest.raises(OutcomeUnknown, match="page 1 says that it is page 2"):
        next(listing)


@pytest.mark.parametrize("meta", [None, {"total_pages": "many"}])
def test_without_a_number_of_pages_the_first_that_brings_nothing_new_is_the_end(client, api, meta):
    api.will_answer(200, [{"id": "a"}], meta=meta).will_answer(200, [{"id": "b"}], meta=meta)
    api.will_answer(200, [{"id": "b"}], meta=meta)
    assert [fax.id for fax in client.list_faxes()] == ["a", "b"]


def test_a_listing_that_breaks_off_raises(client, api):
    api.page(1, 2, "a").will_answer(503)
    listing = client.list_faxes()
    assert next(listing).id == "a"
    with pytest.raises(OutcomeUnknown):
        list(listing)


def test_a_filter_that_would_be_misunderstood_is_refused(client):
    with pytest.raises(BadInput, match="time zone"):
        client.list_faxes(created_at_gte=datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(BadInput, match="time zone"):
        client.list_faxes(created_at_gte="2026-01-01")
    with pytest.raises(TypeError, match="status"):
        client.list_faxes(status="queued")


def test_an_unknown_status_and_odd_values_do_not_raise():
    fax = Fax.model_validate(
        {"id": "f", "status": "beamed.up", "created_at": "yesterday", "page_count": "two", "store_media": 3, "to": 1}
    )
    assert fax.status == "beamed.up"
    assert (fax.created_at, fax.page_count, fax.store_media, fax.to) == (None, None, None, None)


def test_the_text_of_a_fax_shows_no_number_and_no_link():
    fax = Fax.model_validate({"id": "f", "to": "+13125550123", "media_url": "https://x.test/a?sig=1", "extra": "+1999"})
    assert repr(fax) == "Fax(id='f', status=None, direction=None)"


@pytest.mark.parametrize("method", ["get_fax", "delete_fax", "cancel_fax", "refresh_fax"])
@pytest.mark.parametrize(
    "trouble",
    [
        lambda api: api.will_answer(500),
        lambda api: api.will_answer(408),
        lambda api: api.will_answer(429, headers={"retry-after": "1"}),
        lambda api: api.will_raise(httpx.ReadTimeout("slow")),
        lambda api: api.will_raise(httpx.ConnectError("refused")),
    ],
)
def test_idempotent_calls_are_retried(client, api, pauses, method, trouble):
    trouble(api)
    trouble(api)
    api.will_answer(200, {"id": "fax-1"})
    getattr(client, method)("fax-1")
    assert len(api.requests) == 3
    assert len(pauses) == 2


def test_after_three_tries_the_last_error_is_raised(client, api, pauses):
    api.will_answer(500)
    with pytest.raises(OutcomeUnknown):
        client.get_fax("fax-1")
    assert len(api.requests) == 3


@pytest.mark.parametrize(
    ("status", "headers"),
    [(400, {}), (401, {}), (404, {}), (422, {}), (302, {}), (409, {}), (429, {}), (429, {"retry-after": "60"})],
)
def test_errors_that_a_retry_cannot_fix_are_not_retried(client, api, pauses, status, headers):
    api.will_answer(status, headers=headers)
    with pytest.raises(Exception, match=str(status)):
        client.get_fax("fax-1")
    assert len(api.requests) == 1
    assert pauses == []


def test_a_pause_is_never_shorter_than_telnyx_asks(client, api, pauses):
    api.will_answer(429, headers={"x-ratelimit-reset": "2"}).will_answer(200, {"id": "fax-1"})
    client.get_fax("fax-1")
    assert 2 <= pauses[0] <= 3


def test_the_hooks_see_every_try_and_every_answer(api):
    asked, answered = [], []
    api.will_answer(503, headers={"X-RateLimit-Remaining": "7"}).will_answer(200, {"id": "fax-1"})
    client = TelnyxClient(
        "https://api.test/v2",
        "KEY1",
        before_call=asked.append,
        after_response=lambda *seen: answered.append(seen),
        http=httpx.MockTransport(api),
        sleep=lambda _: None,
    )
    client.get_fax("fax-1")
    assert asked == ["get_fax", "get_fax"]
    assert [(operation, status) for operation, _, status in answered] == [("get_fax", 503), ("get_fax", 200)]
    assert type(answered[0][1]) is dict
    assert answered[0][1]["x-ratelimit-remaining"] == "7"


def test_errors_hold_neither_key_nor_number(client, api, request_to_send):
    api.will_raise(httpx.ConnectError("cannot reach https://user:pass@proxy.test/?x=1 for +13125550123"))
    with pytest.raises(NotSent) as caught:
        client.send_fax(request_to_send)
    for secret in ("5550123", "pass", "KEY0123", "x=1"):
        assert secret not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["", "api.telnyx.com/v2", "ftp://x.test", "https://", "https://x.test/v2?a=1", "https://x.test:port"]
)
def test_a_base_url_that_cannot_be_called_is_refused_by_name(url):
    with pytest.raises(Misconfigured, match="TELNYX_BASE_URL"):
        TelnyxClient(url, "KEY1")


@pytest.mark.parametrize("key", ["", "KEY 1", "KEY1\n", "KEY\u00fc"])
def test_a_key_that_cannot_go_into_a_header_is_refused_by_name(key):
    with pytest.raises(Misconfigured, match="TELNYX_API_KEY"):
        TelnyxClient("https://api.test/v2", key)


def test_a_client_comes_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TELNYX_API_KEY", "KEY1")
    monkeypatch.setenv("TELNYX_BASE_URL", "https://api.test/v2/")
    with TelnyxClient.from_env() as client:
        assert client._transport._base_url == "https://api.test/v2"


def test_a_client_waits_as_long_as_the_settings_say():
    settings = Settings(telnyx_api_key="KEY1", fax_read_timeout=7)
    with TelnyxClient.from_settings(settings) as client:
        assert client._transport._timeout["read"] == 7


def test_without_a_key_there_is_no_client():
    with pytest.raises(Misconfigured, match="TELNYX_API_KEY"):
        TelnyxClient.from_settings(Settings(telnyx_api_key=None))
