"""The explanation of an application's fields agrees with its requests and with the API reference."""

import pytest

from faxdispatch.errors import BadInput
from faxdispatch.telnyx import ApplicationParams, ApplicationUpdate
from faxdispatch.telnyx.applications import CREATE_FIELDS, UPDATE_FIELDS, describe

NEEDED = {"application_name": "a", "webhook_event_url": "https://example.com"}

REFERENCE = {
    "application_name", "webhook_event_url", "webhook_event_failover_url", "webhook_timeout_secs", "active",
    "anchorsite_override", "tags", "inbound.channel_limit", "inbound.sip_subdomain",
    "inbound.sip_subdomain_receive_settings", "outbound.channel_limit", "outbound.outbound_voice_profile_id",
}  # fmt: skip
NULLABLE = {
    "webhook_event_failover_url", "webhook_timeout_secs", "inbound.channel_limit", "inbound.sip_subdomain",
    "outbound.channel_limit", "fax_email_recipient",
}  # fmt: skip


def nested(name, value):
    group, dot, inner = name.partition(".")
    return {group: {inner: value}} if dot else {name: value}


def test_the_fields_are_those_of_the_api_reference():
    assert set(CREATE_FIELDS) == REFERENCE
    assert set(UPDATE_FIELDS) == REFERENCE | {"fax_email_recipient"}


def test_a_new_application_needs_name_and_webhook_address_and_an_update_nothing():
    assert {field.name for field in CREATE_FIELDS.values() if field.required} == set(NEEDED)
    assert not any(field.required for field in UPDATE_FIELDS.values())


@pytest.mark.parametrize("name", sorted(UPDATE_FIELDS))
def test_a_field_is_documented_as_nullable_exactly_where_a_request_accepts_null(name):
    assert UPDATE_FIELDS[name].nullable == (name in NULLABLE)
    options = NEEDED | nested(name, None)
    if name in NULLABLE:
        assert ApplicationUpdate.build(**options)
    else:
        with pytest.raises(BadInput, match=name):
            ApplicationUpdate.build(**options)


@pytest.mark.parametrize("name", sorted(name for name, field in CREATE_FIELDS.items() if field.choices))
def test_the_documented_choices_are_exactly_those_accepted(name):
    for choice in CREATE_FIELDS[name].choices:
        assert ApplicationParams.build(**NEEDED | nested(name, choice))
    with pytest.raises(BadInput, match=name):
        ApplicationParams.build(**NEEDED | nested(name, "elsewhere"))


@pytest.mark.parametrize("name", sorted(name for name, field in CREATE_FIELDS.items() if field.least is not None))
def test_the_documented_range_is_the_one_enforced(name):
    field = CREATE_FIELDS[name]
    ends = [field.least] + ([] if field.most is None else [field.most])
    for end in ends:
        assert ApplicationParams.build(**NEEDED | nested(name, end))
    for beyond in [field.least - 1] + ([] if field.most is None else [field.most + 1]):
        with pytest.raises(BadInput, match=name):
            ApplicationParams.build(**NEEDED | nested(name, beyond))


def test_every_field_is_explained_in_lines_that_fit_a_terminal():
    lines = describe(UPDATE_FIELDS)
    assert all(field.meaning for field in UPDATE_FIELDS.values())
    assert max(map(len, lines)) <= 78
    text = " ".join(" ".join(lines).split())
    for field in UPDATE_FIELDS.values():
        assert f"{field.name} {field.takes} {field.meaning}" in text


def test_the_fields_that_are_needed_are_marked():
    assert [line for line in describe(CREATE_FIELDS) if "needed" in line] == [f"{name} (needed)" for name in NEEDED]
