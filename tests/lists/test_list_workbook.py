"""A workbook is read as a person sees it: displayed numbers, hidden rows and columns, formulas, sheets."""

import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Font

from faxdispatch.errors import BadInput
from faxdispatch.lists.workbook.reading import Sheet
from tests.lists.workbook.excel import book_of, excel, saved


@pytest.fixture
def judged(checked):
    """Check a workbook, as openpyxl has it or as its bytes."""

    def judge(book, **options):
        return checked(book if isinstance(book, bytes) else saved(book), name="list.xlsx", **options)

    return judge


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

    assert judged(book, region=region).outcomes == [number]


def test_a_number_that_its_format_shows_as_something_else_is_refused(judged):
    book = book_of(["Fax"], [3122000001], [0.5])
    book.active["A2"].number_format = "0%"

    result = judged(book)
    assert result.summary.invalid == 2
    assert "not a plain number; format the column as text" in result.outcomes[0]


def filtered():
    book = book_of(["Name", "Fax"], *([f"n{n}", f"312200000{n}"] for n in range(1, 7)))
    book.active.auto_filter.ref = "A1:B7"
    for row in (2, 3, 5, 7):
        book.active.row_dimensions[row].hidden = True
    return book


def test_rows_that_a_filter_hides_are_left_out_and_reported(judged):
    result = judged(filtered())

    assert result.numbers == ["+13122000003", "+13122000005"]
    assert (result.summary.rows, result.summary.valid, result.summary.hidden) == (6, 2, 4)
    assert {reason for _, reason in result.left_out} == {"hidden"}


def test_hidden_rows_are_sent_to_on_request(judged):
    summary = judged(filtered(), include_hidden=True).summary

    assert (summary.valid, summary.hidden) == (6, 0)


def test_rows_that_are_struck_through_are_left_out(judged):
    book = book_of(["Name", "Fax", "City"], *([name, f"312200000{at}", "x"] for at, name in enumerate("abcd", 1)))
    for name in ("A2", "B2", "C2", "A3", "B3", "B4", "C5"):
        book.active[name].font = Font(strike=True)

    expected = ["struck through", "struck through", "Fax: is struck through", "+13122000004"]
    assert judged(book).outcomes == expected
    assert judged(book, include_hidden=True).summary.valid == 4


def test_a_cell_with_a_number_struck_through_beside_another_is_refused(judged):
    struck = TextBlock(InlineFont(strike=True), "3122000001")
    book = book_of(["Fax"], ["3122000009"])
    book.active["A3"] = CellRichText(struck, " 3122000002")
    book.active["A4"] = CellRichText(struck)
    book.active["A5"] = CellRichText(TextBlock(InlineFont(b=True), "3122000003"))

    outcomes = judged(book).outcomes
    assert "partly struck through" in outcomes[1]
    assert outcomes[2:] == ["struck through", "+13122000003"]


def test_a_conditional_format_that_may_strike_rows_through_is_reported(judged):
    book = book_of(["Name", "Fax"], ["a", "3122000001"])
    assert "conditional format" not in judged(book).guessed
    book.active.conditional_formatting.add("B2", FormulaRule(formula=["TRUE"], font=Font(strike=True)))

    assert "a conditional format strikes cells through" in judged(book).guessed


def test_a_hidden_column_is_never_chosen_by_itself(judged):
    book = book_of(["Fax", "New fax"], ["3122000001", "3122000002"], ["3122000003", "3122000004"])
    book.active.column_dimensions["A"].hidden = True

    assert judged(book).outcomes == ["+13122000002", "+13122000004"]
    assert judged(book, column="Fax").outcomes == ["+13122000001", "+13122000003"]


def test_a_hidden_column_of_documents_is_reported_and_not_used(judged):
    book = book_of(["Fax", "Media"], ["3122000001", "letter"])
    book.active.column_dimensions["B"].hidden = True

    table = judged(book).table
    assert table.fields == {}
    assert "column 'Media' is not used: it is hidden; name it to use it" in table.guesses


def test_a_formula_that_was_never_calculated_is_a_refused_row(judged):
    result = judged(book_of(["Fax", "Name"], ["=B1&2", "a"], ["3122000001", "=A1"]))

    assert "formula that was never calculated" in result.bad[0][2]
    assert result.numbers == ["+13122000001"]


def two_sheets(*heads):
    book = book_of()
    book.remove(book.active)
    for place, head in enumerate(heads, start=1):
        sheet = book.create_sheet(f"Sheet {place}")
        sheet.append([head])
        sheet.append([f"312200000{place}"])
    return book


def test_the_sheet_with_fax_numbers_is_read(judged):
    assert judged(two_sheets("Notes", "Fax", "Phone")).outcomes == ["+13122000002"]


@pytest.mark.parametrize(("heads", "message"), [(("Fax", "Fax"), "several have"), (("Notes", "Phone"), "none has")])
def test_an_ambiguous_choice_of_sheet_is_asked_for(judged, heads, message):
    with pytest.raises(BadInput, match=rf"2 sheets: Sheet 1, Sheet 2; {message} a column of fax numbers: .* --sheet"):
        judged(two_sheets(*heads))


def test_a_sheet_is_named(judged):
    assert judged(two_sheets("Fax", "Fax"), sheet="sheet 2").outcomes == ["+13122000002"]

    with pytest.raises(BadInput, match="has no 'Sheet 3'; its sheets: Sheet 1, Sheet 2"):
        judged(two_sheets("Fax", "Fax"), sheet="Sheet 3")


def test_a_file_of_text_has_no_sheets(checked):
    with pytest.raises(BadInput, match="is not a workbook and has no sheets"):
        checked("Fax\n3122000001\n", sheet="One")


def test_a_sheet_that_hides_all_rows_but_those_in_use_is_read(judged):
    book = book_of(["Fax"], ["3122000001"], ["3122000002"])
    book.active.sheet_format.zeroHeight = True
    book.active.row_dimensions[2].hidden = True

    assert judged(book).outcomes == ["hidden", "+13122000002"]


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
    return excel("".join(rows), [f"<t>{text}</t>" for text in texts], styles).getvalue()


@pytest.mark.parametrize(
    ("cell", "notes"),
    [
        ('<c r="B1201" t="s"><v>2</v></c>', ["Do not fax!"]),
        ('<c r="B1201" s="1" t="s"><v>2</v></c>', ["fax"]),
        ('<c r="B1201" t="inlineStr"><is><t>DO NOT FAX</t></is></c>', []),
        ('<c r="B1201" t="str"><f>IF(1,"x")</f><v>do not &#102;ax</v></c>', []),
    ],
)
def test_a_note_far_below_stops_the_number_in_the_rows_above(judged, cell, notes):
    result = judged(excel_book(cell, notes, NO_FAX))

    assert result.outcomes[0] == "opted out, by another row"
    assert "opted out, Notes: " in result.outcomes[-1]
    assert (result.summary.valid, result.summary.opted_out) == (1198, 2)


def test_a_row_with_a_cell_beyond_the_last_column_stops_its_number_too(judged):
    result = judged(book_of(["Fax", "Name"], [3122000001], [3122000002, "a"], [3122000001, "b", "do not fax"]))

    assert result.outcomes[:2] == ["opted out, by another row", "+13122000002"]
    assert result.summary.invalid == 1


@pytest.mark.parametrize("note", ["as usual", "Fax: 312-555-0100"])
def test_a_workbook_whose_notes_refuse_nothing_is_read_once(judged, monkeypatch, note):
    read = []
    monkeypatch.setattr(Sheet, "rows", lambda sheet, rows=Sheet.rows: read.append(sheet) or rows(sheet))

    assert len(judged(excel_book('<c r="B1201" t="s"><v>2</v></c>', [note])).found) == 1200
    assert len(read) == 1


def test_a_comment_on_a_cell_is_a_note_about_its_row(judged):
    book = book_of(["Name", "Fax", "Window"], ["a", "3125550100", ""], ["b", "3125550101", ""], ["c", "3125550100", ""])
    book.active["A4"].comment = Comment("Do not fax!", "JS")
    book.active["A3"].comment = Comment("Fax only after 9 am", "JS")

    assert judged(book).outcomes == [
        "opted out, by another row",
        (
            "comment on A3: Fax only after 9 am, says when faxes may come; give the row a window of its own, such as "
            "08:00-17:00, in a column Window"
        ),
        "opted out, comment on A4: Do not fax!",
    ]
    assert judged(book, fields={"opt_out": None}).numbers == ["+13125550100", "+13125550101"]
