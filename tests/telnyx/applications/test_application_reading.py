"""Fields from arguments and documents are converted to their types and refused by name."""

import json

import pytest

from faxdispatch.errors import BadInput
from faxdispatch.telnyx.applications import CREATE_FIELDS, UPDATE_FIELDS
from faxdispatch.telnyx.applications.reading import merge, read_document, read_words

ID = "1293384261075731499"


def words(*given):
    return read_words(given, UPDATE_FIELDS)


def document(value):
    return read_document(json.dumps(value).encode(), UPDATE_FIELDS)


@pytest.mark.parametrize(
    ("word", "read"),
    [
        ("application_name=a=b", {"application_name": "a=b"}),
        ("webhook_event_failover_url=", {"webhook_event_failover_url": ""}),
        ("webhook_event_failover_url=null", {"webhook_event_failover_url": None}),
        ("webhook_timeout_secs=25", {"webhook_timeout_secs": 25}),
        ("webhook_timeout_secs=null", {"webhook_timeout_secs": None}),
        ("active=false", {"active": False}),
        ("anchorsite_override=San Jose, CA", {"anchorsite_override": "San Jose, CA"}),
        ("tags=a, b", {"tags": ["a", "b"]}),
        ('tags=["a, b", "c"]', {"tags": ["a, b", "c"]}),
        ("tags=", {"tags": []}),
        ("inbound.channel_limit=10", {"inbound": {"channel_limit": 10}}),
        ("outbound.channel_limit=null", {"outbound": {"channel_limit": None}}),
        (f"outbound.outbound_voice_profile_id={ID}", {"outbound": {"outbound_voice_profile_id": ID}}),
    ],
)
def test_a_value_is_converted_to_the_type_of_its_field(word, read):
    assert words(word) == read


def test_fields_of_one_object_come_together():
    assert words("inbound.channel_limit=1", "inbound.sip_subdomain=x", "active=true") == {
        "inbound": {"channel_limit": 1, "sip_subdomain": "x"},
        "active": True,
    }


@pytest.mark.parametrize(
    ("word", "problem"),
    [
        ("active", "FIELD=VALUE"),
        ("active=yes", "active: 'yes'"),
        ("active=null", "active: cannot be null"),
        ("tags=null", "tags: cannot be null"),
        ("application_name=null", "application_name: cannot be null"),
        ("webhook_timeout_secs=2.5", "webhook_timeout_secs: '2.5'"),
        ("webhook_timeout_secs=1_0", "webhook_timeout_secs: '1_0'"),
        ("webhook_timeout_secs=", "webhook_timeout_secs: ''"),
        ("inbound.channel_limit=" + "9" * 5000, "inbound.channel_limit"),
        ("tags=[1]", "tags: must be a list of texts"),
        ("tags=[", "tags: begins like a JSON list"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_with_the_fields_name(word, problem):
    with pytest.raises(BadInput) as caught:
        words(word)
    assert problem in str(caught.value)


@pytest.mark.parametrize("name", ["colour", "id", "inbound", "inbound.colour", ""])
def test_an_unknown_name_is_reported_with_the_known_ones(name):
    with pytest.raises(BadInput) as caught:
        words(f"{name}=1")
    assert str(caught.value).startswith(f"{name}: no field")
    assert all(known in str(caught.value) for known in UPDATE_FIELDS)


def test_a_field_that_is_given_twice_is_refused():
    with pytest.raises(BadInput, match="active: given twice"):
        words("active=true", "active=false")


def test_the_mailbox_is_no_field_of_a_new_application():
    with pytest.raises(BadInput, match="fax_email_recipient: no field"):
        read_words(["fax_email_recipient=a@example.com"], CREATE_FIELDS)


def test_a_document_is_taken_as_telnyx_takes_it():
    given = {"application_name": "null", "tags": [], "outbound": {"channel_limit": None}, "webhook_timeout_secs": 3}
    assert document(given) == (given, [])


def test_fields_that_only_telnyx_sets_are_silently_left_out_of_a_document():
    shown = {"id": ID, "record_type": "fax_application", "created_at": "x", "updated_at": "y", "active": True}
    assert document(shown) == ({"active": True}, [])


def test_the_output_of_show_is_accepted_without_its_read_only_fields():
    shown = {
        "record_type": "fax_application",
        "new_of_telnyx": 1,
        "new_and_empty": None,
        "inbound": None,
        "active": None,
        "outbound": {"outbound_voice_profile_id": None, "channel_limit": None, "also_new": 2},
    }
    assert document(shown) == ({"outbound": {"channel_limit": None}}, ["new_of_telnyx", "outbound.also_new"])


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"colour": 1, "inbound": {"speed": 2}}, "colour, inbound.speed: no fields"),
        ({"inbound": 5}, "inbound: must be an object"),
        ({"inbound": None}, "inbound: must be an object"),
        ([], "input: must be a JSON object"),
    ],
)
def test_a_handwritten_document_with_a_mistake_is_refused(given, problem):
    with pytest.raises(BadInput) as caught:
        document(given)
    assert problem in str(caught.value)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b'{"active": true, "active": false}', b"[" * 100_000])
def test_ambiguous_or_invalid_json_is_refused(body):
    with pytest.raises(BadInput, match="input: "):
        read_document(body, UPDATE_FIELDS)


def test_later_values_win_inside_objects_too():
    first = {"active": True, "inbound": {"channel_limit": 1, "sip_subdomain": "x"}}
    then = {"inbound": {"channel_limit": None}, "outbound": {"channel_limit": 2}, "tags": []}
    assert merge(first, then) == {
        "active": True,
        "inbound": {"channel_limit": None, "sip_subdomain": "x"},
        "outbound": {"channel_limit": 2},
        "tags": [],
    }
    assert first["inbound"]["channel_limit"] == 1
