"""A link is parsed strictly; anything unusual is refused before a request is made."""

import pytest

from faxdispatch.errors import Misconfigured
from faxdispatch.fetching.target import LONGEST, origins, target
from faxdispatch.fetching.trouble import LinkRefused

SECRET = "X-Amz-Signature=c0ffee"


def test_a_link_is_asked_for_as_it_was_written():
    found = target(f"https://Documents.test/a%2Fb/c.pdf?{SECRET}&x=%20#part")

    assert (found.host, found.port, found.path) == ("documents.test", 443, f"/a%2Fb/c.pdf?{SECRET}&x=%20")
    assert found.authority == "documents.test"


@pytest.mark.parametrize(
    "url",
    [
        "http://documents.test/a.pdf",
        "ftp://documents.test/a.pdf",
        "file:///etc/passwd",
        "gopher://documents.test/",
        "data:application/pdf;base64,AAAA",
        "javascript:alert(1)",
        "//documents.test/a.pdf",
        "documents.test/a.pdf",
        "",
        "https://",
        "https:///a.pdf",
        "https:documents.test/a.pdf",
        "https://user@documents.test/a.pdf",
        "https://user:secret@documents.test/a.pdf",
        "https://@documents.test/a.pdf",
        "https://documents.test@10.0.0.1/a.pdf",
        "https://documents.test\\@10.0.0.1/a.pdf",
        "https://documents.test/a b.pdf",
        "https://documents.test/\r\nHost: 10.0.0.1",
        "https://documents.test/\ta.pdf",
        "https://documents.test\n.evil.test/",
        "https://documents.test/\x00",
        "https://documents.test/ä.pdf",
        "https://①②⑦.0.0.1/a.pdf",
        "https://documents。test/a.pdf",
        "https://%31%32%37.0.0.1/a.pdf",
        "https://documents.test:0/a.pdf",
        "https://documents.test:22/a.pdf",
        "https://documents.test:80/a.pdf",
        "https://documents.test:65536/a.pdf",
        "https://documents.test:443x/a.pdf",
        "https://documents.test:-1/a.pdf",
        "https://[::1/a.pdf",
        "https://[fe80::1%25eth0]/a.pdf",
        "https://[v1.fe]/a.pdf",
        "https://localhost/a.pdf",
        "https://redis/a.pdf",
        "https://files.localhost/a.pdf",
        "https://printer.local/a.pdf",
        "https://metadata.google.internal/computeMetadata/v1/",
        "https://router.home.arpa/",
        "https://documents..test/a.pdf",
        "https://.documents.test/a.pdf",
        "https://documents.test./a.pdf",
        "https://-documents.test/a.pdf",
        "https://1.2.3.4.5/a.pdf",
        f"https://{'a' * 64}.test/a.pdf",
        f"https://{'a.' * 127}test/a.pdf",
        f"https://documents.test/{'a' * LONGEST}",
    ],
)
def test_a_link_that_is_not_plainly_https_to_a_public_name_is_refused(url):
    with pytest.raises(LinkRefused) as refused:
        target(f"{url}?{SECRET}" if url else url)

    assert SECRET not in str(refused.value)
    assert "secret" not in str(refused.value)


def test_a_high_port_is_taken_since_storage_may_live_on_one():
    assert target("https://documents.test:9443/a.pdf").authority == "documents.test:9443"


def test_an_excepted_origin_is_excepted_and_no_other():
    excepted = origins(["http://127.0.0.1:4010"])

    assert target("http://127.0.0.1:4010/media/1", excepted).unchecked
    for other in ("http://127.0.0.1:4011/", "http://127.0.0.1/", "http://localhost:4010/", "http://a@127.0.0.1:4010/"):
        with pytest.raises(LinkRefused):
            target(other, excepted)


@pytest.mark.parametrize(
    "text", ["127.0.0.1:4010", "http://", "http://a:b@127.0.0.1", "http://h/path", "ftp://h", "http://h:x", "*"]
)
def test_an_exception_that_is_not_an_origin_is_reported_by_its_setting(text):
    with pytest.raises(Misconfigured, match="FAX_DANGEROUS_INBOUND_ORIGINS"):
        origins([text])
