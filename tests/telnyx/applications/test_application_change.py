"""A change sends what Telnyx requires and what would be lost otherwise, and nothing else."""

import pytest

from faxdispatch.errors import BadInput
from faxdispatch.settings import Settings
from faxdispatch.telnyx import FaxApplication
from faxdispatch.telnyx.applications import Difference, address_problem, complete, differences, shortcomings

ID = "1293384261075731499"


def application(**changes):
    given = {
        "id": ID,
        "application_name": "router",
        "webhook_event_url": "https://fax.example.com/webhooks/telnyx",
        "webhook_event_failover_url": "",
        "active": True,
        "inbound": {"channel_limit": 3, "sip_subdomain": None},
        "outbound": {"channel_limit": None, "outbound_voice_profile_id": "77"},
    }
    return FaxApplication.model_validate(given | changes)


def test_name_and_webhook_address_go_with_every_change():
    assert complete(application(), {"active": False}).body() == {
        "application_name": "router",
        "webhook_event_url": "https://fax.example.com/webhooks/telnyx",
        "active": False,
    }


def test_a_change_of_one_limit_does_not_cost_the_voice_profile():
    body = complete(application(), {"outbound": {"channel_limit": 5}}).body()
    assert body["outbound"] == {"channel_limit": 5, "outbound_voice_profile_id": "77"}
    assert "inbound" not in body


def test_fields_that_only_telnyx_sets_are_not_sent_back():
    found = application(inbound={"sip_subdomain_receive_settings": "a_new_word", "new": 1, "sip_subdomain": "x"})
    body = complete(found, {"inbound": {"channel_limit": None}}).body()
    assert body["inbound"] == {"sip_subdomain": "x", "channel_limit": None}


def test_a_change_of_nothing_is_refused():
    with pytest.raises(BadInput, match="nothing to change"):
        complete(application(), {})


def test_an_application_without_webhook_address_must_be_given_one_with_the_change():
    with pytest.raises(BadInput, match="webhook_event_url"):
        complete(application(webhook_event_url=""), {"active": True})


def test_only_what_differs_is_a_difference():
    wanted = {
        "application_name": "router",
        "webhook_event_failover_url": None,
        "webhook_timeout_secs": 10,
        "outbound": {"outbound_voice_profile_id": "78", "channel_limit": None},
    }
    assert differences(application(), wanted) == (
        Difference("webhook_timeout_secs", None, 10),
        Difference("outbound.outbound_voice_profile_id", "77", "78"),
    )


def test_zero_differs_from_not_set():
    assert differences(application(), {"webhook_timeout_secs": 0}) == (Difference("webhook_timeout_secs", None, 0),)


def test_an_application_that_lacks_nothing_has_no_shortcoming():
    assert list(shortcomings(application(), Settings(telnyx_public_key=["x"]))) == []


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"active": False}, "not active"),
        ({"outbound": None}, "no_outbound_profile"),
        ({"outbound": {"channel_limit": 3}}, "no_outbound_profile"),
        ({"webhook_event_url": "http://fax.example.com/hook"}, "not https"),
        ({"webhook_event_url": None}, "webhook address is not set"),
        ({"webhook_event_url": "https://fax.example.com"}, "does not end in /webhooks/telnyx"),
    ],
)
def test_what_is_missing_is_reported_with_the_command_that_fixes_it(changes, named):
    (line,) = shortcomings(application(**changes), Settings(telnyx_public_key=["x"]))
    assert named in line
    assert f"faxdispatch apps update {ID} " in line


def test_a_missing_public_key_is_reported_with_where_to_find_it():
    (line,) = shortcomings(application(), Settings(telnyx_public_key=()))
    assert "TELNYX_PUBLIC_KEY" in line
    assert "Keys & Credentials" in line


def test_at_a_simulated_telnyx_any_address_will_do():
    settings = Settings(telnyx_public_key=["x"], telnyx_base_url="http://127.0.0.1:4010/v2")
    assert list(shortcomings(application(webhook_event_url="http://127.0.0.1/hook"), settings)) == []


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.1.2.3", "[::1]", "0.0.0.0"]
)
def test_an_address_of_this_machine_is_recognised(host):
    assert "this machine" in address_problem(f"https://{host}:8080/hook")


def test_a_public_address_is_accepted_and_an_invalid_one_reported():
    assert address_problem("https://fax.example.com/webhooks/telnyx") is None
    assert "cannot be read" in address_problem("https://[::1/hook")
