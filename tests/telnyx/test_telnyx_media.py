"""Media storage: what is refused here, forms, pages and retries. Requests and answers: see tests/contract."""

import email
import os
from email.policy import HTTP

import httpx
import pytest

from faxdispatch.documents.upload_part import MAX_UPLOAD
from faxdispatch.errors import BadInput, NoSuchResource, OutcomeUnknown

STORED = {"media_name": "letter", "content_type": "application/pdf", "expires_at": "2030-01-01T00:00:00Z"}
PDF = b"%PDF-1.7 ..."


def parts(request):
    """Return the parts of a multipart request: name to file name, type and content."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + request.content, policy=HTTP)
    return {
        part.get_param("name", header="content-disposition"): (
            part.get_filename(),
            part.get_content_type(),
            part.get_payload(decode=True),
        )
        for part in message.iter_parts()
    }


def test_bytes_are_uploaded_as_a_file_of_the_kind_that_they_are(client, api):
    api.will_answer(201, STORED)
    stored = client.upload_media(PDF, media_name="letter", ttl_seconds=3600)
    assert stored.media_name == "letter"
    assert (api.only.method, api.only.url.path) == ("POST", "/v2/media")
    found = parts(api.only)
    assert found["media"] == ("document.pdf", "application/pdf", PDF)
    assert found["media_name"][2] == b"letter"
    assert found["ttl_secs"][2] == b"3600"


def test_a_file_is_uploaded_under_its_name(client, api, tmp_path):
    path = tmp_path / "letter.txt"
    path.write_bytes(b"hello")
    api.will_answer(201, STORED)
    client.upload_media(path)
    assert parts(api.only) == {"media": ("letter.txt", "text/plain", b"hello")}


def test_the_content_of_a_file_counts_more_than_its_name(client, api, tmp_path):
    path = tmp_path / "scan.pdf"
    path.write_bytes(b"II*\x00...")
    api.will_answer(201, STORED)
    client.upload_media(path)
    assert parts(api.only)["media"][1] == "image/tiff"


@pytest.mark.parametrize(
    ("source", "options"),
    [
        (b"", {}), (b"x" * (MAX_UPLOAD + 1), {}), ("letter.pdf", {}), (PDF, {"ttl_seconds": 0}),
        (PDF, {"ttl_seconds": 630_720_001}), (PDF, {"media_name": ".."}),
    ],
)  # fmt: skip
def test_a_file_that_telnyx_would_not_store_is_refused_here(client, api, source, options):
    with pytest.raises(BadInput):
        client.upload_media(source, **options)
    assert api.requests == []


def test_a_file_that_is_not_there_is_named(client, tmp_path):
    with pytest.raises(BadInput, match=r"missing\.pdf"):
        client.upload_media(tmp_path / "missing.pdf")


def test_an_upload_without_a_name_is_not_repeated_when_it_may_have_worked(client, api):
    api.will_answer(503)
    with pytest.raises(OutcomeUnknown):
        client.upload_media(PDF)
    assert len(api.requests) == 1


def test_an_upload_with_a_name_is_repeated_whole(client, api):
    api.will_raise(httpx.ReadTimeout("slow")).will_answer(201, STORED)
    client.upload_media(PDF, media_name="letter")
    assert [parts(request)["media"][2] for request in api.requests] == [PDF, PDF]


def file(name):
    return STORED | {"media_name": name}


def test_a_listing_that_has_more_pages_is_read_to_its_end(client, api):
    api.will_answer(200, [file("a"), file("b")], meta={"page_number": 1, "total_pages": 2, "total_results": 3})
    api.will_answer(200, [file("b"), file("c")], meta={"page_number": 2, "total_pages": 2, "total_results": 3})
    assert [media.media_name for media in client.list_media(["application/pdf"])] == ["a", "b", "c"]
    pages = [request.url.params.get("page[number]") for request in api.requests]
    assert pages == [None, "2"]
    assert {request.url.params["filter[content_type][]"] for request in api.requests} == {"application/pdf"}


def test_a_further_page_is_asked_for_only_when_it_is_wanted(client, api):
    api.will_answer(200, [file("a")], meta={"page_number": 1, "total_pages": 2, "total_results": 2})
    assert next(client.list_media()).media_name == "a"
    assert len(api.requests) == 1


def test_an_answer_without_page_numbers_is_the_whole_listing(client, api):
    api.will_answer(200, [file("a"), file("b")])
    assert [media.media_name for media in client.list_media()] == ["a", "b"]
    assert api.sent == ("GET", "/v2/media", {}, None)


def test_a_first_page_that_comes_again_does_not_pass_for_the_second(client, api):
    api.will_answer(200, [file("a")], meta={"page_number": 1, "total_pages": 2, "total_results": 2})
    with pytest.raises(OutcomeUnknown, match="page 2 says that it is page 1"):
        list(client.list_media())


def test_update_replaces_the_content(client, api):
    api.will_answer(200, STORED)
    client.update_media("letter", PDF, ttl_seconds=60)
    assert (api.only.method, api.only.url.path) == ("PUT", "/v2/media/letter")
    assert parts(api.only)["media"][2] == PDF


def test_update_can_set_the_time_alone(client, api):
    api.will_answer(200, STORED)
    client.update_media("letter", ttl_seconds=60)
    assert api.sent == ("PUT", "/v2/media/letter", {}, {"ttl_secs": 60})


def test_update_without_anything_to_change_is_refused_here(client):
    with pytest.raises(BadInput):
        client.update_media("letter")


def test_download_writes_the_file_whole(client, api, tmp_path):
    api.answers.append(httpx.Response(200, content=PDF))
    assert client.download_media("letter", tmp_path / "a.pdf") == len(PDF)
    assert (tmp_path / "a.pdf").read_bytes() == PDF
    assert (api.only.method, api.only.url.path) == ("GET", "/v2/media/letter/download")
    assert list(tmp_path.iterdir()) == [tmp_path / "a.pdf"]


def test_a_download_that_is_too_large_leaves_nothing_behind(client, api, tmp_path):
    api.answers.append(httpx.Response(200, content=b"x" * 11))
    with pytest.raises(BadInput, match="larger than 10 bytes"):
        client.download_media("letter", tmp_path / "a.pdf", max_bytes=10)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_leaves_the_old_one_alone(client, api, tmp_path):
    (tmp_path / "a.pdf").write_bytes(b"old")
    api.will_answer(404, errors=[{"code": "404", "title": "no"}])
    with pytest.raises(NoSuchResource):
        client.download_media("letter", tmp_path / "a.pdf")
    assert (tmp_path / "a.pdf").read_bytes() == b"old"


def test_a_download_that_breaks_off_begins_anew(serve, connect, tmp_path):
    def behave(peer, number):
        peer.read_request()
        if number == 1:
            peer.socket.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it")
        else:
            peer.answer(200, PDF)

    server = serve(behave)
    connect(server.origin).download_media("letter", tmp_path / "a.pdf")
    assert (tmp_path / "a.pdf").read_bytes() == PDF
    assert server.connections == 2


def test_a_full_disk_is_reported_as_such(client, api, tmp_path, monkeypatch):
    class Full:
        def __init__(self, file):
            self._file = file

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self._file.close()

        def __getattr__(self, name):
            return getattr(self._file, name)

        def write(self, _):
            raise OSError(28, "No space left on device")

    original = os.fdopen
    monkeypatch.setattr("faxdispatch.telnyx.media_calls.os.fdopen", lambda *a: Full(original(*a)))
    api.answers.append(httpx.Response(200, content=PDF))
    with pytest.raises(OSError, match="No space left"):
        client.download_media("letter", tmp_path / "a.pdf")
    assert len(api.requests) == 1
