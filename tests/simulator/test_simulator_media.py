"""The media storage of the simulator."""

import datetime

import pytest

from simulator.documents import blank_tiff, examine


@pytest.fixture
def upload(sim, pdf):
    def run(pages=1, **fields):
        return sim.api.post("/media", files={"media": ("a.pdf", pdf(pages), "application/pdf")}, data=fields)

    return run


def lifetime(shown):
    made, ends = (datetime.datetime.fromisoformat(shown[name]) for name in ("updated_at", "expires_at"))
    return round((ends - made).total_seconds())


def test_a_file_can_be_uploaded_read_listed_downloaded_and_deleted(sim, upload, pdf):
    answer = upload(2, media_name="doc")
    shown = answer.json()["data"]
    assert answer.status_code == 201
    assert shown.keys() == {"content_type", "created_at", "expires_at", "media_name", "updated_at"}
    assert (shown["content_type"], shown["media_name"]) == ("application/pdf", "doc")
    assert sim.api.get("/media/doc").json()["data"] == shown
    assert sim.api.get("/media").json()["data"] == [shown]
    download = sim.api.get("/media/doc/download")
    assert (download.content[:4], download.headers["content-type"]) == (b"%PDF", "application/octet-stream")
    assert sim.api.delete("/media/doc").status_code == 204
    assert sim.api.get("/media").json()["data"] == []


@pytest.mark.parametrize(("content", "found"), [(blank_tiff(3), (3, None)), (b"II*\0", (0, "file_format_invalid"))])
def test_the_pages_of_a_tiff_are_counted(content, found):
    assert examine(content, "image/tiff") == found


def test_a_name_is_made_if_none_is_given_and_it_lives_two_days(upload):
    shown = upload().json()["data"]
    assert len(shown["media_name"]) == 36
    assert lifetime(shown) == 2 * 86400


def test_a_file_can_be_fetched_from_a_url(sim, receiver):
    body = {"media_url": receiver.origin + "/a.pdf", "media_name": "far", "ttl_secs": 60}
    answer = sim.api.post("/media", json=body)
    assert answer.status_code == 201
    assert lifetime(answer.json()["data"]) == 60
    assert sim.api.get("/media/far/download").content.startswith(b"%PDF")


@pytest.mark.parametrize("path", ["/moved", None])
def test_a_url_that_redirects_or_is_dead_is_422(sim, receiver, path):
    url = receiver.origin + path if path else "http://127.0.0.1:9/a.pdf"
    answer = sim.api.post("/media", json={"media_url": url})
    assert (answer.status_code, answer.json()["errors"][0]["source"]) == (422, {"pointer": "/media_url"})


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/media_url"),
        ({"media_url": "file:///etc/passwd"}, "/media_url"),
        ({"media_url": "https://example.com", "ttl_secs": 630_720_001}, "/ttl_secs"),
        ({"media_url": "https://example.com", "ttl_secs": "60"}, "/ttl_secs"),
        ({"media_url": "https://example.com", "name": "x"}, "/name"),
    ],
)
def test_a_wrong_upload_is_refused_with_a_pointer(sim, body, pointer):
    answer = sim.api.post("/media", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["source"]) == (422, {"pointer": pointer})


def test_a_name_is_taken_only_once(upload):
    assert upload(media_name="doc").status_code == 201
    assert upload(media_name="doc").status_code == 422


def test_a_multipart_upload_needs_a_file(sim):
    assert sim.api.post("/media", files={"file": ("a", b"x", "text/plain")}).status_code == 422


def test_put_changes_file_and_life_time(sim, upload, pdf, receiver):
    upload(1, media_name="doc")
    files = {"media": ("a.txt", b"hello", "text/plain")}
    changed = sim.api.put("/media/doc", files=files, data={"ttl_secs": "60"}).json()["data"]
    assert (changed["content_type"], lifetime(changed)) == ("text/plain", 60)
    assert sim.api.get("/media/doc/download").content == b"hello"
    again = sim.api.put("/media/doc", json={"media_url": receiver.origin + "/b.pdf"}).json()["data"]
    assert again["content_type"] == "application/pdf"
    assert sim.api.put("/media/doc", json={"media_name": "other"}).status_code == 422


def test_an_expired_file_is_gone(sim, upload, poll):
    upload(media_name="brief", ttl_secs="1")
    poll(lambda: sim.api.get("/media/brief").status_code == 404)
    assert sim.api.get("/media").json()["data"] == []
    assert sim.post(media_url=None, media_name="brief").status_code == 422


@pytest.mark.parametrize("query", ["filter[content_type][]=text/plain", "filter[content_type]=text/plain,image/png"])
def test_the_list_filters_by_content_type(sim, upload, query):
    upload()
    sim.api.post("/media", files={"media": ("a.txt", b"hello", "text/plain")}, data={"media_name": "text"})
    assert [each["media_name"] for each in sim.api.get(f"/media?{query}").json()["data"]] == ["text"]


def test_unknown_files_are_404_and_unknown_parameters_400(sim):
    for method, path in [("GET", ""), ("PUT", ""), ("DELETE", ""), ("GET", "/download")]:
        assert sim.api.request(method, f"/media/none{path}", json={}).status_code == 404
    assert sim.api.get("/media?page[size]=5").status_code == 400
