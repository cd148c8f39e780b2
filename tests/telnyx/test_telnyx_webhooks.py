"""A webhook's body becomes one event, or is refused without harm."""

import contextlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faxdispatch.errors import FaxError
from faxdispatch.telnyx.webhooks import TelnyxWebhook, Unreadable, parse_webhook

PAYLOAD = {
    "call_duration_secs": 25,
    "client_state": "aGF2ZSBhIG5pY2UgZGF5ID1d",
    "connection_id": "234423",
    "direction": "outbound",
    "fax_id": "f8338808-3dc6-4f2b-942a-5d1f39255784",
    "from": "+17733372107",
    "original_media_url": "http://www.example.com/fax.pdf",
    "page_count": 2,
    "status": "delivered",
    "to": "+15107882622",
    "user_id": "19a75cea-02c6-4b9a-84fa-c9bc8341feb8",
}
EVENT = {
    "event_type": "fax.delivered",
    "id": "95479a2e-b947-470a-a88f-2da6dd07ae0f",
    "occurred_at": "2020-05-05T13:08:22.039204Z",
    "payload": PAYLOAD,
    "record_type": "event",
}
META = {"attempt": 1, "delivered_to": "https://www.example.com/webhooks"}


def body(payload=None, meta=None, **event):
    data = EVENT | {"payload": PAYLOAD | (payload or {})} | event
    return json.dumps({"data": data, "meta": META | (meta or {})}).encode()


def test_every_field_of_an_inbound_event_is_read():
    payload = {
        "direction": "inbound",
        "status": "received",
        "media_url": "https://s3.example.com/a.pdf?X-Amz-Expires=7200",
        "partial_content": False,
        "caller_id": "+16132484872",
    }
    event = parse_webhook(body(payload, event_type="fax.received"))
    assert (event.direction, event.status, event.partial_content) == ("inbound", "received", False)
    assert event.media_url == "https://s3.example.com/a.pdf?X-Amz-Expires=7200"
    assert event.caller_id == "+16132484872"
    assert event.occurred_at == datetime(2020, 5, 5, 13, 8, 22, 39204, tzinfo=UTC)
    assert event.original_media_url == "http://www.example.com/fax.pdf"
    assert event.data == PAYLOAD | payload


def test_both_documented_envelopes_mean_the_same():
    flat = parse_webhook(json.dumps(EVENT).encode())
    assert flat.model_copy(update={"attempt": 1, "delivered_to": META["delivered_to"]}) == parse_webhook(body())


def test_a_flat_event_may_have_its_delivery_data_beside_it():
    event = parse_webhook(json.dumps({**EVENT, "meta": META}).encode())
    assert (event.attempt, event.digest) == (1, parse_webhook(body()).digest)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("fax_failed", "fax.failed"),
        ("fax.sendingstarted", "fax.sending.started"),
        ("fax.sending.started", "fax.sending.started"),
        ("fax.teleported", "fax.teleported"),
        ("message.received", "message.received"),
    ],
)
def test_two_odd_spellings_are_understood_and_unknown_types_stay_as_they_came(written, meant):
    assert parse_webhook(body(event_type=written)).event_type == meant


def test_a_repeated_delivery_has_the_same_digest_and_other_content_has_not():
    first = parse_webhook(body())
    again = parse_webhook(body(meta={"attempt": 2, "delivered_to": "https://failover.example.com"}))
    other = parse_webhook(body({"status": "failed"}))
    assert first.digest == again.digest != other.digest


def test_the_order_of_names_and_the_blanks_do_not_change_the_digest():
    turned = {"meta": META, "data": dict(reversed(EVENT.items()))}
    assert parse_webhook(json.dumps(turned, indent=3).encode()).digest == parse_webhook(body()).digest


@pytest.mark.parametrize(
    "odd", ["yesterday", "", None, 5, {}, "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"]
)
def test_a_time_that_cannot_be_read_is_left_out(odd):
    assert parse_webhook(body(occurred_at=odd)).occurred_at is None


def test_a_time_without_a_zone_counts_as_utc():
    assert parse_webhook(body(occurred_at="2020-05-05T13:08:22")).occurred_at == datetime(
        2020, 5, 5, 13, 8, 22, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("page_count", "2"), ("page_count", -1), ("page_count", True), ("page_count", 2.5),
        ("call_duration_secs", []), ("client_state", 7), ("status", None), ("direction", {}),
        ("partial_content", "yes"), ("media_url", 1), ("failure_reason", ["user_busy"]),
    ],
)  # fmt: skip
def test_a_value_of_an_odd_type_costs_only_itself(name, value):
    event = parse_webhook(body({name: value}))
    assert getattr(event, name) is None
    assert event.fax_id == PAYLOAD["fax_id"]


def test_an_event_may_lack_everything_but_its_identity():
    event = parse_webhook(b'{"data": {"id": "e", "event_type": "fax.email.delivered"}}')
    assert (event.event_id, event.fax_id, event.data) == ("e", None, {})


def test_delivery_data_of_an_odd_type_is_left_out():
    document = {"data": EVENT, "meta": ["?"]}
    assert parse_webhook(json.dumps(document).encode()).attempt is None


DEEP = 100_000


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        b"not json",
        b"null",
        b"[]",
        b'"text"',
        b"{}",
        b'{"data": null}',
        b'{"data": []}',
        b'{"data": {}}',
        b'{"data": {"id": "e"}}',
        b'{"data": {"event_type": "fax.queued"}}',
        b"[" * DEEP,
        b'{"a":' * DEEP,
        b"[" * DEEP + b"]" * DEEP,
        b'{"data": {"id": "e", "event_type": "t", "payload": ' + b"[" * 40 + b"]" * 40 + b"}}",
        "{}".encode("utf-16"),
        b"\xef\xbb\xbf{}",
        b'{"data": "\xff"}',
        b'{"data": {"id": "\\ud800", "event_type": "t"}}',
        b'{"data": {"id": "e", "event_type": "t", "payload": {"\\udfff": 1}}}',
        b'{"data": {"id": "e", "event_type": "t"}, "meta": {"delivered_to": "\\ud800"}}',
        b'{"data": {"id": "e", "event_type": "t", "payload": {"page_count": NaN}}}',
        b'{"data": {"id": "e", "event_type": "t", "payload": {"page_count": -Infinity}}}',
        b'{"data": {"id": "e", "event_type": "t", "payload": {"page_count": 1e999}}}',
        b'{"data": {"id": "e", "event_type": "t", "payload": {"page_count": 9223372036854775808}}}',
        b'{"data": {"id": "e", "event_type": "t", "payload": {"page_count": ' + b"9" * DEEP + b"}}}",
        b'{"data": {"id": "e", "id": "f", "event_type": "t"}}',
        b'{"data": {"id": "e", "event_type": "t"}, "data": {"id": "f", "event_type": "t"}}',
        b'{"data": {"id": "e", "event_type": "t", "payload": {"fax_id": "a", "fax_id": "b"}}}',
        b'{"data": {"id": "e", "event_type": "t", "payload": []}}',
        b'{"data": {"id": "e", "event_type": "t", "payload": null}}',
        b'{"data": {"id": "e", "event_type": "t"}} trailing',
    ],
)
def test_a_body_that_is_hostile_or_ambiguous_is_refused_without_harm(hostile):
    with pytest.raises(Unreadable):
        parse_webhook(hostile)


@pytest.mark.parametrize("odd", [1, 1.5, True, None, [], {}, "", "x" * 201, "a\nb", "a\x00", "a\x7f", "a\u0085"])
@pytest.mark.parametrize("place", ["id", "event_type", "fax_id", "connection_id"])
def test_ids_must_be_short_printable_text(place, odd):
    if place in ("fax_id", "connection_id"):
        if odd is None:
            assert getattr(parse_webhook(body({place: odd})), place) is None
            return
        made = body({place: odd})
    else:
        made = body(**{place: odd})
    with pytest.raises(Unreadable):
        parse_webhook(made)


def test_an_id_of_200_characters_is_taken():
    assert parse_webhook(body(id="x" * 200)).event_id == "x" * 200


def test_a_refusal_does_not_quote_the_body():
    for hostile in (b"+13125550123", b'{"data": "+13125550123\xff"}', body(id="+13125550123\n")):
        with pytest.raises(Unreadable) as caught:
            parse_webhook(hostile)
        assert "5550123" not in str(caught.value)
    assert issubclass(Unreadable, FaxError)


def test_the_text_of_an_event_shows_no_number_and_no_link():
    shown = repr(parse_webhook(body()))
    assert "fax.delivered" in shown
    assert "+1" not in shown
    assert "http" not in shown


@given(st.binary(max_size=200))
def test_any_bytes_are_an_event_or_unreadable(noise):
    with contextlib.suppress(Unreadable):
        assert isinstance(parse_webhook(noise), TelnyxWebhook)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(JSON_VALUES, JSON_VALUES, JSON_VALUES)
def test_any_json_in_any_place_is_an_event_or_unreadable(event, payload, meta):
    document = {"data": {"id": "e", "event_type": "t", "occurred_at": event, "payload": payload}, "meta": meta}
    for made in (document, event):
        with contextlib.suppress(Unreadable):
            assert isinstance(parse_webhook(json.dumps(made).encode()), TelnyxWebhook)
