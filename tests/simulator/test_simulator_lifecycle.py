"""The stages of a simulated fax, its webhooks and its limits."""

import time

import httpx
import pytest
from nacl.exceptions import BadSignatureError

from tests.documents.blank import blank_pdf

OUTBOUND = ["fax.queued", "fax.media.processed", "fax.sending.started", "fax.delivered"]


def application(sim, **more):
    body = {"application_name": "mine", "webhook_event_url": sim.webhook_url} | more
    answer = sim.api.post("/fax_applications", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]["id"]


def test_a_fax_is_delivered_and_reports_every_step_in_order(sim, inbox):
    fax = sim.send(client_state="YQ==")
    assert sim.ended(fax)["status"] == "delivered"
    sim.idle()
    assert inbox.types == OUTBOUND
    payloads = [event["data"]["payload"] for event in inbox.events]
    assert [each["status"] for each in payloads] == ["queued", "media.processed", "sending", "delivered"]
    assert {each["client_state"] for each in payloads} == {"YQ=="}
    assert {each["fax_id"] for each in payloads} == {fax["id"]}
    assert {each["original_media_url"] for each in payloads} == {"https://example.com/fax.pdf"}
    assert payloads[-1]["page_count"] == 1
    assert payloads[-1]["call_duration_secs"] > 0
    assert "page_count" not in payloads[0]


def test_webhooks_have_the_documented_envelope_and_headers(sim, inbox):
    sim.send()
    sim.idle()
    headers, _ = inbox.requests[0]
    event = inbox.events[0]
    assert event["meta"] == {"attempt": 1, "delivered_to": inbox.url}
    assert event["data"].keys() == {"event_type", "id", "occurred_at", "payload", "record_type"}
    assert event["data"]["record_type"] == "event"
    assert headers["User-Agent"] == "telnyx-webhooks"
    assert headers["Content-Type"] == "application/json"
    assert abs(int(headers["telnyx-timestamp"]) - time.time()) < 300


def test_webhooks_are_signed_over_timestamp_and_raw_body(sim, inbox):
    sim.send()
    sim.idle()
    for request in inbox.requests:
        sim.verify(request)
    headers, body = inbox.requests[0]
    with pytest.raises(BadSignatureError):
        sim.verify((headers, body + b" "))


def test_statuses_seen_on_the_way_come_in_order(start):
    sim = start("--speed", "4")
    fax = sim.send()
    seen = []
    while not seen or seen[-1] not in {"delivered", "failed"}:
        status = sim.fax(fax["id"])["status"]
        if status not in seen:
            seen.append(status)
    path = ["queued", "media.processed", "originated", "sending", "delivered"]
    # A busy machine may look too seldom to see them all.
    assert seen == [status for status in path if status in seen]
    assert seen[-1] == "delivered"


def test_a_fax_from_storage_counts_its_pages_and_names_the_file(sim, inbox, pdf):
    files = {"media": ("a.pdf", pdf(4), "application/pdf")}
    sim.api.post("/media", files=files, data={"media_name": "four"})
    fax = sim.send(media_url=None, media_name="four")
    sim.idle()
    last = inbox.events[-1]["data"]["payload"]
    assert (last["page_count"], last["media_name"]) == (4, "four")
    assert "original_media_url" not in last
    assert sim.fax(fax["id"])["media_name"] == "four"


@pytest.mark.parametrize(
    ("content", "kind", "reason"),
    [
        (b"not a pdf", "application/pdf", "file_format_invalid"),
        (b"%PDF-1.7 broken", "application/pdf", "file_format_invalid"),
        (b"GIF89a", "image/gif", "file_format_invalid"),
        (blank_pdf(351), "application/pdf", "page_count_limit_exceeded"),
        (b"hello", "text/plain", None),
    ],
)
def test_documents_fail_for_what_is_wrong_with_them(sim, content, kind, reason):
    sim.api.post("/media", files={"media": ("a", content, kind)}, data={"media_name": "it"})
    fax = sim.ended(sim.send(media_url=None, media_name="it"))
    assert fax["failure_reason"] == reason


def test_two_calls_to_one_number_at_once_are_busy_and_counted_as_an_overlap(sim):
    first = sim.send(to="+14155550109")
    sim.wait_for(first["id"], "sending")
    second = sim.ended(sim.send(to="+14155550109"))
    assert second["failure_reason"] == "user_busy"
    assert sim.report()["overlaps"] == 1


def test_calls_to_one_number_one_after_the_other_do_not_overlap(sim):
    for _ in range(3):
        assert sim.ended(sim.send())["status"] == "delivered"
    assert sim.report()["overlaps"] == 0


def test_more_calls_than_channels_fail_until_more_are_allowed(sim):
    sim.faults(channels=1)
    sim.wait_for(sim.send(to="+14155550109")["id"], "sending")
    assert sim.ended(sim.send(to="+14155550301"))["failure_reason"] == "connection_channel_limit_exceeded"
    sim.faults(channels=2)
    assert sim.ended(sim.send(to="+14155550301"))["status"] == "delivered"
    assert sim.report()["max_channels_used"] == 2


def test_an_applications_own_channel_limit_counts(sim):
    outbound = {"channel_limit": 1, "outbound_voice_profile_id": "1"}
    mine = application(sim, outbound=outbound)
    sim.wait_for(sim.send(to="+14155550109", connection_id=mine)["id"], "sending")
    assert sim.ended(sim.send(connection_id=mine))["failure_reason"] == "connection_channel_limit_exceeded"
    assert sim.ended(sim.send())["status"] == "delivered"


def test_without_a_voice_profile_faxes_fail(sim):
    assert sim.ended(sim.send(connection_id=application(sim)))["failure_reason"] == "no_outbound_profile"


def test_too_many_faxes_in_process_are_429(sim):
    sim.faults(process_limit=1)
    sim.send(to="+14155550109")
    assert sim.post().status_code == 429


def test_the_applications_url_is_used_unless_the_fax_has_its_own(sim, receiver, inbox):
    own = receiver.inbox()
    mine = application(sim, outbound={"outbound_voice_profile_id": "1"})
    fax = sim.send(connection_id=mine, webhook_url=None)
    sim.send(connection_id=mine, webhook_url=own.url, to="+14155550201")
    sim.idle()
    assert fax["webhook_url"] == inbox.url
    assert (inbox.types, own.types) == (OUTBOUND, OUTBOUND)


def test_a_refused_webhook_comes_again_with_the_same_id_and_a_new_signature(sim, inbox):
    inbox.answers = [500, 204]
    sim.send()
    sim.idle()
    first, second, third = inbox.events[:3]
    assert first["data"] == second["data"] == third["data"]
    assert [event["meta"]["attempt"] for event in (first, second, third)] == [1, 2, 3]
    assert inbox.types == ["fax.queued"] * 2 + OUTBOUND
    for request in inbox.requests:
        sim.verify(request)
    counts = sim.report()["webhooks"]
    assert (counts["sent"], counts["refused"], counts["abandoned"]) == (4, 2, 0)


def test_redirects_are_not_followed(sim, inbox, receiver):
    inbox.answers = [307]
    sim.send()
    sim.idle()
    assert inbox.types == ["fax.queued", *OUTBOUND]


def test_webhooks_are_given_up_after_so_many_attempts(sim, inbox):
    sim.faults(webhook_attempts=2)
    inbox.answers = [503] * 2
    sim.send()
    sim.idle()
    assert inbox.types == ["fax.queued", *OUTBOUND]
    assert sim.report()["webhooks"]["abandoned"] == 1


def test_the_failover_url_is_tried_after_the_first(sim, inbox, receiver):
    failover = receiver.inbox()
    inbox.answers = [500] * 12
    profile = {"outbound_voice_profile_id": "1"}
    mine = application(sim, outbound=profile, webhook_event_failover_url=failover.url)
    fax = sim.send(connection_id=mine)
    sim.idle()
    assert fax["webhook_failover_url"] == failover.url
    assert failover.types == OUTBOUND
    assert [event["meta"]["attempt"] for event in failover.events] == [4] * 4
    assert failover.events[0]["meta"]["delivered_to"] == failover.url


def test_a_receiver_that_is_too_slow_gets_the_event_again(sim, inbox):
    mine = application(sim, outbound={"outbound_voice_profile_id": "1"}, webhook_timeout_secs=1)
    inbox.release.clear()
    sim.send(connection_id=mine)
    inbox.wait_for(2)
    inbox.release.set()
    sim.idle()
    assert inbox.events[0]["data"]["id"] == inbox.events[1]["data"]["id"]


def test_an_inbound_fax_reports_its_steps_and_can_be_downloaded(sim, inbox):
    given = {"from": "+13125550000", "to": "+14155550200", "pages": 3, "webhook_url": inbox.url}
    fax = sim.control.post("/inbound", json=given).json()["data"]
    assert (fax["direction"], fax["status"]) == ("inbound", "initiated")
    assert sim.ended(fax)["status"] == "received"
    sim.idle()
    assert inbox.types == ["fax.receiving.started", "fax.media.processing.started", "fax.received"]
    last = inbox.events[-1]["data"]["payload"]
    assert (last["page_count"], last["partial_content"], last["caller_id"]) == (3, False, "+13125550000")
    assert httpx.get(last["media_url"]).content.startswith(b"%PDF")


def test_an_inbound_fax_can_fail(sim, inbox):
    given = {"from": "+13125550000", "to": "+14155550200", "failure_reason": "sender_call_dropped"}
    sim.control.post("/inbound", json=given | {"webhook_url": inbox.url, "speed": 100})
    sim.idle()
    assert inbox.types == ["fax.receiving.started", "fax.failed"]
    assert inbox.events[-1]["data"]["payload"]["failure_reason"] == "sender_call_dropped"
