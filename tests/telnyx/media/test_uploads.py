"""Documents are stored once by content, for as long as they are needed, however many threads upload them."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier

import httpx
import pytest

from faxdispatch import FaxClient, InvalidJob, Misconfigured, NoSuchResource, Refused, TelnyxError
from faxdispatch.documents.local import SPARE, Document
from faxdispatch.ledger import Limits, Scripts
from faxdispatch.settings import Settings
from faxdispatch.telnyx import throttle
from faxdispatch.telnyx.client import TelnyxClient
from faxdispatch.telnyx.media.uploads import KEEP, Uploads, store
from faxdispatch.telnyx.models import MediaResource
from faxdispatch.telnyx.stack import ClientStack
from tests.documents.preflight.made import letter

NOW = datetime.now(UTC)
NUMBER = "+13125550123"
PDF = Document(b"%PDF-", ".pdf")


class Storage:
    """The needed part of Telnyx's media storage; records what was written to it."""

    def __init__(self, expires_at=None, *, there=False):
        self.expires_at, self.there = expires_at, there
        self.written = []

    def get_media(self, name):
        if not self.there:
            raise NoSuchResource("404", status=404)
        return MediaResource(media_name=name, expires_at=self.expires_at)

    def upload_media(self, source: Path, *, media_name, ttl_seconds):
        self.written.append(("upload", media_name, source.read_bytes(), ttl_seconds))
        return MediaResource(media_name=media_name)

    def update_media(self, name, source: Path, *, ttl_seconds):
        self.written.append(("update", name, source.read_bytes(), ttl_seconds))
        return MediaResource(media_name=name)


def test_a_document_that_is_not_stored_yet_is_uploaded():
    storage = Storage()

    store(storage, PDF)

    ((how, stored_as, content, ttl),) = storage.written
    assert (how, stored_as, content) == ("upload", PDF.media_name, b"%PDF-")
    assert (KEEP - timedelta(minutes=30)).total_seconds() < ttl <= KEEP.total_seconds()


@pytest.mark.parametrize("expires_at", [None, NOW + SPARE + timedelta(hours=1)])
def test_a_stored_document_that_lasts_long_enough_is_reused(expires_at):
    storage = Storage(expires_at, there=True)

    store(storage, PDF)

    assert storage.written == []


def test_a_stored_document_that_expires_too_soon_is_uploaded_again():
    storage = Storage(NOW + SPARE - timedelta(hours=1), there=True)

    store(storage, PDF)

    assert [how for how, *_ in storage.written] == ["update"]


def test_a_fax_that_is_sent_later_needs_its_document_for_longer():
    storage = Storage(NOW + timedelta(days=50), there=True)

    store(storage, PDF, until=NOW + timedelta(days=100))

    ((_, _, _, ttl),) = storage.written
    assert timedelta(seconds=ttl) > timedelta(days=100) + SPARE


def test_a_document_stored_by_another_process_is_used():
    class Overtaken(Storage):
        def upload_media(self, source, *, media_name, ttl_seconds):
            self.there = True
            raise Refused("taken", status=422)

    assert store(Overtaken(NOW + KEEP), PDF).expires_at == NOW + KEEP


def test_an_upload_that_is_refused_for_another_reason_is_an_error():
    class Refusing(Storage):
        def upload_media(self, source, *, media_name, ttl_seconds):
            raise Refused("no", status=422)

    with pytest.raises(Refused):
        store(Refusing(), PDF)


class Answers(httpx.BaseTransport):
    """An empty storage that keeps uploads and records requests."""

    def __init__(self):
        self.asked, self.stored = [], set()

    def handle_request(self, request):
        self.asked.append(request.method)
        if request.method == "POST":
            name = re.search(rb"fd-[0-9a-f]{64}\.pdf", request.read())[0].decode()
            self.stored.add(name)
            return httpx.Response(201, json={"data": {"media_name": name}}, request=request)
        name = request.url.path.rpartition("/")[2]
        if name in self.stored:
            return httpx.Response(200, json={"data": {"media_name": name}}, request=request)
        return httpx.Response(404, json={"errors": []}, request=request)


@pytest.fixture
def answers():
    return Answers()


@pytest.fixture
def uploads(answers):
    return Uploads(ClientStack(lambda: TelnyxClient("https://telnyx.example/v2", "KEY", http=answers)))


def test_a_known_document_is_not_looked_up_again_unless_it_is_needed_longer(uploads, answers):
    names = {uploads.keep(PDF), uploads.keep(PDF), uploads.keep(Document(b"%PDF-", ".pdf"))}

    assert names == {PDF.media_name}
    assert answers.asked == ["GET", "POST"]
    uploads.keep(PDF, until=NOW + KEEP)
    assert answers.asked[2:3] == ["GET"]


def test_threads_may_share_one_uploader(uploads):
    barrier, documents = Barrier(8), [Document(b"%%PDF-%d" % n, ".pdf") for n in range(20)]

    def work(_):
        barrier.wait()
        return [uploads.keep(document) for document in documents]

    with ThreadPoolExecutor(8) as threads:
        assert len({tuple(names) for names in threads.map(work, range(8))}) == 1


@pytest.fixture
def settings(redis_url, no_settings):
    def make(**more):
        return Settings.load(redis_url=redis_url, telnyx_base_url="http://127.0.0.1:9/v2", telnyx_api_key="KEY", **more)

    return make


def test_uploads_wait_for_the_rate_that_all_processes_share(settings, monkeypatch):
    monkeypatch.setattr(throttle, "PATIENCE", 0.1)
    config = settings()
    scripts = Scripts.from_settings(config)
    Limits(scripts).back_off(3600)

    with pytest.raises(TelnyxError, match="FAX_RATE"):
        Uploads.from_settings(config, scripts).keep(PDF)


def test_a_document_that_cannot_be_stored_records_nothing(settings):
    client = FaxClient.from_env(settings())

    with pytest.raises(TelnyxError):
        client.send(to=NUMBER, document=letter())
    [result] = client.send_many([{"to": NUMBER, "document": letter()}])

    assert (type(result.error).__mro__.count(TelnyxError), result.job_id) == (1, None)
    assert list(client.find()) == []


@pytest.mark.parametrize(
    ("fax", "message"),
    [
        ({"document": b"%PDF-", "media_name": "a"}, "document: is given together"),
        ({"document": b"%PDF-1.7 broken"}, "document: is damaged"),
        ({"document": b"no document"}, "document: its content"),
        ({"document": Path("missing.pdf")}, "document: missing.pdf: cannot be read"),
        ({"document": letter(), "to": "12"}, "to: "),
    ],
)
def test_a_bad_document_is_reported_by_its_field(settings, fax, message):
    with pytest.raises(InvalidJob, match=f"^{re.escape(message)}"):
        FaxClient.from_env(settings()).send({"to": NUMBER} | fax)


def test_a_client_without_a_key_says_so(redis_url):
    with pytest.raises(Misconfigured, match="TELNYX_API_KEY"):
        FaxClient(redis_url).send(to=NUMBER, document=letter())
