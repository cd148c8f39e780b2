"""Several parts become one PDF: covers with their fields, documents in order, word processor files."""

from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    TextStringObject,
)
from pypdfium2 import PdfDocument

from faxdispatch import BadInput, FaxClient, InvalidJob
from faxdispatch.documents.composition import boxes, composing, converting, joining
from faxdispatch.documents.composition.composing import Cover, compose
from faxdispatch.documents.composition.cover import LONGEST, fields_of, filled, make_cover, read_cover, see_fields
from faxdispatch.documents.local import Document, document_of
from faxdispatch.documents.preview.pages import NotDrawn, draw, draw_all
from faxdispatch.settings import Settings
from tests.documents.preflight.made import changed, letter, locked, picture

pytestmark = pytest.mark.usefixtures("one_looker")

DAY = date(2026, 11, 29)
NUMBER = "+13125550123"


def text_of(content):
    return [page.extract_text() for page in PdfReader(BytesIO(content)).pages]


def letter_with_layer(shown):
    """A letter with a black bar in a separate layer; `shown` says which layers are visible, as in PDF."""

    def add(writer):
        layer = writer._add_object(named(Type=NameObject("/OCG"), Name=TextStringObject("bar")))
        [page] = writer.pages
        page["/Resources"][NameObject("/Properties")] = named(Bar=layer)
        content = DecodedStreamObject()
        content.set_data(page.get_contents().get_data() + b"\n/OC /Bar BDC 0 g 100 300 300 200 re f EMC\n")
        page[NameObject("/Contents")] = writer._add_object(content)
        of_all = {
            key: NameObject(said) if isinstance(said, str) else ArrayObject([layer]) for key, said in shown.items()
        }
        writer.root_object[NameObject("/OCProperties")] = named(OCGs=ArrayObject([layer]), D=named(**of_all))

    return changed(letter(), add)


def filled_form(value):
    """A page with one field of a form, which the reader renders from its value."""

    def add(writer):
        font = writer._add_object(
            named(Type=NameObject("/Font"), Subtype=NameObject("/Type1"), BaseFont=NameObject("/Helvetica"))
        )
        field = writer._add_object(
            named(
                Type=NameObject("/Annot"),
                Subtype=NameObject("/Widget"),
                FT=NameObject("/Tx"),
                T=TextStringObject("patient"),
                V=TextStringObject(value),
                Rect=ArrayObject(map(NumberObject, (50, 400, 550, 430))),
                F=NumberObject(4),
                DA=TextStringObject("/Helv 18 Tf 0 g"),
            )
        )
        writer.pages[0][NameObject("/Annots")] = ArrayObject([field])
        writer.root_object[NameObject("/AcroForm")] = named(
            Fields=ArrayObject([field]), NeedAppearances=BooleanObject(True), DR=named(Font=named(Helv=font))
        )

    return changed(letter(), add)


def black(content, page):
    """How many dots of a page are black."""
    with Image.open(BytesIO(draw(content, page).png)) as drawn:
        return drawn.convert("L").histogram()[0]


def named(**entries):
    return DictionaryObject({NameObject(f"/{name}"): value for name, value in entries.items()})


def dots_of(content, page):
    """The ninths of a page with a lot of ink: across and down, from 0."""
    with Image.open(BytesIO(draw(content, page).png)) as drawn:
        ninths = drawn.convert("L").resize((3, 3), Image.Resampling.BOX)
    return {(at % 3, at // 3) for at, level in enumerate(ninths.tobytes()) if level < 250}


def corner(mode, size):
    """A white picture with a black square at its top left."""
    image = Image.new("L", size, 255)
    image.paste(0, (0, 0, size[0] // 3, size[1] // 3))
    return image.convert("1") if mode == "1" else image


def saved(image, kind, **how):
    out = BytesIO()
    image.save(out, kind, **how)
    return out.getvalue()


def turned():
    exif = Image.Exif()
    exif[0x112] = 6
    return saved(corner("L", (1700, 2200)).transpose(Image.Transpose.ROTATE_90), "JPEG", exif=exif)


PICTURES = {
    "fax": lambda: saved(corner("1", (1728, 1078)), "TIFF", dpi=(204, 98), compression="group3"),
    "turned": turned,
    "deep": lambda: saved(
        corner("L", (1700, 2200)).convert("I").point(lambda level: level * 256).convert("I;16"), "PNG"
    ),
}


def cover(text, pages=2, **values):
    return make_cover(text, values, pages=pages, sender="+13125550199", to=NUMBER, today=DAY)[0]


def test_fields_are_filled_in_and_pages_count_the_whole_fax():
    [page] = text_of(cover("# Fax\nTo:\t{Name}\n{to} {sender} {date} {pages} {{x}}", name="Dr Smith"))

    assert page.split() == ["Fax", "To:", "Dr", "Smith", NUMBER, "+13125550199", "2026-11-29", "3", "{x}"]


def test_a_cover_of_windows_and_of_a_form_is_set_as_any_other():
    assert cover("To:\t{name}\nX", name="A\nB") == cover("To:  {name}\r\nX", name="A\r\nB")


@pytest.mark.parametrize("label", ["To:", "Telephone of the practice:", "A label of " + 9 * "many words "])
def test_text_from_a_column_covers_no_label(label):
    text = PdfDocument(cover(f"{label}\tZebra"))[0].get_textpage()
    places = [text.get_charbox(number) for number in range(text.count_chars())]
    first = text.get_text_bounded().index("Zebra")
    left, _, _, top = places[first]

    assert all(right < left or bottom > top for _, bottom, right, _ in places[:first])


def test_a_long_cover_counts_its_own_pages():
    pages = text_of(cover("{pages}\n" + "line\n" * 60, pages=2))

    assert len(pages) == 2
    assert pages[0].startswith("4")


def test_the_same_cover_is_the_same_file():
    assert cover("Żółw {name}", name="Ω") == cover("Żółw {name}", name="Ω")


@pytest.mark.parametrize("name", ["Fax Number", "fax_number", "FAX-NUMBER"])
def test_columns_are_found_however_they_are_written(name):
    see_fields(f"{{{name}}}", ["Fax Number"])
    assert filled(f"{{{name}}}", {"Fax Number": "1"}) == "1"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("x" * (LONGEST + 1), "characters"),
        ("{", "is not a field"),
        ("{ }", "is not a field"),
        ("Dear {nobody}", r"there is no \{nobody\}; there are date"),
        ("日", r"the character 日 \(U\+65E5"),
        ("x\n" * 400, "more than 5 pages"),
    ],
)
def test_what_is_wrong_with_a_cover_is_reported(text, message):
    with pytest.raises(BadInput, match=message):
        compose([], Cover(text[: LONGEST + 1]))


def test_letters_of_many_languages_are_there():
    text = "Łódź Ελλάδα Україна Việt שלום مرحبا नमस्ते สวัสดี ☎ ✓ €"

    assert b"notdef" not in cover(text)
    assert fields_of(text) == []


@pytest.mark.parametrize(
    ("value", "greeting"), [("Dr Öz", "Dear Dr Öz,"), ("", "Dear Sir or Madam,"), (" ", "Dear Sir or Madam,")]
)
def test_a_field_may_have_words_for_an_empty_value(value, greeting):
    see_fields("Dear {name|Sir or Madam},", ["Name"])
    assert filled("Dear {name|Sir or Madam},", {"Name": value}) == greeting


def test_words_for_an_empty_value_need_the_name_of_a_field():
    with pytest.raises(BadInput, match="is not a field"):
        fields_of("Dear {|Sir or Madam}")
    with pytest.raises(BadInput, match=r"there is no \{doctor\}"):
        see_fields("Dear {doctor|Sir or Madam}", ["Name"])


@pytest.mark.parametrize(
    ("language", "filled_in"),
    [("Date {date} to {to}", "Date 2026-03-09 to +1"), ("تاريخ {date} {to}", "تاريخ \u200e2026-03-09 \u200e+1")],
)
def test_numbers_among_words_from_right_to_left_keep_their_order(language, filled_in):
    assert filled(language, {"date": "2026-03-09", "to": "+1"}) == filled_in


def test_pages_are_drawn_one_after_the_other_as_each_by_itself():
    pages = list(draw_all(letter(pages=3)))
    assert pages == [draw(letter(pages=3), number) for number in (1, 2, 3)]
    with pytest.raises(NotDrawn, match="no page 4"):
        draw(letter(pages=3), 4)


def test_a_font_from_the_settings_is_used_last(tmp_path):
    (tmp_path / "broken.ttf").write_bytes(b"no font")

    with pytest.raises(BadInput, match=r"FAX_COVER_FONTS: broken\.ttf cannot be read"):
        compose([], Cover("x", more_fonts=tmp_path))


def test_a_cover_may_be_a_file(tmp_path):
    (tmp_path / "cover.txt").write_text("Dear {name}", encoding="utf-8")
    (tmp_path / "bytes.txt").write_bytes(b"\xff\xfe\xfd")

    assert read_cover(str(tmp_path / "cover.txt")) == "Dear {name}"
    with pytest.raises(BadInput, match="UTF-8"):
        read_cover(str(tmp_path / "bytes.txt"))


def test_parts_are_joined_in_their_order_with_true_pages_and_findings_where_they_are():
    made, report = compose(
        [letter("first", pages=2), picture("TIFF", pages=2), locked(letter("last"), "")], Cover("# Cover {pages}")
    )

    assert report.pages == 6
    assert [text.strip() for text in text_of(made.content)] == ["Cover 6", "first", "first", "", "", "last"]
    assert [(one.code, one.page) for one in report.findings] == [("blank", 4), ("blank", 5)]


def test_the_same_parts_make_the_same_document():
    parts = [letter("one"), picture("PNG", shade=0)]

    assert compose(parts, Cover("x"))[0] == compose(parts, Cover("x"))[0]


def test_a_single_part_without_a_cover_stays_as_it_is():
    content = letter()

    assert compose([content])[0].content == content


def test_what_is_wrong_with_a_whole_part_names_it_and_what_is_wrong_with_a_page_its_page():
    scan = Document(picture("TIFF", pages=2), ".tiff", "scan.tiff")
    _, report = compose([letter(pages=2), locked(letter(), "secret"), scan])

    assert [str(one) for one in report.findings] == [
        "document 2 needs a password to be opened; save it without one",
        "page 3: is blank",
        "page 4: is blank",
    ]


def test_too_many_pages_together_are_refused(monkeypatch):
    monkeypatch.setattr(composing, "MOST_PAGES", 3)
    _, report = compose([letter(pages=2), letter("b", pages=2)])

    assert report.problem == "has 4 pages; Telnyx sends at most 3"


def test_two_copies_of_a_form_show_what_was_filled_into_each():
    long, short = filled_form("X" * 40), filled_form("X")
    alone, made = compose([short])[0].content, compose([long, short], Cover("x"))[0].content

    assert [black(made, page) for page in (2, 3)] == [black(long, 1), black(alone, 1)]


@pytest.mark.parametrize("hidden", [{"OFF": [0]}, {"BaseState": "/OFF"}])
def test_a_layer_that_is_hidden_stays_hidden(hidden):
    shown = letter_with_layer({"BaseState": "/OFF", "ON": [0]})
    made = compose([shown, letter_with_layer(hidden)], Cover("x"))[0].content

    assert [bool(dots_of(made, page)) for page in (2, 3)] == [True, False]


@pytest.mark.parametrize("kind", ["fax", "turned", "deep"])
def test_a_picture_keeps_its_shape_and_its_ink(kind):
    made = compose([PICTURES[kind]()], Cover("x"))[0].content
    wide, high = PdfReader(BytesIO(made)).pages[1].mediabox[2:]

    assert high / wide == pytest.approx(1.3, abs=0.03)
    assert dots_of(made, 2) == {(0, 0)}


def test_dots_stay_dots():
    made = compose([PICTURES["fax"]()], Cover("x"))[0].content
    [image] = PdfReader(BytesIO(made)).pages[1]["/Resources"]["/XObject"].values()

    assert image.get_object()["/Filter"][0] == "/CCITTFaxDecode"


def test_an_image_that_crashes_the_converter_is_refused_with_a_message(monkeypatch, tmp_path):
    killed = tmp_path / "picturing.py"
    killed.write_text("import os; os.kill(os.getpid(), 9)")
    monkeypatch.setattr(joining, "_PICTURING", killed)

    with pytest.raises(BadInput, match="takes too long or too much memory"):
        compose([picture(), letter()])


def test_a_single_word_processor_file_is_converted_by_telnyx_and_several_need_libreoffice(monkeypatch):
    monkeypatch.setattr(converting.shutil, "which", lambda _: None)
    words = Document(b"{\\rtf1 hello}", ".rtf")

    assert compose([words])[0] is words
    with pytest.raises(
        BadInput, match="RTF file is converted by LibreOffice, which is not installed here; save it as PDF"
    ):
        compose([words, letter()])


@pytest.mark.parametrize("page", [b"<img src='file:///a.png'>", b"<link href=http://a/b.css>", b"<p style='x:url(a)'>"])
def test_a_web_page_that_loads_external_resources_is_refused(monkeypatch, tmp_path, page):
    monkeypatch.setattr(converting.shutil, "which", lambda _: "soffice")
    (tmp_path / "a.html").write_bytes(page)

    with pytest.raises(BadInput, match="from elsewhere"):
        compose([tmp_path / "a.html"])


def test_a_web_page_that_is_too_large_is_refused_and_not_cut(monkeypatch, tmp_path):
    monkeypatch.setattr(composing, "_LARGEST_PAGE", 1_000_000)
    (tmp_path / "a.html").write_bytes(b"<p>" + b"x" * 1_000_000)

    with pytest.raises(BadInput, match=r"^a.html: is a web page of more than 1 MB; save it as PDF"):
        compose([tmp_path / "a.html"])


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "cp1252"])
def test_libreoffice_gets_the_encoding_of_text(monkeypatch, tmp_path, coding):
    # LibreOffice takes "Grüße" in Windows-1252 for Chinese. The program that replaces it here stores its input.
    made = tmp_path / "made.pdf"
    made.write_bytes(letter())
    office = tmp_path / "soffice"
    office.write_text(f"#!/bin/sh\ncp document.txt {tmp_path}/given.txt\nexec cp {made} document.pdf\n")
    office.chmod(0o755)
    monkeypatch.setattr(converting, "office", lambda: str(office))
    compose([Document("Grüße für 3 €".encode(coding), ".txt"), letter()])

    assert (tmp_path / "given.txt").read_bytes() == "Grüße für 3 €".encode("utf-8-sig")


@pytest.mark.parametrize(
    ("page", "loads"),
    [
        (b"<p>See <a class=x href='https://clinic.example/'>our page</a> or <a href=#top>above</a></p>", False),
        (b"<img src='data:image/png;base64,AAAA'>", False),
        (b"<img src='data:image/svg+xml;base64,AAAA'>", True),
        (b"<a href=x style='background: url(http://a/b)'>x</a>", True),
        (b"<a <link rel=stylesheet href=http://a/b.css>", True),
        (b"<LINK HREF=http://a/b.css>", True),
    ],
)
def test_hyperlinks_are_not_external_resources(page, loads):
    assert converting.loads_from_elsewhere(page) is loads


with_libreoffice = pytest.mark.skipif(converting.office() is None, reason="LibreOffice is not here")


@with_libreoffice
def test_libreoffice_converts_where_it_is_installed(tmp_path):
    (tmp_path / "a.html").write_bytes(b"<p>Hello there</p>")
    made, report = compose([tmp_path / "a.html", letter("second")])

    assert report.pages == 2
    assert "Hello there" in text_of(made.content)[0]


@with_libreoffice
@pytest.mark.parametrize(
    ("head", "coding"),
    [
        ("", "cp1252"), ("", "utf-8"), ("", "utf-8-sig"), ("", "utf-16"), ('<meta charset="iso-8859-1">', "cp1252"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=windows-1252">', "cp1252"),
    ],
)  # fmt: skip
def test_libreoffice_reads_web_pages_in_their_encoding(tmp_path, head, coding):
    (tmp_path / "a.html").write_bytes(f"{head}<p>Müller, Groß".encode(coding))

    assert "Müller, Groß" in text_of(compose([tmp_path / "a.html"])[0].content)[0]


@with_libreoffice
def test_the_same_file_becomes_the_same_pdf_although_libreoffice_writes_the_time_into_it():
    first, second = (joining.as_pdf(Document(b"{\\rtf1 Hello there}", ".rtf")).content for _ in range(2))

    assert first == second
    assert "Hello there" in text_of(first)[0]


def test_a_character_that_libreoffice_prints_as_a_box_is_refused(monkeypatch, tmp_path):
    made = tmp_path / "made.pdf"
    made.write_bytes(cover("Grüße \u2460"))
    office = tmp_path / "soffice"
    office.write_text(f"#!/bin/sh\nexec cp {made} document.pdf\n")
    office.chmod(0o755)
    monkeypatch.setattr(converting, "office", lambda: str(office))
    monkeypatch.setattr(boxes, "characters_here", lambda _: [range(0x20, 0x180), range(0x2460, 0x2470)])
    assert converting.to_pdf(b"Gr\xfc\xdfe", ".txt") == made.read_bytes()

    monkeypatch.setattr(boxes, "characters_here", lambda _: [range(0x20, 0x180)])
    with pytest.raises(BadInput, match=r"no font here has the character ① \(U\+2460, CIRCLED DIGIT ONE\)"):
        converting.to_pdf(b"Gr\xfc\xdfe", ".txt")


def test_the_characters_of_the_machines_fonts_are_known(monkeypatch, tmp_path):
    tool = tmp_path / "fc-list"
    tool.write_text("#!/bin/sh\necho '20-7e a0'\necho '4e00-9fff'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    there = boxes.characters_here(str(tmp_path / "soffice"))
    assert sorted((one.start, one.stop) for one in there) == [(0x20, 0x7F), (0xA0, 0xA1), (0x4E00, 0xA000)]


def test_a_program_that_hangs_is_ended(monkeypatch, tmp_path):
    slow = tmp_path / "soffice"
    slow.write_text("#!/bin/sh\nexec sleep 100\n")
    slow.chmod(0o755)
    monkeypatch.setattr(converting.shutil, "which", lambda _: str(slow))
    monkeypatch.setattr(converting, "_SECONDS", 1)

    with pytest.raises(BadInput, match="longer than 1 s"):
        converting.to_pdf(b"{\\rtf1 hello}", ".rtf")


@pytest.fixture
def client(redis_url, monkeypatch):
    kept = {}
    made = FaxClient.from_env(Settings.load(redis_url=redis_url, fax_from="+13125550199"))
    monkeypatch.setattr(
        made._requests, "store", lambda document, *, until: kept.setdefault(document.media_name, document)
    )
    made.kept = kept
    return made


def test_a_service_sends_several_documents_with_a_cover_as_one_fax(client, tmp_path):
    (tmp_path / "b.pdf").write_bytes(letter("second"))
    asked = {"cover": "Dear {name}, {pages}", "cover_fields": {"name": "Dr Smith"}, "idempotency_key": "k"}
    parts = [letter("first"), Path(tmp_path / "b.pdf")]

    first, again = (client.send(to=NUMBER, document=parts, **asked) for _ in range(2))

    assert (first.job_id, again.created) == (again.job_id, False)
    [document] = client.kept.values()
    assert [text.strip() for text in text_of(document.content)] == ["Dear Dr Smith, 3", "first", "second"]
    request = client.status(first.job_id).request
    assert (request.media_name, request.pages, request.document_name) == (document.media_name, 3, "b.pdf")


def test_the_document_of_a_link_is_fetched_where_it_has_a_cover(client, monkeypatch):
    monkeypatch.setattr(client._requests, "fetch_link", lambda link: Document(letter(link), ".pdf", "a.pdf"))

    job = client.send(to=NUMBER, media_url="https://example.com/a.pdf", cover="Dear all").job_id

    [document] = client.kept.values()
    assert [text.strip() for text in text_of(document.content)] == ["Dear all", "https://example.com/a.pdf"]
    request = client.status(job).request
    assert (request.media_name, request.media_url, request.pages) == (document.media_name, None, 2)


def test_a_link_is_not_fetched_for_a_fax_that_is_wrong(client, monkeypatch):
    monkeypatch.setattr(client._requests, "fetch_link", lambda link: pytest.fail("fetched"))

    with pytest.raises(InvalidJob, match="quality"):
        client.send(to=NUMBER, media_url="https://example.com/a.pdf", cover="Dear all", quality="best")


def test_a_cover_for_a_stored_document_is_left_to_the_worker(client):
    job = client.send(to=NUMBER, media_name="letter", cover="Dear {name}", cover_fields={"name": "Dr Smith"}).job_id

    request = client.status(job).request
    assert (request.media_name, request.cover, request.cover_fields) == ("letter", "Dear {name}", {"name": "Dr Smith"})
    assert client.kept == {}


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"cover": "x", "media_url": "https://127.0.0.1/b.pdf"}, "media_url: the link cannot be fetched: "),
        ({"cover": "Dear {name}"}, r"cover: there is no \{name\}"),
        ({"document": []}, "document: is missing"),
        ({"document": [letter(), b"no"]}, "document: its content"),
        ({"cover": 7}, "cover: must be text"),
    ],
)
def test_a_mistake_in_a_part_is_reported_by_field_and_nothing_is_stored(client, asked, message):
    with pytest.raises(InvalidJob, match=message):
        client.send(to=NUMBER, **asked)
    assert client.kept == {}


def test_a_preflighted_document_is_accepted(client):
    client.send(to=NUMBER, document=document_of(letter()))

    assert len(client.kept) == 1
