"""Which requests the simulator accepts, and how it refuses others."""

import httpx
import pytest

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def problems(answer):
    return {(each["source"]["pointer"], each["code"]) for each in answer.json()["errors"]}


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"connection_id": None}, "/connection_id", "10004"),
        ({"from": None}, "/from", "10004"),
        ({"to": None}, "/to", "10004"),
        ({"media_url": None}, "/media_url", "10004"),
        ({"media_name": "there"}, "/media_name", "10015"),
        ({"connection_id": 5}, "/connection_id", "10026"),
        ({"connection_id": "unknown"}, "/connection_id", "85004"),
        ({"to": "4155550123"}, "/to", "10016"),
        ({"to": "+0155550123"}, "/to", "10016"),
        ({"to": "sip:nobody"}, "/to", "10016"),
        ({"from": "sip:me@example.com"}, "/from", "10016"),
        ({"from": "+1 312 555 0000"}, "/from", "10016"),
        ({"media_url": "ftp://example.com/a.pdf"}, "/media_url", "10003"),
        ({"media_url": "data:application/pdf;base64,AAAA"}, "/media_url", "10003"),
        ({"media_url": "https://example.com/" + "a" * 2000}, "/media_url", "10003"),
        ({"media_url": ["https://example.com/a.pdf"]}, "/media_url", "10026"),
        ({"webhook_url": "example.com/hook"}, "/webhook_url", "10003"),
        ({"client_state": "not base64!"}, "/client_state", "90017"),
        ({"client_state": "YQ"}, "/client_state", "90017"),
        ({"from_display_name": "a" * 129}, "/from_display_name", "10033"),
        ({"from_display_name": "A & B"}, "/from_display_name", "10015"),
        ({"quality": "best"}, "/quality", "10032"),
        ({"preview_format": "png"}, "/preview_format", "10032"),
        ({"t38_enabled": "false"}, "/t38_enabled", "10026"),
        ({"monochrome": 1}, "/monochrome", "10026"),
        ({"store_media": "yes"}, "/store_media", "10026"),
        ({"store_preview": 0}, "/store_preview", "10026"),
        ({"black_threshold": 0}, "/black_threshold", "10033"),
        ({"black_threshold": 101}, "/black_threshold", "10033"),
        ({"black_threshold": True}, "/black_threshold", "10026"),
        ({"black_threshold": 50.5}, "/black_threshold", "10026"),
        ({"idempotency_key": "x"}, "/idempotency_key", "10015"),
        ({"media_url": None, "media_name": "missing"}, "/media_name", "10017"),
        ({"media_url": None, "media_name": "x", "store_media": True}, "/store_media", "10015"),
    ],
)
def test_a_wrong_send_is_refused_with_a_pointer_and_creates_nothing(sim, changes, pointer, code):
    answer = sim.post(**changes)
    assert answer.status_code == 422
    assert (pointer, code) in problems(answer)
    assert sim.report()["accepted_total"] == 0


def test_null_is_no_value_for_a_property_that_is_not_nullable(sim):
    answer = sim.api.post("/faxes", json=sim.request() | {"client_state": None})
    assert (answer.status_code, problems(answer)) == (422, {("/client_state", "10026")})


def test_all_problems_are_reported_at_once(sim):
    answer = sim.post(to="x", quality="best", extra=1)
    assert problems(answer) == {("/to", "10016"), ("/quality", "10032"), ("/extra", "10015")}


def test_everything_documented_is_accepted(sim):
    fax = sim.send(
        to="sip:fax@example.com",
        client_state="YWJj",
        from_display_name="Acme Inc. -_~!.+",
        quality="ultra_dark",
        t38_enabled=False,
        monochrome=True,
        black_threshold=100,
        store_media=True,
        store_preview=True,
        preview_format="pdf",
    )
    assert (fax["to"], fax["from_display_name"]) == ("sip:fax@example.com", "Acme Inc. -_~!.+")
    assert httpx.get(fax["stored_media_url"]).content.startswith(b"%PDF")
    assert "_preview.pdf" in fax["preview_url"]


def test_a_fax_has_exactly_the_documented_fields(sim):
    documented = {
        *("client_state", "connection_id", "created_at", "direction", "from", "from_display_name", "id"),
        *("media_name", "media_url", "preview_url", "quality", "record_type", "status", "store_media"),
        *("stored_media_url", "to", "updated_at", "webhook_failover_url", "webhook_url"),
        *("failure_reason", "internal_failure_reason"),
    }
    full = sim.send(client_state="YQ==", store_media=True, store_preview=True)
    assert documented - full.keys() == {"media_name"}
    assert full.keys() <= documented
    assert full["failure_reason"] is None
    assert full["status"] == "queued"


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        ("{", {"Content-Type": "application/json"}, 400),
        ("[]", {"Content-Type": "application/json"}, 400),
        ("", {"Content-Type": "application/json"}, 400),
        ("{}", {"Content-Type": "text/plain"}, 415),
        ("{}", {}, 415),
    ],
)
def test_a_body_of_the_wrong_kind_is_refused(sim, content, headers, status):
    assert sim.api.post("/faxes", content=content, headers=headers).status_code == status


def test_forms_are_accepted_with_flags_and_numbers_as_text(sim):
    body = sim.request(client_state="YQ==", t38_enabled="false", black_threshold="40", monochrome="true")
    answer = sim.api.post("/faxes", data=body)
    assert (answer.status_code, answer.json()["data"]["client_state"]) == (202, "YQ==")
    assert sim.report()["client_states"]["YQ=="]["posts"] == 1


@pytest.mark.parametrize(
    "content", ["t38_enabled=maybe", "black_threshold=x", "to=%2B14155550200&to=%2B14155550201", "extra=1"]
)
def test_wrong_forms_are_refused(sim, content):
    assert sim.api.post("/faxes", content=content, headers=FORM).status_code == 422


def multipart(sim, content, **changes):
    given = sim.request(media_url=None, **changes)
    given.pop("webhook_url")
    return sim.api.post("/faxes", data=given, files={"contents": ("a.pdf", content, "application/pdf")})


def test_multipart_takes_a_file_and_counts_its_pages(sim, pdf):
    answer = multipart(sim, pdf(3), quality="normal", store_media="true")
    assert answer.status_code == 202
    sim.idle()
    assert sim.control.get("/faxes").json()["data"][0]["page_count"] == 3


def test_multipart_cannot_carry_client_state_or_webhook_url(sim, pdf):
    answer = multipart(sim, pdf(1), client_state="YQ==")
    assert (answer.status_code, problems(answer)) == (422, {("/client_state", "10015")})


def test_multipart_needs_contents_of_at_most_20_mb(sim):
    assert problems(multipart(sim, b"%PDF" + b"0" * (20 * 1024 * 1024))) == {("/contents", "10033")}
    given = sim.request(media_url=None, webhook_url=None)
    given.pop("webhook_url", None)
    missing = sim.api.post("/faxes", data=given, files={"other": ("a.pdf", b"x", "application/pdf")})
    assert missing.status_code == 422


@pytest.mark.parametrize("header", [None, "Bearer wrong", "Basic abc", "KEY"])
def test_a_wrong_key_is_401(sim, header):
    headers = {"Authorization": header} if header else {}
    answer = httpx.get(sim.intro["base_url"] + "/faxes", headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (401, "10009")


def test_paths_and_methods_that_do_not_exist_get_error_bodies(sim):
    missing, wrong = sim.api.get("/messages"), sim.api.put("/faxes")
    assert (missing.status_code, missing.json()["errors"][0]["code"]) == (404, "404")
    assert (wrong.status_code, wrong.json()["errors"][0]["code"]) == (405, "405")


def test_an_inactive_application_cannot_send(sim):
    body = {"application_name": "off", "webhook_event_url": "https://example.com", "active": False}
    application = sim.api.post("/fax_applications", json=body).json()["data"]
    assert sim.post(connection_id=application["id"]).status_code == 403


def test_every_refusal_is_remembered_with_its_reason(sim):
    sim.post(to="x", client_state="YQ==")
    sim.api.get("/faxes", params={"filter[status]": "queued"})
    report = sim.report()
    first, second = report["violations"]
    assert (first["status"], first["client_state"], first["source"]) == (422, "YQ==", {"pointer": "/to"})
    assert (second["status"], second["request"]) == (400, "GET /v2/faxes")
    assert "filter[status]" in second["reason"]
    assert report["client_states"]["YQ=="] == {
        "posts": 1, "accepted": 0, "fax_ids": [], "statuses": [], "failure_reasons": [],
    }  # fmt: skip
