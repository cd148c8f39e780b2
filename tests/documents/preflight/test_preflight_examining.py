"""A document is judged by its content before anything is recorded: errors, warnings, page count."""

import os
from io import BytesIO
from zipfile import ZipFile

import pytest
from PIL import Image

from faxdispatch.documents.local import Document, document_of
from faxdispatch.documents.preflight import examining, lookers
from faxdispatch.documents.preflight.examining import examine, judge
from faxdispatch.documents.preflight.report import merged
from faxdispatch.recent import Recent
from tests.documents.preflight.made import changed, in_compression, in_units, letter, locked, picture, ruled, xfa

pytestmark = pytest.mark.usefixtures("one_looker")

WAIT = "Please wait... If this message is not eventually replaced by the proper contents of the document, your PDF"


def found(content, **options):
    """Severity, code and page of each finding."""
    document = content if isinstance(content, Document) else document_of(content)
    return [(one.severity.value, one.code, one.page) for one in examine(document, **options).findings]


def office(**files):
    out = BytesIO()
    with ZipFile(out, "w") as package:
        for name, text in files.items():
            package.writestr(name.replace("__", "/").replace("_", "."), text)
    return out.getvalue()


def test_an_ordinary_letter_has_its_pages_and_no_findings():
    report = examine(document_of(letter(pages=3)))

    assert (report.pages, report.findings, report.problem) == (3, (), None)


@pytest.mark.parametrize("compression", ["jpeg", "group3", "group4", "tiff_lzw", "packbits", "tiff_adobe_deflate"])
def test_a_tiff_in_a_usual_compression_is_read(compression):
    out = BytesIO()
    sheet = Image.new("L" if compression == "jpeg" else "1", (1700, 2200), 255)
    sheet.paste(0, (200, 200, 1500, 600))
    sheet.save(out, "TIFF", compression=compression, dpi=(200, 200))
    assert found(out.getvalue()) == []


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-128", "AES-256"])
def test_a_pdf_with_an_empty_password_is_read_and_one_with_a_password_refused(algorithm):
    assert examine(document_of(locked(letter(pages=2), "", algorithm))).pages == 2
    assert found(locked(letter(), "secret", algorithm)) == [("error", "encrypted", None)]


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: b"%PDF-1.7 and nothing else", [("error", "damaged", None)]),
        (lambda: letter()[:300], [("error", "damaged", None)]),
        (lambda: b"II*\x00\x08\x00", [("error", "damaged", None)]),
        (lambda: in_compression(picture("TIFF"), 34661), [("error", "compression", None)]),
        (lambda: picture("PNG", shade=90)[:200], [("error", "damaged_page", 1)]),
        (lambda: b"\xff\xd8\xff\xe0 no picture", [("error", "damaged", None)]),
        (lambda: letter(pages=351), [("error", "too_many_pages", None)]),
        (lambda: in_units(letter(), 20), [("error", "page_size", 1)]),
        (lambda: letter(sheet=(14_500, 14_500)), [("error", "page_size", 1)]),
        (lambda: xfa(letter(WAIT)), [("error", "xfa", 1)]),
        (lambda: xfa(letter("Name: Smith")), [("warning", "xfa", 1)]),
        (
            lambda: changed(letter(), lambda w: w.add_attachment("referral.pdf", b"x")),
            [("warning", "attached", None)],
        ),
        (lambda: letter(sheet="A3"), [("warning", "page_size", 1)]),
        (lambda: letter(sheet=(210, 700)), [("warning", "page_length", 1)]),
        (lambda: letter(text=""), [("warning", "blank", 1)]),
        (lambda: picture("TIFF", shade=0, pages=2), [("warning", "dark", 1), ("warning", "dark", 2)]),
        (lambda: letter(grey=215), [("warning", "faint", 1)]),
        (lambda: letter(size=3), [("warning", "tiny", 1)]),
        (lambda: ruled(grey=0), []),
        (lambda: ruled(grey=180), [("warning", "line", 1)]),
        (lambda: ruled(grey=180, frame=True), [("warning", "line", 1)]),
        (lambda: office(word__document_xml="<w/>"), []),
        (lambda: office(xl__workbook_xml="<x/>"), [("error", "not_a_document", None)]),
        (lambda: b"PK\x03\x04 no archive", [("error", "damaged", None)]),
        (lambda: b"\xd0\xcf\x11\xe0" + "WordDocument".encode("utf-16-le"), []),
        (lambda: b"\xd0\xcf\x11\xe0" + "Workbook".encode("utf-16-le"), [("error", "not_a_document", None)]),
        (lambda: b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), [("error", "encrypted", None)]),
        (lambda: b"{\\rtf1 hello}", []),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, list) else "",
)
def test_what_is_found_has_its_severity_and_its_page(make, expected):
    assert found(make()) == expected


def test_a_word_document_of_too_many_files_is_not_opened(monkeypatch):
    monkeypatch.setattr(examining, "MOST_FILES", 1)
    assert found(office(word__document_xml="<w/>")) == []
    assert found(office(word__document_xml="<w/>", word__styles_xml="<w/>")) == [("error", "costly", None)]


def test_a_page_turned_by_its_viewer_is_judged_as_it_is_shown():
    assert found(changed(letter(), lambda w: w.pages[0].rotate(90))) == [("warning", "page_size", 1)]
    assert found(changed(letter(sheet=(297, 210)), lambda w: w.pages[0].rotate(90))) == []


def test_type_of_five_points_is_too_small_for_standard_lines_alone():
    assert found(letter(size=5), quality="normal") == [("warning", "tiny", 1)]
    assert found(letter(size=5), quality="high") == []


def test_noisy_pages_take_minutes_to_send():
    out = BytesIO()
    Image.frombytes("L", (1728, 2200), os.urandom(1728 * 2200)).save(out, "PNG")
    [finding] = examine(document_of(out.getvalue())).findings

    assert finding.code in {"slow", "dark"}
    assert "minutes on the line" in finding.words


def test_a_document_is_looked_into_once(monkeypatch):
    looked = []
    monkeypatch.setattr(examining, "_facts", lambda *_: looked.append(1) or {"pages": 1, "form": None, "sheets": []})
    monkeypatch.setattr(examining, "_reports", Recent(examining._KEPT))
    document = document_of(letter("once"))

    assert examine(document) == examine(document)
    assert len(looked) == 1


def test_a_document_that_crashes_the_reader_is_refused_with_a_message(monkeypatch):
    monkeypatch.setattr(examining, "Lookers", lookers.Lookers)
    monkeypatch.setattr(lookers, "_LOOKING", lookers._LOOKING.with_name("missing.py"))

    assert found(letter("down")) == [("error", "costly", None)]


def test_without_the_extra_only_the_kind_is_checked_and_it_says_so(monkeypatch):
    monkeypatch.setattr(examining, "is_complete", lambda: False)

    assert found(letter("plain")) == [("warning", "not_seen", None)]
    assert found(office(xl__workbook_xml="<plain/>")) == [("error", "not_a_document", None)]


def test_pages_that_were_not_looked_at_are_reported():
    seen = {"wide": 595, "high": 842, "black": 0.1, "bytes": 100}
    report = judge({"pages": 3, "form": None, "sheets": [seen, seen, {"wide": 595, "high": 842}]})

    assert [(one.code, one.page) for one in report.findings] == [("not_seen", 3)]


def test_the_same_thing_on_many_pages_is_reported_once():
    sheet = {"wide": 842, "high": 1190, "black": 0.1, "bytes": 100}
    report = judge({"pages": 3, "form": None, "sheets": [sheet] * 3})

    assert [str(one) for one in merged(report.findings)] == [
        "page 1: is 297 x 420 mm and is made smaller, to 73% of its size; 2 more pages like that"
    ]
