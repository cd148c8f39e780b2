"""The official SDK confirms that the simulator behaves as Telnyx does."""

import datetime

import httpx
import pytest

pytestmark = pytest.mark.xdist_group("sdk")


@pytest.fixture
def sdk(sim, telnyx_sdk):
    with telnyx_sdk.Telnyx(api_key=sim.intro["api_key"], base_url=sim.intro["base_url"], max_retries=0) as client:
        yield client


@pytest.fixture
def send(sim, sdk, inbox):
    def run(**more):
        given = {
            "connection_id": sim.connection_id, "from_": "+13125550000", "to": "+14155550200",
            "media_url": "https://example.com/fax.pdf", "webhook_url": inbox.url,
        }  # fmt: skip
        return sdk.faxes.create(**(given | more)).data

    return run


def test_send_get_and_delete(sdk, send, sim, telnyx_sdk):
    fax = send(client_state="YQ==", quality="very_high", t38_enabled=False, monochrome=True, black_threshold=60)
    assert (fax.status, fax.direction, fax.client_state) == ("queued", "outbound", "YQ==")
    sim.idle()
    read = sdk.faxes.retrieve(fax.id).data
    assert (read.status, read.from_, read.failure_reason) == ("delivered", "+13125550000", None)
    assert isinstance(read.created_at, datetime.datetime)
    sdk.faxes.delete(fax.id)
    with pytest.raises(telnyx_sdk.NotFoundError):
        sdk.faxes.retrieve(fax.id)


def test_list_with_every_filter_through_all_pages(sdk, send):
    sent = [send() for _ in range(5)]
    found = sdk.faxes.list(
        filter={
            "created_at": {
                "gte": sent[0].created_at,
                "gt": sent[0].created_at,
                "lte": sent[4].created_at,
                "lt": sent[4].created_at,
            },
            "direction": {"eq": "outbound"},
            "from": {"eq": "+13125550000"},
            "to": {"eq": "+14155550200"},
        },
        page_size=1,
        page_number=1,
    )
    assert [fax.id for fax in found] == [sent[3].id, sent[2].id, sent[1].id]


def test_cancel(sdk, send, sim, telnyx_sdk):
    fax = send(to="+14155550109")
    assert sdk.faxes.actions.cancel(fax.id).data.result == "ok"
    sim.idle()
    assert sdk.faxes.retrieve(fax.id).data.failure_reason == "sender_canceled"
    with pytest.raises(telnyx_sdk.UnprocessableEntityError) as refused:
        sdk.faxes.actions.cancel(fax.id)
    assert refused.value.body["errors"][0]["code"] == "90080"


def test_refresh(sdk, sim, inbox):
    given = {"from": "+13125550000", "to": "+14155550200", "webhook_url": inbox.url}
    fax = sim.ended(sim.control.post("/inbound", json=given).json()["data"])
    assert sdk.faxes.actions.refresh(fax["id"]).data.result == "ok"
    assert sdk.faxes.retrieve(fax["id"]).data.media_url != fax["media_url"]


def test_applications(sdk, sim, telnyx_sdk):
    made = sdk.fax_applications.create(
        application_name="sdk-router",
        webhook_event_url="https://example.com",
        webhook_timeout_secs=25,
        anchorsite_override="Amsterdam, Netherlands",
        tags=["tag1"],
        inbound={"channel_limit": 10, "sip_subdomain": "example"},
        outbound={"channel_limit": 10, "outbound_voice_profile_id": "55"},
    ).data
    assert (made.outbound.channel_limit, made.tags) == (10, ["tag1"])
    assert sdk.fax_applications.retrieve(made.id).data == made
    changed = sdk.fax_applications.update(
        made.id,
        application_name="sdk-second",
        webhook_event_url="https://example.com",
        fax_email_recipient="user@example.com",
    ).data
    assert (changed.application_name, changed.outbound) == ("sdk-second", made.outbound)
    by_name = sdk.fax_applications.list(filter={"application_name": {"contains": "SDK-"}}, sort="application_name")
    by_profile = sdk.fax_applications.list(filter={"outbound_voice_profile_id": "55"}, sort="active")
    assert [each.id for each in by_name] == [each.id for each in by_profile] == [made.id]
    assert len(list(sdk.fax_applications.list(page_size=1))) == 2
    assert sdk.fax_applications.delete(made.id).data.id == made.id
    with pytest.raises(telnyx_sdk.NotFoundError):
        sdk.fax_applications.retrieve(made.id)


def test_media(sdk, receiver, send, sim, telnyx_sdk):
    url = receiver.origin + "/a.pdf"
    made = sdk.media.upload(media_url=url, media_name="sdk file", ttl_secs=60).data
    assert made.media_name == "sdk file"
    assert sdk.media.retrieve("sdk file").data == made
    assert [each.media_name for each in sdk.media.list(filter={"content_type": ["application/pdf"]}).data] == [
        "sdk file"
    ]
    assert sdk.media.list(filter={"content_type": ["image/png", "text/plain"]}).data == []
    assert sdk.media.download("sdk file").read().startswith(b"%PDF")
    fax = send(media_url=telnyx_sdk.omit, media_name="sdk file")
    sim.idle()
    assert sdk.faxes.retrieve(fax.id).data.status == "delivered"
    assert sdk.media.update("sdk file", media_url=url, ttl_secs=90).data.expires_at > made.expires_at
    sdk.media.delete("sdk file")
    with pytest.raises(telnyx_sdk.NotFoundError):
        sdk.media.retrieve("sdk file")


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("unauthorized", "AuthenticationError"),
        ("insufficient_funds", "PermissionDeniedError"),
        ("rate_429", "RateLimitError"),
        ("error_500_after", "InternalServerError"),
        ("html_502", "InternalServerError"),
        ("drop_after", "APIConnectionError"),
    ],
)
def test_faults_reach_the_sdk_as_its_own_errors(sim, send, fault, error, telnyx_sdk):
    sim.faults(**{fault: 1})
    with pytest.raises(getattr(telnyx_sdk, error)):
        send()


def test_by_default_the_sdk_sends_again_and_the_report_shows_it(sim, send, sdk):
    sim.faults(next_posts=["error_500_after", "drop_after"])
    eager = sdk.with_options(max_retries=2)
    eager.faxes.create(
        connection_id=sim.connection_id,
        from_="+13125550000",
        to="+14155550200",
        media_url="https://example.com/fax.pdf",
        client_state="YQ==",
    )
    seen = sim.report()["client_states"]["YQ=="]
    assert (seen["posts"], seen["accepted"]) == (3, 3)


@pytest.mark.parametrize("to", ["+14155550100", "+14155550110"])
def test_real_webhooks_pass_the_sdks_check_and_get_its_types(sdk, send, sim, inbox, to):
    send(to=to, client_state="YQ==")
    sim.idle()
    events = [
        sdk.webhooks.unwrap(body.decode(), headers=headers, key=sim.intro["public_key"])
        for headers, body in inbox.requests
    ]
    last = "FaxDelivered" if to.endswith("00") else "FaxFailed"
    kinds = [type(event).__name__.removesuffix("WebhookEvent") for event in events]
    assert (kinds[:2], kinds[-1]) == (["FaxQueued", "FaxMediaProcessed"], last)
    assert events[-1].data.payload.client_state == "YQ=="


def test_a_foreign_signature_fails_the_sdks_check(sdk, sim, inbox):
    sim.control.post("/webhooks", json={"url": inbox.url, "event_type": "fax.queued", "bad_signature": True})
    headers, body = inbox.requests[0]
    with pytest.raises(ValueError, match="ignature"):
        sdk.webhooks.unwrap(body.decode(), headers=headers, key=sim.intro["public_key"])


def test_the_sdk_can_send_a_file_as_multipart(sdk, sim, pdf):
    answer = sdk.post(
        "/faxes",
        cast_to=httpx.Response,
        body={"connection_id": sim.connection_id, "from": "+13125550000", "to": "+14155550200"},
        files={"contents": ("a.pdf", pdf(2), "application/pdf")},
        options={"headers": {"Content-Type": "multipart/form-data"}},
    )
    assert answer.status_code == 202
