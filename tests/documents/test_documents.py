"""The content of a document decides its kind."""

import hashlib

import pytest

from faxdispatch import BadInput
from faxdispatch.documents.local import document_of, read_document

CONTENTS = {
    ".pdf": b"%PDF-1.7\n", ".tiff": b"II*\x00....", ".jpg": b"\xff\xd8\xff\xe0", ".png": b"\x89PNG\r\n\x1a\n",
    ".rtf": b"{\\rtf1 hello}", ".docx": b"PK\x03\x04....", ".doc": b"\xd0\xcf\x11\xe0....", ".txt": "Grüße".encode(),
}  # fmt: skip


@pytest.mark.parametrize("kind", CONTENTS)
def test_a_document_is_named_by_its_content_and_kind(tmp_path, kind):
    path = tmp_path / f"file{kind}"
    path.write_bytes(CONTENTS[kind])

    name = read_document(path).media_name

    assert name == f"fd-{hashlib.sha256(CONTENTS[kind]).hexdigest()}{kind}"


def test_the_content_of_a_file_decides_its_kind_and_not_its_name(tmp_path):
    path = tmp_path / "scan.pdf"
    path.write_bytes(CONTENTS[".tiff"])

    assert read_document(path).kind == ".tiff"


@pytest.mark.parametrize("prefix", [b"", b"\xef\xbb\xbf", b"\r\n\t "])
@pytest.mark.parametrize("head", [b"<!DOCTYPE html>", b"<HTML>", b"<head>", b"<?xml version='1.0'?>"])
@pytest.mark.parametrize("name", ["page.pdf", "page.txt", "page.html", "page"])
def test_a_web_page_is_not_a_document_whatever_its_name(tmp_path, name, head, prefix):
    path = tmp_path / name
    path.write_bytes(prefix + head)

    with pytest.raises(BadInput, match="web page"):
        read_document(path)


def test_text_in_another_encoding_is_reported(tmp_path):
    path = tmp_path / "letter.txt"
    path.write_text("Dear Dr Öz", encoding="utf-16")

    with pytest.raises(BadInput, match="is text in UTF-16; save it in UTF-8"):
        read_document(path)


def test_the_largest_file_that_telnyx_stores_is_taken_and_a_larger_one_refused(tmp_path):
    path = tmp_path / "big.pdf"
    path.write_bytes(b"%PDF-" + bytes(20_000_000 - 5))
    assert len(read_document(path).content) == 20_000_000

    path.write_bytes(b"%PDF-" + bytes(20_000_000 - 4))
    with pytest.raises(BadInput, match="20 MB"):
        read_document(path)


@pytest.mark.parametrize("kind", sorted(CONTENTS.keys() - {".txt"}))
def test_bytes_and_a_file_of_the_same_content_are_the_same_document(tmp_path, kind):
    path = tmp_path / "file"
    path.write_bytes(CONTENTS[kind])

    assert document_of(CONTENTS[kind]) == document_of(path) == document_of(bytearray(CONTENTS[kind]))


@pytest.mark.parametrize(
    ("source", "message"),
    [(b"", "empty"), (b"<html>", "web page"), (b"just text", "not PDF"), ("a.pdf", "is str"), (1, "int")],
)
def test_a_file_of_unknown_kind_is_refused(source, message):
    with pytest.raises(BadInput, match=f"^document: .*{message}"):
        document_of(source)
