"""Words that may be in a sheet are found without reading its rows."""

import io

import pytest

from faxdispatch.lists.workbook import finding
from faxdispatch.lists.workbook.bounds import TooLarge
from faxdispatch.lists.workbook.finding import may_be_in_rows, texts_with

HEADER = '<row r="3"><c r="A3" t="inlineStr"><is><t>Fax</t></is></c></row>'


def found(rows, *words, first=4):
    return may_be_in_rows(io.BytesIO(f"<sheetData>{rows}</sheetData>".encode()), words, first)


def row(text, number=4):
    return f'<row r="{number}"><c r="A{number}" t="inlineStr"><is><t>{text}</t></is></c></row>'


def test_a_word_is_found_in_any_case_and_not_above_the_first_row():
    assert found(HEADER + row("no FAX"), "fax", "opt out")
    assert not found(HEADER + row("as usual"), "fax", "opt out")


@pytest.mark.parametrize("size", range(1, 12))
def test_a_word_is_found_where_a_piece_ends_in_it(monkeypatch, size):
    monkeypatch.setattr(finding, "_CHUNK", size)

    assert found(HEADER + row("has opted out"), "opted")
    assert not found(HEADER + row("has adopted"), "opted out")


def test_an_unknown_content_may_be_anything():
    assert found(HEADER + row("&#102;ax"), "fax")
    assert found("<x:row><x:c/></x:row>", "fax")


def test_more_rows_than_a_sheet_has_are_refused_before_they_are_read(monkeypatch):
    monkeypatch.setattr(finding, "ROWS", 3)
    monkeypatch.setattr(finding, "_CHUNK", 7)
    assert not found(row("a", 4) + row("b", 5) + row("c", 6), "fax")

    with pytest.raises(TooLarge, match="more than 3 rows"):
        found(row("a", 4) + row("b", 5) + row("c", 6) + row("d", 7), "fax")


def test_every_text_with_one_of_the_words_is_found_in_any_case(monkeypatch):
    monkeypatch.setattr(finding, "_TEXTS", 2)

    assert texts_with(["a", "b", "No FAX"], ["fax", "opted"]) == ["No FAX"]
    assert texts_with(["opted out", "a", "b", "c", "fax", "d"], ["fax", "opted"]) == ["opted out", "fax"]
