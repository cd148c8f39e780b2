"""The statements of docs/telnyx.md are true."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from faxdispatch import FaxClient, events
from faxdispatch.errors import NoSuchResource
from faxdispatch.events import JOB_TYPES, TELNYX_TYPES, Event
from faxdispatch.jobs import JOBS
from faxdispatch.settings import Settings
from faxdispatch.telnyx import ApplicationParams, ApplicationUpdate, SendRequest, TelnyxClient

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "telnyx.md").read_text(encoding="utf-8")
PROSE = re.sub(r"^```.*?^```", "", TEXT, flags=re.MULTILINE | re.DOTALL)

FAX_OPERATIONS = {
    "GET /fax_applications", "POST /fax_applications", "GET /fax_applications/{id}", "PATCH /fax_applications/{id}",
    "DELETE /fax_applications/{id}", "GET /faxes", "POST /faxes", "GET /faxes/{id}", "DELETE /faxes/{id}",
    "POST /faxes/{id}/actions/cancel", "POST /faxes/{id}/actions/refresh",
}  # fmt: skip
"""Telnyx API reference, "Programmable Fax Applications" and "Programmable Fax Commands"."""

MEDIA_OPERATIONS = {
    "POST /media", "GET /media", "GET /media/{media_name}", "PUT /media/{media_name}", "DELETE /media/{media_name}",
    "GET /media/{media_name}/download",
}  # fmt: skip
"""Telnyx API reference, "Media"."""

CHARGE_OPERATIONS = {"GET /detail_records"}
"""Telnyx API reference, "Detail Records"."""

ADDRESS = "https://we.example/webhooks/telnyx"
APPLICATION: dict[str, Any] = {"application_name": "faxes", "webhook_event_url": ADDRESS}
SEND: dict[str, Any] = {"connection_id": "1", "from": "+13125550123", "to": "+13125550124", "media_name": "letter"}

CALLS = {
    "list_applications": lambda telnyx: next(telnyx.list_applications()),
    "create_application": lambda telnyx: telnyx.create_application(ApplicationParams.build(**APPLICATION)),
    "get_application": lambda telnyx: telnyx.get_application("ID"),
    "update_application": lambda telnyx: telnyx.update_application("ID", ApplicationUpdate.build(**APPLICATION)),
    "delete_application": lambda telnyx: telnyx.delete_application("ID"),
    "list_faxes": lambda telnyx: next(telnyx.list_faxes()),
    "list_faxes_page": lambda telnyx: telnyx.list_faxes_page(),
    "send_fax": lambda telnyx: telnyx.send_fax(SendRequest.build(**SEND)),
    "get_fax": lambda telnyx: telnyx.get_fax("ID"),
    "delete_fax": lambda telnyx: telnyx.delete_fax("ID"),
    "cancel_fax": lambda telnyx: telnyx.cancel_fax("ID"),
    "refresh_fax": lambda telnyx: telnyx.refresh_fax("ID"),
    "upload_media": lambda telnyx: telnyx.upload_media(b"%PDF-"),
    "list_media": lambda telnyx: next(iter(telnyx.list_media())),
    "get_media": lambda telnyx: telnyx.get_media("ID"),
    "update_media": lambda telnyx: telnyx.update_media("ID", ttl_seconds=60),
    "delete_media": lambda telnyx: telnyx.delete_media("ID"),
    "list_charges": lambda telnyx: next(telnyx.list_charges(date(2026, 5, 1))),
    "download_media": lambda telnyx: telnyx.download_media("ID", Path("letter.pdf")),
}
"""How to make each call; the resource has the id `ID`."""


def table(heading):
    """The rows of the first table under a heading, cell by cell."""
    section = re.split(r"\n##+ ", TEXT.split(f"\n## {heading}\n")[1])[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")][1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def quoted(text):
    return re.findall(r"`([^`]+)`", text)


OPERATIONS = table("The eleven operations")
MEDIA = table("Media storage")
CHARGES = table("What faxes cost")
WEBHOOKS = table("Webhook events")
DOCUMENTS = table("Our own events of documents")


def test_each_of_the_eleven_operations_and_each_of_the_storage_is_there_once():
    assert sorted(row[1].strip("`") for row in OPERATIONS) == sorted(FAX_OPERATIONS)
    assert sorted(row[1].strip("`") for row in MEDIA) == sorted(MEDIA_OPERATIONS)
    assert {row[1].strip("`") for row in CHARGES} == CHARGE_OPERATIONS


@pytest.mark.parametrize(
    ("name", "documented"), [(name, row[1]) for row in OPERATIONS + MEDIA + CHARGES for name in quoted(row[3])], ids=str
)
def test_each_call_of_the_client_asks_what_the_page_says(name, documented, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    asked = []

    def answer(request):
        asked.append(f"{request.method} {request.url.path.removeprefix('/v2')}")
        return httpx.Response(404, json={"errors": []})

    client = TelnyxClient("https://telnyx.example/v2", "KEY", http=httpx.MockTransport(answer))
    with client as telnyx, pytest.raises(NoSuchResource):
        CALLS[name](telnyx)

    assert asked == [re.sub(r"\{\w+\}", "ID", documented.strip("`"))]


def test_each_public_call_of_the_client_is_on_the_page():
    documented = {name for row in OPERATIONS + MEDIA + CHARGES for name in quoted(row[3])}
    calls = {name for name in dir(TelnyxClient) if not name.startswith("_")} - {"close", "from_settings", "from_env"}

    assert documented == calls - {"whoami"}, "that one is not in the API reference; the page says so"
    assert "`whoami`" in PROSE


def test_operations_that_go_through_the_workers_exist():
    documented = [word for row in OPERATIONS for word in quoted(row[4])]
    tasks = {job.TASK for job in JOBS}

    assert {word for word in documented if re.fullmatch(r"fax\.\w+\.v1", word)} == tasks
    clients = [word.removeprefix("FaxClient.") for word in documented if word.startswith("FaxClient.")]
    assert clients
    assert all(callable(getattr(FaxClient, name)) for name in clients)


def test_each_event_that_telnyx_sends_is_explained():
    assert {name for row in WEBHOOKS for name in quoted(row[0])} == set(TELNYX_TYPES)
    assert [row[0] for row in WEBHOOKS][-1] == "any other"


@pytest.mark.parametrize("row", [row for row in WEBHOOKS if quoted(row[0])], ids=lambda row: f"{row[0]} {row[1]}")
def test_each_event_is_published_as_the_page_says(row):
    (name,) = quoted(row[0])
    documented = quoted(row[3])

    assert documented[0] == name
    assert documented[1] == class_of(name)


def test_an_event_that_is_not_known_is_published_as_the_page_says():
    assert quoted(WEBHOOKS[-1][3]) == [class_of("fax.brand.new")] == ["Event"]


def test_each_document_event_of_our_own_is_explained():
    documented = [name for row in DOCUMENTS for name in quoted(row[0])]
    ours = [name for name in JOB_TYPES if name.startswith("fax.") and class_of(name) == "DocumentEvent"]

    assert sorted(documented) == sorted(ours)


def test_every_event_and_class_that_the_page_names_exists():
    known = {*TELNYX_TYPES, *JOB_TYPES}
    named = {word for word in quoted(PROSE) if re.fullmatch(r"(fax|job)\.[a-z.]+", word)}

    assert named <= known
    assert all(hasattr(events, word) for word in quoted(PROSE) if re.fullmatch(r"\w+Event|Fax(Delivered|Failed)", word))


def test_every_setting_that_the_page_names_exists():
    named = {word.partition("=")[0] for word in quoted(PROSE) if re.match(r"(FAX|TELNYX|REDIS)_", word)}

    assert named
    assert named <= {name.upper() for name in Settings.model_fields}


def class_of(kind):
    """The class that consumers get for an event of a type."""
    fields = {"id": "1", "type": kind, "seq": "1", "occurred_at": "0", "source": "webhook"}
    return type(Event.from_fields(fields)).__name__
