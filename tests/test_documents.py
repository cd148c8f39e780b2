"""Local documents are kept once by their content, for as long as they are needed."""

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from faxdispatch import BadInput, NoSuchResource
from faxdispatch.documents import KEEP, SPARE, Document, read_document, store
from faxdispatch.telnyx.models import MediaResource

NOW = datetime.now(UTC)
CONTENTS = {
    ".pdf": b"%PDF-1.7\n",
    ".tiff": b"II*\x00....",
    ".jpg": b"\xff\xd8\xff\xe0",
    ".png": b"\x89PNG\r\n\x1a\n",
    ".rtf": b"{\\rtf1 hello}",
    ".docx": b"PK\x03\x04....",
    ".doc": b"\xd0\xcf\x11\xe0....",
    ".txt": "Grüße".encode(),
}


class Storage:
    """Telnyx's media storage, as much of it as is needed; keeps what was written to it."""

    def __init__(self, expires_at=None, *, there=False):
        self.expires_at, self.there = expires_at, there
        self.written = []

    def get_media(self, name):
        if not self.there:
            raise NoSuchResource("404", status=404)
        return MediaResource(media_name=name, expires_at=self.expires_at)

    def upload_media(self, source: Path, *, media_name, ttl_seconds):
        self.written.append(("upload", media_name, source.read_bytes(), ttl_seconds))

    def update_media(self, name, source: Path, *, ttl_seconds):
        self.written.append(("update", name, source.read_bytes(), ttl_seconds))


@pytest.mark.parametrize("kind", CONTENTS)
def test_a_document_is_named_by_its_content_and_kind(tmp_path, kind):
    path = tmp_path / f"file{kind}"
    path.write_bytes(CONTENTS[kind])

    name = read_document(path).media_name

    assert name == f"fd-{hashlib.sha256(CONTENTS[kind]).hexdigest()}{kind}"


def test_what_a_file_holds_counts_and_not_what_it_is_called(tmp_path):
    path = tmp_path / "scan.pdf"
    path.write_bytes(CONTENTS[".tiff"])

    assert read_document(path).kind == ".tiff"


@pytest.mark.parametrize("prefix", [b"", b"\xef\xbb\xbf", b"\r\n\t "])
@pytest.mark.parametrize("head", [b"<!DOCTYPE html>", b"<HTML>", b"<head>", b"<?xml version='1.0'?>"])
@pytest.mark.parametrize("name", ["page.pdf", "page.txt", "page.html", "page"])
def test_a_web_page_is_no_document_whatever_it_is_called(tmp_path, name, head, prefix):
    path = tmp_path / name
    path.write_bytes(prefix + head)

    with pytest.raises(BadInput, match="web page"):
        read_document(path)


def test_the_largest_file_that_telnyx_stores_is_taken_and_a_larger_one_refused(tmp_path):
    path = tmp_path / "big.pdf"
    path.write_bytes(b"%PDF-" + bytes(20_000_000 - 5))
    assert len(read_document(path).content) == 20_000_000

    path.write_bytes(b"%PDF-" + bytes(20_000_000 - 4))
    with pytest.raises(BadInput, match="20 MB"):
        read_document(path)


def test_what_is_not_there_yet_is_uploaded():
    storage, document = Storage(), Document(b"%PDF-", ".pdf")

    store(storage, document)

    ((how, stored_as, content, ttl),) = storage.written
    assert (how, stored_as, content) == ("upload", document.media_name, b"%PDF-")
    assert abs(ttl - KEEP.total_seconds()) < 60


@pytest.mark.parametrize("expires_at", [None, NOW + SPARE + timedelta(hours=1)])
def test_what_is_there_for_long_enough_is_used_again(expires_at):
    storage = Storage(expires_at, there=True)

    store(storage, Document(b"%PDF-", ".pdf"))

    assert storage.written == []


def test_what_would_expire_too_soon_is_stored_anew():
    storage = Storage(NOW + SPARE - timedelta(hours=1), there=True)

    store(storage, Document(b"%PDF-", ".pdf"))

    assert [how for how, *_ in storage.written] == ["update"]


def test_a_fax_that_is_sent_later_needs_its_document_for_longer():
    later = NOW + timedelta(days=100)
    storage = Storage(NOW + timedelta(days=50), there=True)

    store(storage, Document(b"%PDF-", ".pdf"), until=later)

    ((_, _, _, ttl),) = storage.written
    assert timedelta(seconds=ttl) > timedelta(days=100) + SPARE


def test_a_moment_that_has_passed_counts_as_now():
    storage = Storage()

    store(storage, Document(b"%PDF-", ".pdf"), until=NOW - timedelta(days=100))

    assert storage.written[0][3] > (KEEP - timedelta(hours=1)).total_seconds()
