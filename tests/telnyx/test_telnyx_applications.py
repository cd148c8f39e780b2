"""Fax applications: what is refused here, retries and errors. Requests and answers: see tests/contract."""

import httpx
import pytest

from faxdispatch.errors import BadInput, NotSent, OutcomeUnknown
from faxdispatch.telnyx import ApplicationParams, ApplicationUpdate

ID = "1293384261075731499"
APPLICATION = {
    "id": ID,
    "application_name": "fax-router",
    "active": True,
    "outbound": {"channel_limit": 10, "outbound_voice_profile_id": ID},
    "inbound": {"channel_limit": None, "sip_subdomain": "example"},
    "tags": ["a"],
    "created_at": "2018-02-02T22:25:27.521Z",
}
NEEDED = {"application_name": "fax-router", "webhook_event_url": "https://example.com/hooks"}


@pytest.mark.parametrize("arguments", [{"name_contains": "fa"}, {"page_size": 0}, {"page_size": 251}])
def test_a_listing_out_of_range_is_refused_here(client, api, arguments):
    with pytest.raises(BadInput, match=next(iter(arguments))):
        client.list_applications(**arguments)


@pytest.mark.parametrize("none", ["", None])
def test_no_failover_address_is_sent_as_null(client, api, none):
    api.will_answer(200, APPLICATION)
    client.update_application(ID, ApplicationUpdate.build(**NEEDED, webhook_event_failover_url=none))
    assert api.sent[3] == {**NEEDED, "webhook_event_failover_url": None}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"application_name": ""}, "application_name"),
        ({"webhook_event_url": "example.com"}, "webhook_event_url"),
        ({"webhook_timeout_secs": 31}, "webhook_timeout_secs"),
        ({"anchorsite_override": "Paris"}, "anchorsite_override"),
        ({"outbound": {"channel_limit": -1}}, "outbound.channel_limit"),
        ({"inbound": {"sip_subdomain_receive_settings": "all"}}, "inbound.sip_subdomain_receive_settings"),
        ({"fax_email_recipient": "a@example.com"}, "fax_email_recipient: unknown option"),
        ({"active": None}, "active: cannot be null"),
        ({"tags": None}, "tags: cannot be null"),
        ({"outbound": {"outbound_voice_profile_id": None}}, "outbound.outbound_voice_profile_id: cannot be null"),
    ],
)
def test_a_request_that_telnyx_would_refuse_cannot_be_built(change, named):
    with pytest.raises(BadInput, match=named):
        ApplicationParams.build(**NEEDED | change)


@pytest.mark.parametrize("trouble", [503, 408, httpx.ReadTimeout("slow")])
def test_create_is_not_repeated_when_it_may_have_worked(client, api, trouble):
    if isinstance(trouble, int):
        api.will_answer(trouble)
    else:
        api.will_raise(trouble)
    with pytest.raises(OutcomeUnknown):
        client.create_application(ApplicationParams.build(**NEEDED))
    assert len(api.requests) == 1


def test_create_is_repeated_when_nothing_was_sent(client, api):
    api.will_raise(httpx.ConnectError("refused")).will_answer(201, APPLICATION)
    assert client.create_application(ApplicationParams.build(**NEEDED)).id == ID


def test_create_gives_up_when_nothing_can_be_sent(client, api):
    api.will_raise(httpx.ConnectError("refused"))
    with pytest.raises(NotSent):
        client.create_application(ApplicationParams.build(**NEEDED))
    assert len(api.requests) == 3


def test_an_unreadable_application_is_not_taken_for_one(client, api):
    api.will_answer(200, text="<html>")
    with pytest.raises(OutcomeUnknown):
        client.get_application(ID)
