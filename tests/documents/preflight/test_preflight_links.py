"""A link is checked by HEAD or read, as Telnyx would; links into the private network are refused."""

import ssl

import pytest

from faxdispatch import FaxClient
from faxdispatch.documents.preflight import links as looking
from faxdispatch.documents.preflight.links import LinkedPages, ask, read
from faxdispatch.documents.preflight.report import Report, warning
from faxdispatch.fetching.link import Links, Patience
from faxdispatch.settings import Settings
from tests.documents.preflight.made import letter
from tests.fetching.conftest import internet, names, served, server  # noqa: F401 - fixtures
from tests.fetching.harness import CERTIFICATES, LIMIT, reply

LINK = "https://documents.test/letter.pdf"


@pytest.fixture
def by(internet, names):  # noqa: F811 - the fixtures
    context = ssl.create_default_context(cafile=CERTIFICATES / "authority.pem")
    return Links(
        max_bytes=LIMIT, redirects=0, ssl_context=context, patience=Patience(), resolve=names, network=internet
    )


@pytest.mark.parametrize(
    ("answer", "expected", "words"),
    [
        (reply(content_type="application/pdf"), None, ""),
        (reply(status="404 Not Found"), "error", "404"),
        (reply(status="302 Found", location="https://documents.test/b"), "error", "does not follow"),
        (reply(status="403 Forbidden"), "warning", "HEAD: 403"),
        (reply(status="405 Method Not Allowed"), "warning", "HEAD: 405"),
        (reply(content_type="text/html; charset=utf-8"), "warning", "web page"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50000001\r\n\r\n", "error", "50 MB"),
        (b"", "warning", "could not be asked"),
    ],
)
def test_a_head_request_proves_only_what_it_shows(server, by, answer, expected, words):  # noqa: F811
    server.answers["/letter.pdf"] = answer
    report = ask(LINK, by)

    assert [one.severity.value for one in report.findings] == ([expected] if expected else [])
    assert words in " ".join(map(str, report.findings))
    assert server.requests[0].startswith("HEAD ")


@pytest.mark.parametrize(
    "url", ["http://documents.test/a.pdf", "https://10.0.0.1/a.pdf", "https://inside.test/a.pdf", "https://a:b@c.test/"]
)
def test_a_link_that_telnyx_could_not_reach_is_refused_unasked(server, by, names, url):  # noqa: F811
    names.known["inside.test"] = ["10.1.2.3"]

    assert ask(url, by).errors
    assert read(url, by).errors
    assert server.requests == []


@pytest.mark.parametrize(
    ("answer", "pages", "expected"),
    [
        (reply(letter(pages=2)), 2, None),
        (reply(b"<html>Sign in</html>"), None, "error"),
        (reply(b"%PDF-1.7 broken"), None, "error"),
        (reply(status="302 Found", location=LINK), None, "error"),
        (reply(status="503 Busy"), None, "warning"),
        (reply(bytes(LIMIT + 1)), None, "error"),
    ],
)
def test_a_link_that_is_read_is_examined(server, by, answer, pages, expected):  # noqa: F811
    server.answers["/letter.pdf"] = answer
    report = read(LINK, by)

    assert report.pages == pages
    assert [one.severity.value for one in report.findings] == ([expected] if expected else [])


@pytest.mark.parametrize(("how", "asked"), [("off", []), ("head", ["ask"]), ("read", ["read"])])
def test_a_setting_decides_how_links_are_checked(monkeypatch, redis_url, how, asked):
    done = []
    monkeypatch.setattr(looking, "ask", lambda *_, **__: done.append("ask") or Report())
    monkeypatch.setattr(looking, "read", lambda *_, **__: done.append("read") or Report())

    FaxClient.from_env(Settings.load(redis_url=redis_url, fax_link_check=how)).preflight(media_url=LINK)

    assert done == asked


def test_each_linked_document_of_a_list_is_looked_into_once_and_only_so_many():
    asked = []

    def one(url):
        asked.append(url)
        return Report(int(url[-1]), (warning("blank", "is blank", 1),))

    pages = LinkedPages(one, 2)

    assert [pages.pages(url) for url in ("https://a/1", "https://a/4", "https://a/1", "https://a/9")] == [1, 4, 1, None]
    assert asked == ["https://a/1", "https://a/4"]
    assert (pages.mean, pages.passed_over) == (2.5, 1)
    assert pages.remarks == ["a linked document: page 1: is blank"] * 2
