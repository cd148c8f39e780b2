"""The client and the simulator, written apart from one another, agree on every operation."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from faxdispatch.errors import AccountRefused, NoSuchResource, Refused
from faxdispatch.telnyx import ApplicationParams, ApplicationUpdate, SendRequest, TelnyxClient
from tests.conftest import eventually

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)
NEEDED = {"application_name": "contract", "webhook_event_url": "https://example.com/hooks"}


@pytest.fixture(scope="module")
def simulator():
    # So slow that a fax is still under way when it is cancelled.
    command = [sys.executable, "-m", "simulator", "--port", "0", "--speed", "0.01"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        yield json.loads(process.stdout.readline())
        process.terminate()


@pytest.fixture
def client(simulator):
    with TelnyxClient(simulator["base_url"], simulator["api_key"]) as made:
        yield made


@pytest.fixture
def send(client, simulator):
    def send(**changes):
        request = {
            "connection_id": simulator["connection_id"],
            "from": "+13125550100",
            "to": "+14155550123",
            "client_state": "am9iLTE=",
            **changes,
        }
        return client.send_fax(SendRequest.build(**request))

    return send


def test_a_fax_is_sent_read_listed_cancelled_and_deleted(client, send):
    fax = send(media_url="https://example.com/a.pdf")
    assert (fax.status, fax.client_state, fax.from_) == ("queued", "am9iLTE=", "+13125550100")
    assert client.get_fax(fax.id).to == "+14155550123"
    filters = {"direction": "outbound", "from_": "+13125550100", "to": "+14155550123"}
    since = datetime.now(UTC) - timedelta(minutes=5)
    assert fax.id in [found.id for found in client.list_faxes(created_at_gte=since, **filters)]
    assert [found.id for found in client.list_faxes(created_at_lt=since)] == []
    client.cancel_fax(fax.id)
    client.delete_fax(fax.id)
    with pytest.raises(NoSuchResource):
        client.get_fax(fax.id)


def test_a_listing_over_many_pages_is_complete(client, send):
    sent = {send(media_url="https://example.com/a.pdf", to="+14155550199").id for _ in range(5)}
    assert {fax.id for fax in client.list_faxes(to="+14155550199", page_size=2)} == sent
    assert client.list_faxes_page(3, to="+14155550199", page_size=2).meta.total_pages == 3


def test_refresh_reaches_telnyx(client, send):
    fax = send(media_url="https://example.com/a.pdf")
    with pytest.raises(Refused):  # it renews links of inbound faxes, and this one is outbound
        client.refresh_fax(fax.id)


def test_a_request_that_telnyx_refuses_says_why(send):
    with pytest.raises(Refused) as caught:
        send(media_url="https://example.com/a.pdf", to="+14155550123456789")
    assert caught.value.status == 422
    assert "415555" not in str(caught.value)


def test_a_wrong_key_is_refused_as_an_account_problem(simulator):
    with TelnyxClient(simulator["base_url"], "KEY_wrong") as client, pytest.raises(AccountRefused):
        list(client.list_faxes())


def test_an_application_is_created_found_changed_and_deleted(client):
    made = client.create_application(ApplicationParams.build(**NEEDED, outbound={"channel_limit": 3}))
    assert client.get_application(made.id).outbound.channel_limit == 3
    assert made.id in [app.id for app in client.list_applications(name_contains="contra", sort="-created_at")]
    changed = ApplicationUpdate.build(**NEEDED, fax_email_recipient="fax@example.com", webhook_timeout_secs=25)
    assert client.update_application(made.id, changed).webhook_timeout_secs == 25
    assert client.delete_application(made.id).id == made.id
    with pytest.raises(NoSuchResource):
        client.get_application(made.id)


def test_a_document_is_stored_faxed_replaced_fetched_and_deleted(client, send, tmp_path):
    stored = client.upload_media(PDF, media_name="contract.pdf", ttl_seconds=3600)
    assert stored.media_name == "contract.pdf"
    assert send(media_name="contract.pdf").media_name == "contract.pdf"
    assert "contract.pdf" in [media.media_name for media in client.list_media()]
    client.update_media("contract.pdf", PDF + b"\n", ttl_seconds=7200)
    assert client.get_media("contract.pdf").expires_at > datetime.now(UTC)
    assert client.download_media("contract.pdf", tmp_path / "a.pdf") == len(PDF) + 1
    client.delete_media("contract.pdf")
    with pytest.raises(NoSuchResource):
        client.get_media("contract.pdf")


def test_what_faxes_cost_is_listed_by_days(client, simulator):
    origin = simulator["base_url"].removesuffix("/v2")
    coming = {"from": "+14155550123", "to": "+13125550100", "speed": 1000}
    fax_id = httpx.post(f"{origin}/_sim/inbound", json=coming).json()["data"]["id"]
    today = datetime.now(UTC).date()
    found = eventually(lambda: [one for one in client.list_charges(today) if one.fax_id == fax_id])

    assert (found[0].direction, found[0].cost, found[0].currency) == ("inbound", 0, "USD")
    assert list(client.list_charges(today - timedelta(days=1))) == []
