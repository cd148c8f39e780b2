"""Files in any packing and encoding are read, or refused with what to do."""

import gzip

import pytest

from faxdispatch.calling.numbers import NumberPolicy
from faxdispatch.errors import BadInput
from faxdispatch.lists import source
from faxdispatch.lists.checking import check
from faxdispatch.lists.reading import Reading
from faxdispatch.lists.source import rows_source
from tests.lists.conftest import check_whole
from tests.lists.known import zipped
from tests.lists.workbook.excel import book_of, saved

A, B = "+13125550100", "+13125550101"
LIST = "Praxis,Fax\nMüller \u2013 Söhne,3125550100\nZoë,3125550101\n"
NAMES = ["Müller \u2013 Söhne", "Zoë"]


@pytest.mark.parametrize(
    "content",
    [
        LIST.encode(),
        LIST.encode("utf-8-sig"),
        LIST.encode("cp1252"),
        LIST.encode("utf-16"),
        b"\xfe\xff" + LIST.encode("utf-16-be"),
        LIST.encode("utf-16-le"),
        LIST.encode("utf-32"),
        gzip.compress(LIST.encode("cp1252")),
        gzip.compress(LIST.encode()[:30]) + gzip.compress(LIST.encode()[30:]),
        zipped({"list.csv": LIST}),
        zipped({"folder/list.CSV": LIST, "readme.pdf": "%PDF"}),
        zipped({"list.csv": LIST.encode("utf-16"), "__MACOSX/._list.csv": "x", ".DS_Store": "x"}),
        saved(book_of(["Praxis", "Fax"], [NAMES[0], 3125550100], [NAMES[1], "312-555-0101"])),
    ],
    ids=[
        "utf-8", "marked", "cp1252", "utf-16", "utf-16-be", "unmarked", "utf-32", "gzip", "gzips", "zip", "folder",
        "mac", "xlsx",
    ],
)  # fmt: skip
def test_a_list_is_read_however_it_is_packed_and_encoded(checked, content):
    result = checked(content)

    assert result.numbers == [A, B]
    assert [row.cells[0] for row in result.found] == NAMES


def test_utf_8_and_windows_1252_may_be_mixed(checked):
    result = checked("Praxis,Fax\nMüller,3125550100\n".encode() + "Zoë,3125550101\n".encode("cp1252"))

    assert [row.cells[0] for row in result.found] == ["Müller", "Zoë"]


def test_an_encoding_that_is_given_is_taken(checked):
    result = checked("Praxis,Fax\n\u041b\u0435\u0432,3125550100\n".encode("cp1251"), encoding="windows-1251")

    assert result.found[0].cells[0] == "\u041b\u0435\u0432"
    assert "encoding: windows-1251 (as given)" in result.guessed


@pytest.mark.parametrize("encoding", ["klingon", "rot13", "base64", "\0"])
def test_an_unknown_encoding_is_refused(checked, encoding):
    with pytest.raises(BadInput, match="encoding: "):
        checked(LIST, encoding=encoding)


def test_a_workbook_named_csv_is_read_and_recognised(checked):
    rows = [["Name", "Fax"], ["Bob", 13125550100.0], ["Al", 3125550101], [None, None], ["Cy", None]]
    result = checked(saved(book_of(*rows)))

    assert result.sent == [(1, 2, A), (2, 3, B)]
    assert result.left_out == [(3, "no number")]
    assert "it is not a CSV file, despite its name" in result.guessed


def test_the_one_sheet_of_a_workbook_with_anything_in_it_is_read(checked):
    book = book_of(["Name", "Fax"], ["Bob", 3125550100])
    book.create_sheet("Empty")

    assert checked(saved(book), name="list.xlsx").numbers == [A]


TWO_SHEETS = book_of(["Fax"], ["3125550100"])
TWO_SHEETS.create_sheet("More").append(["Fax"])
REFUSED = {
    "PDF": (b"%PDF-1.7\n", "a PDF, not a list"),
    "old Excel": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "or one with a password; open it in its program",
    ),
    "PNG": (b"\x89PNG\r\n\x1a\n", "an image, not a list"),
    "JPEG": (b"\xff\xd8\xff\xe0", "an image, not a list"),
    "TIFF": (b"II*\0", "an image, not a list"),
    "web page": (b"\xef\xbb\xbf \n<!DOCTYPE html><html>", "a web page or XML, not a list"),
    "empty": (b"", "is empty"),
    "empty gzip": (gzip.compress(b""), "is empty"),
    "PDF in gzip": (gzip.compress(b"%PDF-1.7"), "a PDF, not a list"),
    "several lists": (zipped({"a.csv": LIST, "b.csv": LIST}), "a zip archive with 2 files: a.csv, b.csv; unpack it"),
    "empty zip": (zipped({}), "a zip archive with no file"),
    "zip in zip": (zipped({"a.zip": zipped({"a.csv": LIST})}), "an archive or workbook inside an archive"),
    "Word": (zipped({"word/document.xml": "x"}), "a Word file"),
    "two sheets": (saved(TWO_SHEETS), "a workbook with 2 sheets: Sheet, More"),
    "no sheet": (saved(book_of()), "a workbook in which all sheets are empty"),
    "damaged gzip": (gzip.compress(LIST.encode())[:30], "damaged"),
    "damaged zip": (zipped({"a.csv": LIST})[:-30], "damaged"),
    "damaged workbook": (zipped({"xl/workbook.xml": "<x"}), "damaged"),
    "bzip2": (b"BZh91AY", "packed with bzip2"),
    "no lines": (b"3" * 1_100_000, "line 1 has a million characters or more"),
}


@pytest.mark.parametrize(("content", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_a_file_that_is_not_a_list_is_refused_with_what_to_do(checked, content, message):
    with pytest.raises(BadInput) as refused:
        checked(content)

    assert str(refused.value).startswith("list.csv: ")
    assert message in str(refused.value)


def test_an_archive_with_more_files_than_are_read_is_refused(checked, monkeypatch):
    monkeypatch.setattr(source, "FILES", 1)
    with pytest.raises(BadInput, match="a zip archive with more than 1 files"):
        checked(zipped({"a.csv": LIST, ".x": ""}))


def test_a_file_that_cannot_be_read_is_named(checked, tmp_path):
    with pytest.raises(BadInput, match=r"missing\.csv: cannot be read: No such file"):
        check_whole(tmp_path / "missing.csv")
    with pytest.raises(BadInput, match="cannot be read: Is a directory"):
        check_whole(tmp_path)


def test_later_damage_is_reported_when_it_is_reached(checked):
    rows = "".join(f"Name {number},312555{number:04}\n" for number in range(1, 9999))

    with pytest.raises(BadInput, match="damaged"):
        checked(gzip.compress(f"Name,Fax\n{rows}".encode())[:-2000])


@pytest.mark.parametrize("packed", [False, True])
def test_progress_counts_the_bytes_of_the_file_up_to_all_of_them(checked, packed):
    content = ("Name,Fax\n" + "".join(f"Name {n},312555{n:04}\n" for n in range(1, 9001))).encode()
    content = gzip.compress(content) if packed else content
    calls = []

    checked(content, on_progress=lambda *facts: calls.append(facts))

    assert calls == sorted(calls)
    assert calls[-1] == (len(content), len(content), 9000)
    assert len(calls) >= 9


def test_a_list_that_is_not_in_the_encoding_that_was_named_is_refused(tmp_path):
    path = tmp_path / "list.csv"
    path.write_bytes("Name,Fax\nMüller,3125550100\n".encode("cp1252"))

    with (
        pytest.raises(BadInput, match=r"near line \d it is not in the encoding utf-8 \(as given\); leave"),
        check(path, Reading(encoding="utf-8"), policy=NumberPolicy(region="US")) as checking,
    ):
        list(checking)


@pytest.mark.parametrize("row", ["+13125550100", b"x", 5])
def test_a_row_of_a_program_that_is_neither_mapping_nor_cells_is_refused(row):
    with pytest.raises(BadInput, match=r"row 1: is a (str|bytes|int); give a mapping or a sequence of cells"):
        list(check(lambda: rows_source([row]), policy=NumberPolicy(region="US")))
