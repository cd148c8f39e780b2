"""The content of a fetched file decides whether it is a complete PDF, a complete TIFF, or refused."""

import struct

import pytest

from faxdispatch.documents.received import MOST_PAGES, PDF, TIFF, NotADocument, kind_of

A_PDF = b"%PDF-1.7\n" + bytes(5000) + b"\nstartxref\n5009\n%%EOF\n"


def a_tiff(pages=2, order="<"):
    """A TIFF as fax machines write it: the data of each page, then its directory."""
    content = (b"II*\0" if order == "<" else b"MM\0*") + bytes(4)
    link = 4
    for _ in range(pages):
        content += bytes(500)
        at = len(content)
        content = content[:link] + struct.pack(f"{order}I", at) + content[link + 4 :]
        content += struct.pack(f"{order}H", 3) + 3 * struct.pack(f"{order}HHII", 256, 4, 1, 1728)
        link = len(content)
        content += bytes(4)
    return content


@pytest.fixture
def judged(tmp_path):
    def judge(content):
        path = tmp_path / "document.part"
        path.write_bytes(content)
        return kind_of(path)

    return judge


@pytest.mark.parametrize(
    "content", [A_PDF, b"\r\n\0junk before it" + A_PDF, A_PDF + b"\0" * 900, b"%PDF-1.0\n%%EOF"], ids=range(4)
)
def test_a_complete_pdf_is_recognised(judged, content):
    assert judged(content) == PDF


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("pages", [1, 2, 30])
def test_a_complete_tiff_is_recognised(judged, pages, order):
    assert judged(a_tiff(pages, order)) == TIFF


def test_kinds_say_how_files_are_called_and_served():
    assert (PDF.suffix, PDF.content_type) == (".pdf", "application/pdf")
    assert (TIFF.suffix, TIFF.content_type) == (".tiff", "image/tiff")


@pytest.mark.parametrize("content", [A_PDF[: len(A_PDF) // 2], A_PDF + bytes(5000)], ids=["cut", "an update begun"])
def test_a_truncated_pdf_is_reported(judged, content):
    with pytest.raises(NotADocument, match="PDF breaks off"):
        judged(content)


def test_a_tiff_cut_at_any_byte_is_reported(judged):
    whole = a_tiff(2)
    for length in range(1, len(whole)):
        with pytest.raises(NotADocument):
            judged(whole[:length])


def test_a_tiff_with_a_cycle_of_pages_is_reported(judged):
    content = a_tiff(1)
    first = content[4:8]
    with pytest.raises(NotADocument, match="no end"):
        judged(content[:-4] + first)


def test_a_tiff_whose_first_page_is_its_own_header_is_reported(judged):
    with pytest.raises(NotADocument, match="damaged"):
        judged(b"II*\0" + struct.pack("<I", 4) + bytes(200))


def test_a_tiff_with_too_many_pages_is_refused(judged):
    step = struct.calcsize("<HI")
    links = b"".join(struct.pack("<HI", 0, 8 + step * (n + 1)) for n in range(MOST_PAGES + 5))
    with pytest.raises(NotADocument, match="more than"):
        judged(b"II*\0" + struct.pack("<I", 8) + links)


def test_a_tiff_without_pages_is_reported(judged):
    with pytest.raises(NotADocument, match="no pages"):
        judged(b"II*\0" + bytes(100))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html><body>Service unavailable</body></html>", "web page"),
        (b"\xef\xbb\xbf\r\n  <html lang='en'>%PDF- %%EOF</html>", "web page"),
        (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "XML"),
        (b"<Error><Code>ExpiredToken</Code></Error>", "XML"),
        (b'{"errors": [{"code": "10005"}]}', "JSON"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "neither"),
        (b"\x7fELF" + bytes(100), "neither"),
        (b"MZ" + bytes(100), "neither"),
        (b"PK\x03\x04" + bytes(100), "neither"),
        (b"II+\0" + bytes(100), "neither"),
        (bytes(5000) + A_PDF, "neither"),
        (b"%PDF", "neither"),
    ],
    ids=range(13),
)
def test_a_file_of_another_kind_is_reported(judged, content, words):
    with pytest.raises(NotADocument, match=words):
        judged(content)
