"""Inbound faxes of the simulator: their documents, links and webhooks."""

import base64
import io
import struct

import httpx
import pytest
from pypdf import PdfReader

A, B = "+13125550000", "+14155550200"


@pytest.fixture
def come(sim, inbox):
    """Let a fax come in; return it once it is there."""

    def come(**more):
        answer = sim.control.post("/inbound", json={"from": A, "to": B, "webhook_url": inbox.url} | more)
        assert answer.status_code == 201, answer.text
        fax = sim.ended(answer.json()["data"])
        sim.idle()
        return fax

    return come


def last_payload(inbox):
    return inbox.events[-1]["data"]["payload"]


def refresh(sim, fax):
    return sim.api.post(f"/faxes/{fax['id']}/actions/refresh")


def tiff_pages(content):
    """Walk the directories of a little-endian TIFF; return its pages' fields."""
    assert content[:4] == b"II*\x00"
    pages, (at,) = [], struct.unpack_from("<I", content, 4)
    while at:
        (count,) = struct.unpack_from("<H", content, at)
        entries = [struct.unpack_from("<HHII", content, at + 2 + 12 * each) for each in range(count)]
        pages.append({tag: value for tag, _, _, value in entries})
        (at,) = struct.unpack_from("<I", content, at + 2 + 12 * count)
    return pages


def test_a_partial_fax_says_so_with_the_pages_that_came(come, inbox):
    come(partial_content=True, pages=2)
    assert inbox.types[-1] == "fax.received"
    payload = last_payload(inbox)
    assert (payload["partial_content"], payload["page_count"]) == (True, 2)
    assert len(PdfReader(io.BytesIO(httpx.get(payload["media_url"]).content)).pages) == 2


def test_a_document_can_be_a_tiff_of_several_pages(come):
    link = come(kind="tiff", pages=3)["media_url"]
    assert ".tiff?" in link
    answer = httpx.get(link)
    assert answer.headers["Content-Type"] == "image/tiff"
    pages = tiff_pages(answer.content)
    assert len(pages) == 3
    strips = [(page[273], page[273] + page[279]) for page in pages]
    assert all(start < end <= len(answer.content) for start, end in strips)
    assert len(set(strips)) == 3


def test_any_bytes_can_be_the_document(come):
    content = b"<html>no document</html>\x00\xff"
    link = come(bytes=base64.b64encode(content).decode())["media_url"]
    answer = httpx.get(link)
    assert (answer.content, answer.headers["Content-Type"]) == (content, "application/pdf")


@pytest.mark.parametrize("link", ["http://169.254.169.254/latest/meta-data/", "file:///etc/passwd"])
def test_a_custom_link_is_sent_listed_and_kept_by_refresh(sim, come, inbox, link):
    fax = come(media_url=link)
    assert last_payload(inbox)["media_url"] == link
    assert [each["media_url"] for each in sim.list(direction="inbound").json()["data"]] == [link]
    assert refresh(sim, fax).status_code == 200
    assert sim.fax(fax["id"])["media_url"] == link


def test_a_refreshed_link_gives_the_same_document(sim, come):
    fax = come(kind="tiff", pages=2)
    refresh(sim, fax)
    renewed = sim.fax(fax["id"])["media_url"]
    assert renewed != fax["media_url"]
    assert httpx.get(renewed).content == httpx.get(fax["media_url"]).content


def test_a_download_can_answer_503(sim, come):
    link = come()["media_url"]
    sim.faults(link_error=1)
    assert httpx.get(link).status_code == 503
    sim.faults(link_error=0)
    assert httpx.get(link).status_code == 200


@pytest.mark.parametrize("content", [b"%PDF-" + b"a" * 1_000_000, b"ab"])
def test_a_download_can_be_cut_short_of_the_length_it_promised(sim, come, content):
    link = come(bytes=base64.b64encode(content).decode())["media_url"]
    sim.faults(link_cut=1)
    received = []
    with httpx.stream("GET", link) as answer:
        assert answer.headers["Content-Length"] == str(len(content))
        with pytest.raises(httpx.TransportError):
            received.extend(answer.iter_bytes())
    assert b"".join(received) == content[: len(content) // 2]


def test_the_report_counts_inbound_faxes_downloads_refreshes_and_deletions(sim, come):
    fax = come()
    httpx.get(fax["media_url"])
    sim.faults(link_error=1)
    httpx.get(fax["media_url"])
    sim.faults(link_error=0, link_cut=1)
    with pytest.raises(httpx.TransportError):
        httpx.get(fax["media_url"])
    sim.faults(link_cut=0, media_link_secs=0)
    refresh(sim, fax)
    httpx.get(sim.fax(fax["id"])["media_url"])
    sim.api.delete(f"/faxes/{fax['id']}")
    assert refresh(sim, fax).status_code == 404
    report = sim.report()
    assert report["downloads"] == {"ok": 1, "expired": 1, "failed": 2}
    assert (report["inbound"], report["refreshes"], report["deleted"]) == (1, 1, 1)
    sim.control.post("/reset")
    report = sim.report()
    assert report["downloads"] == {"ok": 0, "expired": 0, "failed": 0}
    assert (report["inbound"], report["refreshes"], report["deleted"]) == (0, 0, 0)


def test_a_deleted_inbound_fax_is_gone_from_reads_and_listings(sim, come):
    kept, gone = come(), come()
    answer = sim.api.delete(f"/faxes/{gone['id']}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert sim.api.get(f"/faxes/{gone['id']}").status_code == 404
    for filters in ({}, {"direction": "inbound"}, {"to": B}, {"from_": A, "direction": "inbound"}):
        assert [fax["id"] for fax in sim.list(**filters).json()["data"]] == [kept["id"]]


@pytest.mark.parametrize("fault", ["webhook_lose", "webhook_outage"])
def test_webhooks_of_an_inbound_fax_can_be_lost(sim, come, inbox, fault):
    sim.faults(**{fault: 1})
    fax = come()
    assert inbox.requests == []
    assert sim.report()["webhooks"]["lost"] == 3
    assert [each["id"] for each in sim.list(direction="inbound").json()["data"]] == [fax["id"]]


def test_with_a_seed_each_inbound_fax_to_one_number_has_its_own_repeatable_choices(sim, come, inbox):
    def received():
        sim.control.post("/reset")
        sim.faults(seed=7, webhook_lose=0.5)
        faxes = [come()["id"] for _ in range(8)]
        ids = {e["data"]["payload"]["fax_id"] for e in inbox.events if e["data"]["event_type"] == "fax.received"}
        return [fax in ids for fax in faxes]

    first = received()
    assert 0 < sum(first) < len(first)
    assert received() == first
