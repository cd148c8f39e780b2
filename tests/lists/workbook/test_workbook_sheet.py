"""Rows of a sheet: a pattern and a parser read the same, as a spreadsheet shows them."""

import io
import itertools
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format
from openpyxl.utils.datetime import MAC_EPOCH, from_excel

from faxdispatch.lists.workbook import elements, sheet, styles
from faxdispatch.lists.workbook.bounds import Damaged, TooLarge
from faxdispatch.lists.workbook.dates import EPOCH_1900, EPOCH_1904, shown_date
from faxdispatch.lists.workbook.look import Look
from faxdispatch.lists.workbook.sheet import Row, Sheet
from faxdispatch.lists.workbook.styles import Style
from faxdispatch.lists.workbook.texts import RichText
from tests.lists.workbook.excel import rows_of

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="x"><cols><col min="2" max="3" hidden="1"/></cols>'
    "<sheetData>"
)
TAIL = "</sheetData></worksheet>"
LOOK = Look(
    ("Fax", "Müller", RichText("312 200", (True, False)), RichText("3122000009", (True,))),
    (Style(), Style("0000000000"), Style("0%"), Style(is_struck=True), Style("yyyy-mm-dd", is_date=True)),
)


def read(rows, look=LOOK, head=HEAD):
    made = Sheet(io.BytesIO(f"{head}{rows}{TAIL}".encode()), look)
    return made, rows_of(made)


def cells(rows):
    return [row.cells for row in read(rows)[1]]


VALUES = st.sampled_from(["0", "1", "2", "3", "3122000001", "612345671", "1.5", "3.1E9", "a&amp;b", "-5", "a_x000D_"])
CELLS = st.builds(
    lambda kind, style, value, formula: f' s="{style}"' * (style is not None) + kind(value, formula),
    st.sampled_from([
        lambda value, formula: f">{formula}<v>{value}</v></c>" if value[0] != "a" else "/>",
        lambda value, formula: f' t="n">{formula}<v>{value}</v></c>' if value[0] != "a" else " />",
        lambda value, formula: f' t="s">{formula}<v>{value}</v></c>' if value in "0123" else "/>",
        lambda value, formula: f' t="str">{formula}<v>{value}</v></c>',
        lambda value, _: f' t="b"><v>{value}</v></c>',
        lambda value, _: f' t="inlineStr"><is><t>{value}</t></is></c>',
        lambda value, _: f' t="inlineStr"><is><t xml:space="preserve"> {value}</t></is></c>',
        lambda _, formula: f">{formula}<v></v></c>",
        # A text where a value belongs, and the other way round.
        lambda value, _: f' t="str"><is><t>{value}</t></is></c>',
        lambda value, _: f' t="inlineStr"><v>{value}</v></c>',
        lambda *_: ' t="inlineStr"><is><t></t></is></c>',
    ]),
    st.none() | st.integers(0, 4),
    VALUES,
    st.sampled_from(["", "<f>A1</f>", '<f t="shared" si="0"/>']),
)  # fmt: skip
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["", ' spans="1:5" hidden="1"', ' ht="0" customHeight="1"', ' ht="15"', ' hidden="0"']),
        st.lists(st.tuples(st.integers(1, 3), CELLS), max_size=6),
    ),
    max_size=6,
)


def written(rows):
    for number, (attributes, row) in enumerate(rows, start=1):
        places = itertools.accumulate(step for step, _ in row)
        row_xml = "".join(
            f'<c r="{chr(64 + place)}{number}"{cell}' for place, (_, cell) in zip(places, row, strict=True)
        )
        yield f'<row r="{number}"{attributes}>{row_xml}</row>'


@given(ROWS)
def test_a_pattern_reads_rows_as_the_parser_does(rows):
    rows = list(written(rows))
    by_both = read('<row r="1"></row>' + "".join(rows))[1]
    # With a space before it, no row is in one of the forms of the pattern.
    by_parser = read('<row r="1"></row>' + "".join(row.replace("<row ", "<row  ") for row in rows))[1]
    assert by_both == by_parser


def test_most_rows_never_reach_the_parser(monkeypatch):
    fed = []
    monkeypatch.setattr(elements._Parser, "feed", lambda self, data, feed=elements._Parser.feed, **final: (
        fed.append(data), feed(self, data, **final)))  # fmt: skip
    row = '<row r="{0}" spans="1:2"><c r="A{0}" s="1"><v>612345671</v></c><c r="B{0}" t="s"><v>1</v></c></row>'
    found = cells("".join(row.format(number) for number in range(1, 1000)))

    assert found == [["0612345671", "Müller"]] * 999
    assert sum(map(len, fed)) < 1000


def test_text_that_only_looks_like_a_row_is_not_read_as_one():
    row = '<row r="1"><c r="A1"><v>{}</v></c></row>'
    assert cells(row.format(1) + f"<!-- {row.format(2)} {row.format(3)} -->" + row.format(4)) == [["1"], ["4"]]
    assert cells(row.format(1) + "</sheetData><other>" + row.format(2) * 2 + "</other><sheetData>") == [["1"]]


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1"])
def test_other_encodings_are_read(encoding):
    text = f'<?xml version="1.0" encoding="{encoding}"?><x:worksheet xmlns:x="x"><x:sheetData>' + "".join(
        f'<x:row><x:c t="inlineStr"><x:is><x:t>Müller {n}</x:t></x:is></x:c></x:row>' for n in range(3)
    ) + "</x:sheetData></x:worksheet>"  # fmt: skip
    found = [row.cells for row in rows_of(Sheet(io.BytesIO(text.encode(encoding)), LOOK))]
    assert found == [["Müller 0"], ["Müller 1"], ["Müller 2"]]


def test_rows_and_cells_without_their_places_follow_each_other():
    _, rows = read('<row r="3"><c><v>1</v></c><c r="D3"><v>2</v></c><c><v>3</v></c></row><row><c><v>4</v></c></row>')
    assert rows == [Row(3, ["1", "", "", "2", "3"]), Row(4, ["4"])]


def test_hidden_columns_are_reported():
    assert read("")[0].hidden_columns == {1, 2}


def test_a_formula_with_an_empty_result_counts_as_calculated():
    _, [row] = read('<row r="1"><c r="A1" t="str"><f>""</f><v></v></c><c r="B1"><f>A1</f></c></row>')
    assert row.cells == ["", "=A1"]
    assert row.flaws == {1: sheet.NEVER_CALCULATED}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ('<row r="1048577"></row>', "more than 1,048,576 rows"),
        ('<row r="1"><c r="XFE1"><v>1</v></c></row>', "more than 16,384 columns"),
        ('<row r="1"></row><row r="2"><c r="XFE2"><v>1</v></c></row>', "more than 16,384 columns"),
        ('<row r="1"><c r="A1" t="str"><v>{}</v></c></row>'.format("x" * 32_768), "more than 32,767 characters"),
        ('<row r="1"></row><row r="2"><c r="A2" t="str"><v>{}</v></c></row>'.format("x" * 32_768), "32,767 characters"),
    ],
)  # fmt: skip
def test_what_a_spreadsheet_cannot_contain_is_refused(rows, message):
    with pytest.raises(TooLarge, match=message):
        read(rows)


def test_a_row_with_a_long_text_many_times_is_refused(monkeypatch):
    monkeypatch.setattr(sheet, "ROW", 10)
    monkeypatch.setattr(sheet, "CELL", 6)
    with pytest.raises(TooLarge, match="row 2 has more than 10 characters"):
        cells('<row r="2"><c r="A2" t="s"><v>1</v></c><c r="B2" t="s"><v>1</v></c></row>')


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1"><c r="A1"><v>1</v></c>',
        '<row r="1"><c r="A1" t="s"><v>99</v></c></row>',
        '<row r="1"><c r="A1"><v>abc</v></c></row>',
        '<row r="1"><c r="*1"/></row>',
    ],
)
def test_a_truncated_sheet_is_reported(rows):
    with pytest.raises(Damaged):
        read(rows)


def test_a_document_type_is_refused():
    with pytest.raises(Damaged, match="declares a document type"):
        read("", head="<!DOCTYPE worksheet><worksheet><sheetData>")


@given(st.floats(0, 2_900_000) | st.integers(0, 2_900_000), st.booleans())
def test_dates_are_those_of_openpyxl(days, from_1904):
    known = from_excel(days, MAC_EPOCH) if from_1904 else from_excel(days)
    shown = shown_date(days, EPOCH_1904 if from_1904 else EPOCH_1900)
    if days >= 1 and not 59 <= days < 61:
        assert abs(datetime.fromisoformat(shown) - known).total_seconds() < 0.002


@pytest.mark.parametrize("number_format", [*BUILTIN_FORMATS.values(), '0 "days"', "[Red]0", "[$-409]d. mmm", "[mm]:ss"])
def test_formats_of_dates_are_those_of_openpyxl(number_format):
    escaped = number_format.replace('"', "&quot;").replace("<", "&lt;")
    text = (
        f'<s><numFmts><numFmt numFmtId="200" formatCode="{escaped}"/></numFmts>'
        '<cellXfs><xf numFmtId="200"/></cellXfs></s>'
    )
    [found], _ = styles.read_styles(io.BytesIO(text.encode()))
    assert found.number_format == number_format
    assert found.is_date == is_date_format(number_format)
    assert found.is_duration == is_timedelta_format(number_format)


def test_built_in_formats_are_those_of_openpyxl():
    same = {number: text for number, text in BUILTIN_FORMATS.items() if number != 44}
    assert {number: styles._BUILT_IN[number] for number in same} == same
