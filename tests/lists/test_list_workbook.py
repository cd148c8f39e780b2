"""A workbook is read as a person sees it: displayed numbers, hidden rows and columns, formulas, sheets."""

import pytest
from openpyxl import Workbook as Book
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Font

from faxdispatch.calling.numbers import NumberPolicy
from faxdispatch.errors import BadInput
from faxdispatch.lists.checking import check
from faxdispatch.lists.reading import Reading
from faxdispatch.lists.rows import BadRow, LeftOut, Row
from faxdispatch.lists.workbook.reading import Sheet
from tests.lists.workbook.excel import excel


@pytest.fixture
def judged(tmp_path):
    """Check a workbook; gives its summary and what became of each row."""

    def judge(book, region="US", **options):
        path = tmp_path / "list.xlsx"
        book.save(path)
        with check(path, Reading(**options), policy=NumberPolicy(region=region)) as checking:
            rows = list(checking)
        return checking, rows

    return judge


def book_of(*rows):
    made = Book()
    for row in rows:
        made.active.append(row)
    return made


def outcome(row):
    return row.to if isinstance(row, Row) else row.reason


@pytest.mark.parametrize(
    ("value", "number_format", "region", "number"),
    [
        (612345671, "0000000000", "IT", "+390612345671"),
        (13122000001, '"+"0', "DE", "+13122000001"),
        (493012345671, '"00"## ##########', "US", "+493012345671"),
        (3122000001, "[<=9999999]###\\-####;\\(###\\)\\ ###\\-####", "US", "+13122000001"),
        (3122000001, "General", "US", "+13122000001"),
        ("312 200 0001", "@", "US", "+13122000001"),
    ],
)
def test_a_number_is_dialled_as_it_is_shown(judged, value, number_format, region, number):
    book = book_of(["Fax"], [value])
    book.active["A2"].number_format = number_format

    _, [row] = judged(book, region)
    assert outcome(row) == number


def test_a_number_that_its_format_shows_as_something_else_is_refused(judged):
    book = book_of(["Fax"], [3122000001], [0.5])
    book.active["A2"].number_format = "0%"

    checking, rows = judged(book)
    assert checking.summary.invalid == 2
    assert "not a plain number; format the column as text" in outcome(rows[0])


def filtered():
    book = book_of(["Name", "Fax"], *([f"n{n}", f"312200000{n}"] for n in range(1, 7)))
    book.active.auto_filter.ref = "A1:B7"
    for row in (2, 3, 5, 7):
        book.active.row_dimensions[row].hidden = True
    return book


def test_rows_that_a_filter_hides_are_left_out_and_reported(judged):
    checking, rows = judged(filtered())

    assert [row.to for row in rows if isinstance(row, Row)] == ["+13122000003", "+13122000005"]
    assert (checking.summary.rows, checking.summary.valid, checking.summary.hidden) == (6, 2, 4)
    assert {row.reason for row in rows if isinstance(row, LeftOut)} == {"hidden"}


def test_hidden_rows_are_sent_to_on_request(judged):
    checking, _ = judged(filtered(), include_hidden=True)

    assert (checking.summary.valid, checking.summary.hidden) == (6, 0)


def test_rows_that_are_struck_through_are_left_out(judged):
    book = book_of(["Name", "Fax", "City"], *([name, f"312200000{at}", "x"] for at, name in enumerate("abcd", 1)))
    for name in ("A2", "B2", "C2", "A3", "B3", "B4", "C5"):
        book.active[name].font = Font(strike=True)

    _, rows = judged(book)
    told = ["struck through", "struck through", "Fax: is struck through", "+13122000004"]
    assert [outcome(row) for row in rows] == told
    assert judged(book, include_hidden=True)[0].summary.valid == 4


def test_a_cell_with_a_number_struck_through_beside_another_is_refused(judged):
    struck = TextBlock(InlineFont(strike=True), "3122000001")
    book = book_of(["Fax"], ["3122000009"])
    book.active["A3"] = CellRichText(struck, " 3122000002")
    book.active["A4"] = CellRichText(struck)
    book.active["A5"] = CellRichText(TextBlock(InlineFont(b=True), "3122000003"))

    _, rows = judged(book)
    assert "partly struck through" in outcome(rows[1])
    assert [outcome(row) for row in rows[2:]] == ["struck through", "+13122000003"]


def test_a_conditional_format_that_may_strike_rows_through_is_reported(judged):
    book = book_of(["Name", "Fax"], ["a", "3122000001"])
    assert "conditional format" not in "; ".join(judged(book)[0].table.guesses)
    book.active.conditional_formatting.add("B2", FormulaRule(formula=["TRUE"], font=Font(strike=True)))

    checking, _ = judged(book)
    assert "a conditional format strikes cells through" in "; ".join(checking.table.guesses)


def test_a_hidden_column_is_never_chosen_by_itself(judged):
    book = book_of(["Fax", "New fax"], ["3122000001", "3122000002"], ["3122000003", "3122000004"])
    book.active.column_dimensions["A"].hidden = True

    _, rows = judged(book)
    assert [outcome(row) for row in rows] == ["+13122000002", "+13122000004"]
    _, rows = judged(book, column="Fax")
    assert [outcome(row) for row in rows] == ["+13122000001", "+13122000003"]


def test_a_hidden_column_of_documents_is_reported_and_not_used(judged):
    book = book_of(["Fax", "Media"], ["3122000001", "letter"])
    book.active.column_dimensions["B"].hidden = True

    checking, _ = judged(book)
    assert checking.table.fields == {}
    assert "column 'Media' is not used: it is hidden; name it to use it" in checking.table.guesses


def test_a_formula_that_was_never_calculated_is_a_refused_row(judged):
    _, rows = judged(book_of(["Fax", "Name"], ["=B1&2", "a"], ["3122000001", "=A1"]))

    assert isinstance(rows[0], BadRow)
    assert "formula that was never calculated" in outcome(rows[0])
    assert outcome(rows[1]) == "+13122000001"


def two_sheets(*heads):
    book = book_of()
    book.remove(book.active)
    for place, head in enumerate(heads, start=1):
        sheet = book.create_sheet(f"Sheet {place}")
        sheet.append([head])
        sheet.append([f"312200000{place}"])
    return book


def test_the_sheet_with_fax_numbers_is_read(judged):
    _, rows = judged(two_sheets("Notes", "Fax", "Phone"))

    assert [outcome(row) for row in rows] == ["+13122000002"]


@pytest.mark.parametrize(("heads", "message"), [(("Fax", "Fax"), "several have"), (("Notes", "Phone"), "none has")])
def test_an_ambiguous_choice_of_sheet_is_asked_for(judged, heads, message):
    with pytest.raises(BadInput, match=rf"2 sheets: Sheet 1, Sheet 2; {message} a column of fax numbers: .* --sheet"):
        judged(two_sheets(*heads))


def test_a_sheet_is_named(judged):
    _, rows = judged(two_sheets("Fax", "Fax"), sheet="sheet 2")
    assert [outcome(row) for row in rows] == ["+13122000002"]

    with pytest.raises(BadInput, match="has no 'Sheet 3'; its sheets: Sheet 1, Sheet 2"):
        judged(two_sheets("Fax", "Fax"), sheet="Sheet 3")


def test_a_file_of_text_has_no_sheets(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("Fax\n3122000001\n")

    with pytest.raises(BadInput, match="is not a workbook and has no sheets"):
        check(path, Reading(sheet="One"), policy=NumberPolicy(region="US"))


def test_a_sheet_that_hides_all_rows_but_those_in_use_is_read(judged):
    book = book_of(["Fax"], ["3122000001"], ["3122000002"])
    book.active.sheet_format.zeroHeight = True
    book.active.row_dimensions[2].hidden = True

    _, rows = judged(book)
    assert [outcome(row) for row in rows] == ["hidden", "+13122000002"]


NO_FAX = """
<numFmts><numFmt numFmtId="164" formatCode="&quot;do not &quot;@"/></numFmts>
<cellXfs><xf/><xf numFmtId="164"/></cellXfs>
"""
"""Styles, the second of which shows `do not` before a text."""


def excel_book(cell, notes, styles="<cellXfs><xf/></cellXfs>"):
    """Return a workbook of 1,200 rows in Excel's form, whose last note is the cell; its number stands in row 1 too."""
    texts = ["Fax", "Notes", *notes]
    rows = ['<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>']
    rows += [f'<row r="{n}"><c r="A{n}"><v>31220{n:05}</v></c></row>' for n in range(2, 1201)]
    rows.append(f'<row r="1201"><c r="A1201"><v>3122000002</v></c>{cell}</row>')
    return excel("".join(rows), [f"<t>{text}</t>" for text in texts], styles)


@pytest.mark.parametrize(
    ("cell", "notes"),
    [
        ('<c r="B1201" t="s"><v>2</v></c>', ["Do not fax!"]),
        ('<c r="B1201" s="1" t="s"><v>2</v></c>', ["fax"]),
        ('<c r="B1201" t="inlineStr"><is><t>DO NOT FAX</t></is></c>', []),
        ('<c r="B1201" t="str"><f>IF(1,"x")</f><v>do not &#102;ax</v></c>', []),
    ],
)
def test_a_note_far_below_stops_the_number_in_the_rows_above(tmp_path, cell, notes):
    path = tmp_path / "list.xlsx"
    path.write_bytes(excel_book(cell, notes, NO_FAX).getvalue())

    with check(path, policy=NumberPolicy(region="US")) as checking:
        rows = list(checking)
    assert rows[0].reason == "opted out, by another row"
    assert "opted out, Notes: " in rows[-1].reason
    assert (checking.summary.valid, checking.summary.opted_out) == (1198, 2)


def test_a_row_with_a_cell_beyond_the_last_column_stops_its_number_too(judged):
    checking, rows = judged(book_of(["Fax", "Name"], [3122000001], [3122000002, "a"], [3122000001, "b", "do not fax"]))

    assert [outcome(row) for row in rows[:2]] == ["opted out, by another row", "+13122000002"]
    assert checking.summary.invalid == 1


@pytest.mark.parametrize("note", ["as usual", "Fax: 312-555-0100"])
def test_a_workbook_whose_notes_refuse_nothing_is_read_once(tmp_path, monkeypatch, note):
    path = tmp_path / "list.xlsx"
    path.write_bytes(excel_book('<c r="B1201" t="s"><v>2</v></c>', [note]).getvalue())
    read = []
    monkeypatch.setattr(Sheet, "rows", lambda sheet, rows=Sheet.rows: read.append(sheet) or rows(sheet))

    with check(path, policy=NumberPolicy(region="US")) as checking:
        assert len(list(checking)) == 1200
    assert len(read) == 1
