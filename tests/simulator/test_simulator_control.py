"""The control API of the simulator: reports, events and inbound faxes on demand."""

import pytest
from nacl.exceptions import BadSignatureError


def webhook(sim, inbox, **given):
    answer = sim.control.post("/webhooks", json={"url": inbox.url} | given)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_health(sim):
    assert sim.control.get("/health").json() == {"status": "ok", "simulation": True}


def test_the_report_counts_posts_and_faxes_per_client_state(sim):
    for _ in range(2):
        sim.send(client_state="YQ==")
    sim.post(client_state="Yg==", to="x")
    sim.send()
    sim.idle()
    report = sim.report()
    assert (report["posts_total"], report["accepted_total"]) == (4, 3)
    assert report["client_states"]["YQ=="]["posts"] == 2
    assert len(report["client_states"]["YQ=="]["fax_ids"]) == 2
    assert (report["client_states"]["Yg=="]["posts"], report["client_states"]["Yg=="]["accepted"]) == (1, 0)
    assert report["client_states"][""]["posts"] == 1
    assert report["delivered"] + report["failed"] == 3
    assert report["calls"]["POST /faxes"] == 4
    assert report["max_calls_per_second"] >= 1


def test_the_report_shows_the_present_status_even_of_a_deleted_fax(sim):
    fax = sim.send(client_state="YQ==")
    sim.ended(fax)
    sim.api.delete(f"/faxes/{fax['id']}")
    assert sim.report()["client_states"]["YQ=="]["statuses"] == ["delivered"]


def test_all_faxes_can_be_read_since_a_moment(sim):
    first, second = sim.send(), sim.send(to="+14155550301")
    sim.idle()
    everything = sim.control.get("/faxes").json()["data"]
    assert [fax["id"] for fax in everything] == [first["id"], second["id"]]
    assert everything[0]["call_duration_secs"] > 0
    since = sim.control.get("/faxes", params={"since": second["created_at"]}).json()["data"]
    assert [fax["id"] for fax in since] == [second["id"]]
    assert sim.control.get("/faxes", params={"since": "soon"}).status_code == 400


@pytest.mark.parametrize(
    "wrong",
    [
        {"pages": 0}, {"from": "x"}, {"speed": "fast"}, {"colour": 1}, {"kind": "png"}, {"bytes": "%"},
        {"partial_content": 1}, {"media_url": ""},
    ],
)  # fmt: skip
def test_a_wrong_inbound_fax_is_refused(sim, wrong):
    given = {"from": "+13125550000", "to": "+14155550200"} | wrong
    assert sim.control.post("/inbound", json=given).status_code == 400


def test_any_event_can_be_sent_signed(sim, inbox):
    sent = webhook(sim, inbox, event_type="fax.email.delivered", payload={"fax_id": "1"}, event_id="e-1")
    assert sent == {"event_id": "e-1", "url": inbox.url, "status": 200}
    sim.verify(inbox.requests[0])
    assert inbox.events[0]["data"]["payload"] == {"fax_id": "1"}


def test_an_event_can_have_a_bad_signature(sim, inbox):
    webhook(sim, inbox, event_type="fax.queued", bad_signature=True)
    with pytest.raises(BadSignatureError):
        sim.verify(inbox.requests[0])


def test_any_bytes_can_be_sent_signed_and_stale(sim, inbox):
    webhook(sim, inbox, raw_body="not json", timestamp=1588684102, content_type="text/plain")
    headers, body = inbox.requests[0]
    assert (body, headers["telnyx-timestamp"], headers["Content-Type"]) == (b"not json", "1588684102", "text/plain")
    sim.verify(inbox.requests[0])


def test_the_receivers_answers_are_reported(sim, inbox):
    inbox.answers = [503]
    assert webhook(sim, inbox, event_type="fax.queued")["status"] == 503
    assert webhook(sim, inbox, event_type="fax.queued", url="http://127.0.0.1:9/none")["status"] is None


def test_reset_forgets_everything_but_the_switches(sim, pdf):
    sim.faults(no_id=1)
    sim.post(to="+14155550109")
    sim.api.post("/media", files={"media": ("a", pdf(1), "application/pdf")})
    sim.api.post("/fax_applications", json={"application_name": "x", "webhook_event_url": "https://example.com"})
    sim.control.post("/reset")
    report = sim.report()
    assert (report["posts_total"], report["in_process"], report["client_states"]) == (0, 0, {})
    assert sim.list().json()["data"] == []
    assert sim.api.get("/media").json()["data"] == []
    assert [each["id"] for each in sim.api.get("/fax_applications").json()["data"]] == [sim.connection_id]
    assert sim.control.get("/faults").json()["no_id"] == 1


def test_the_control_api_needs_no_key_and_counts_no_calls(sim):
    sim.control.get("/faults")
    assert sim.report()["calls_total"] == 0


def test_the_webhook_url_can_be_changed_while_it_runs(start, inbox, receiver):
    sim, other = start("--speed", "40", "--webhook-url", inbox.url), receiver.inbox()
    sim.send()
    sim.idle()
    sim.faults(webhook_url=other.url)
    sim.send()
    sim.idle()
    assert len(inbox.types) == len(other.types) == 4
    assert sim.api.get(f"/fax_applications/{sim.connection_id}").json()["data"]["webhook_event_url"] == other.url
    sim.control.delete("/faults")
    assert sim.send()["webhook_url"] == inbox.url
