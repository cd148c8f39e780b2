"""`faxdispatch preview`: pages as a fax machine prints them."""

import io
import json

import pytest
from PIL import Image

from faxdispatch.documents.composition import converting
from tests.documents.preflight.made import letter


@pytest.fixture
def document(tmp_path):
    """A TIFF with a page for each share of black that is given."""

    def make(*shares):
        pages = []
        for share in shares:
            page = Image.new("L", (400, 500), 255)
            page.paste(0, (0, 0, 400, round(500 * share)))
            pages.append(page)
        pages[0].save(tmp_path / "letter.tiff", save_all=True, append_images=pages[1:])
        return "letter.tiff"

    return make


def test_each_page_is_written_in_the_dots_of_a_fax(cli, surroundings, document, tmp_path):
    surroundings.chdir(tmp_path)
    result = cli("preview", document(0.1, 0.2))

    assert (result.code, result.err) == (0, "")
    files = result.out.split()
    assert files == ["letter-pages/page-001.png", "letter-pages/page-002.png"]
    for name in files:
        with Image.open(io.BytesIO((tmp_path / name).read_bytes())) as page:
            assert (page.width, page.mode) == (1728, "1")


def test_blank_and_nearly_black_pages_cause_a_warning(cli, surroundings, document, tmp_path):
    surroundings.chdir(tmp_path)
    result = cli("preview", document(0, 0.9, 0.2), "--out", "seen", "--json")

    answer = [json.loads(line) for line in result.out.splitlines()]
    assert [[found["code"] for found in one["warnings"]] for one in answer] == [["blank"], ["dark"], []]
    assert answer[1]["file"] == "seen/page-002.png"


@pytest.mark.parametrize(
    ("name", "content", "code", "said"),
    [
        (
            "letter.rtf",
            b"{\\rtf1 hello}",
            2,
            "RTF file is converted by LibreOffice, which is not installed here; save it as PDF",
        ),
        ("letter.pdf", b"%PDF-1.7 broken", 2, "letter.pdf: is damaged"),
        ("page.pdf", b"<html>", 2, "web page"),
    ],
)
def test_a_document_that_cannot_be_drawn_leaves_nothing_behind(cli, surroundings, tmp_path, name, content, code, said):
    surroundings.setattr(converting, "office", lambda: None)
    surroundings.chdir(tmp_path)
    (tmp_path / name).write_bytes(content)
    result = cli("preview", name)

    assert result.code == code
    assert said in result.err
    assert not (tmp_path / "letter-pages").exists()


def test_a_word_processor_file_is_shown_as_libreoffice_lays_it_out(cli, surroundings, tmp_path):
    made = tmp_path / "made.pdf"
    made.write_bytes(letter("Sign here", grey=210))
    # Stands for LibreOffice, which is not on every machine.
    office = tmp_path / "soffice"
    office.write_text(f"#!/bin/sh\nexec cp {made} document.pdf\n")
    office.chmod(0o755)
    surroundings.setattr(converting, "office", lambda: str(office))
    surroundings.chdir(tmp_path)
    (tmp_path / "letter.rtf").write_bytes(b"{\\rtf1 hello}")
    result = cli("preview", "letter.rtf")

    assert result.out.split() == ["letter-pages/page-001.png"]
    assert "page 1: text is too pale" in result.err


def test_text_that_disappears_causes_a_warning_with_its_page(cli, surroundings, tmp_path):
    surroundings.chdir(tmp_path)
    (tmp_path / "letter.pdf").write_bytes(letter("Sign here", grey=210, size=5))
    result = cli("preview", "letter.pdf", "--quality", "normal")

    assert "page 1: text is too pale for a fax, such as “Sign here”" in result.err


def test_a_folder_that_is_there_is_not_written_into(cli, surroundings, document, tmp_path):
    surroundings.chdir(tmp_path)
    (tmp_path / "letter-pages").mkdir()

    assert cli("preview", document(0.1)).code == 2
