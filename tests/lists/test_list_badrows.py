"""The file of bad rows has the list's own columns and is harmless in a spreadsheet."""

import csv

import pytest

from faxdispatch.errors import BadInput
from faxdispatch.lists.badrows import BadRows, FreeName, safe_cell
from faxdispatch.lists.rows import BadRow
from tests.lists.conftest import check_whole


@pytest.mark.parametrize(
    "start",
    [
        "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "\u00a0=1", "\uff1d1", "\uff0b1", "\uff0d1",
        "\uff201",
    ],
)  # fmt: skip
def test_no_cell_begins_a_formula(start):
    assert safe_cell(start) == f"'{start}"


@pytest.mark.parametrize("text", ["", "Müller", "312-555-0100", "a=b", "'=1"])
def test_other_cells_stay_as_they_are(text):
    assert safe_cell(text) == text


def written(checked, tmp_path, content):
    result = checked(content)
    path = tmp_path / "bad.csv"
    with BadRows(path, result.table.columns, result.table.delimiter) as out:
        for row in result.found:
            if isinstance(row, BadRow):
                out.write(row)
    return path


def test_bad_rows_are_written_in_the_lists_columns_with_line_and_reason(checked, tmp_path):
    path = written(
        checked,
        tmp_path,
        'Müller;Fax;=1\nA;3125550100;x\n"=cmd|\'/C calc\'!A0";1.3E+10;"@x\ny"\nB;3125550101;y;z\n"C;3125550102\n',
    )

    assert path.read_bytes().startswith(b'\xef\xbb\xbf"M\xc3\xbcller";')
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))
    assert rows == [
        ["Müller", "Fax", "'=1", "line", "reason"],
        [
            "'=cmd|'/C calc'!A0",
            "1.3E+10",
            "'@x\ny",
            "3",
            "column Fax: its digits were lost in a spreadsheet, which rounded it: take the number from its source",
        ],
        ["B", "3125550101", "y", "5", "has 4 cells where the list has 3 cells; is a separator unquoted?", "z"],
        [
            '"C;3125550102',
            "",
            "",
            "6",
            "a quote is opened here and never closed, or closed inside a cell; only this line is left out",
        ],
    ]


def test_corrected_bad_rows_are_read_as_a_list(checked, tmp_path):
    path = written(checked, tmp_path, "Name,Fax\nA,3125550100\nB,+1312555010\nC,555-0102\n")
    path.write_text(path.read_text().replace("'+1312555010", "'+13125550101").replace("555-0102", "312-555-0102"))

    assert check_whole(path).numbers == ["+13125550101", "+13125550102"]


def test_a_file_that_is_there_is_never_overwritten(checked, tmp_path):
    (tmp_path / "bad.csv").write_text("mine")

    with pytest.raises(BadInput, match=r"bad\.csv: exists and is not overwritten"):
        written(checked, tmp_path, "Fax\n3125550100\n12\n")

    assert (tmp_path / "bad.csv").read_text() == "mine"


def test_no_file_is_made_where_no_row_is_bad(checked, tmp_path):
    assert not written(checked, tmp_path, "Fax\n3125550100\n").exists()


def test_a_file_beside_the_list_gets_the_first_free_name(tmp_path):
    source = tmp_path / "list.csv"

    for name in ("list.bad.csv", "list.bad-2.csv", "list.bad-3.csv"):
        path, file = FreeName(source, "bad").create()
        file.close()
        assert path == tmp_path / name
