"""Lists as programs and people write them: where the numbers are found, and how rows and lines are counted."""

import pytest

from faxdispatch.calling.numbers import NumberPolicy
from faxdispatch.errors import BadInput
from faxdispatch.lists.checking import check
from faxdispatch.lists.source import rows_source
from tests.lists.conftest import check_whole

A, B, C = "+13125550100", "+13125550101", "+13125550102"
UNCLOSED = "a quote is opened here and never closed, or closed inside a cell; only this line is left out"

NPPES = (
    '"NPI","Provider Business Mailing Address Fax Number",'
    '"Provider Business Practice Location Address Telephone Number",'
    '"Provider Business Practice Location Address Fax Number"'
)

SHAPES = {
    "numbers alone": ("3125550100\n3125550101\n", [(1, 1, A), (2, 2, B)], "column 1"),
    "number first, no header": (
        '"312-555-0100","Steve Hersee","Copia","id_1234"\n"312-555-0101","Bob","Co","id_1235"\n',
        [(1, 1, A), (2, 2, B)],
        "column 1",
    ),
    "broadcast order": (
        "3125550100,Bob,Acme,1 Main St,,Chicago,IL,60601,US\n3125550101,Al,Acme,2 Main St,,Chicago,IL,60601-1234,US\n",
        [(1, 1, A), (2, 2, B)],
        "column 1",
    ),
    "number in the middle, no header": (
        "Bob,3125550100,60601\nAl,3125550101,60602\n",
        [(1, 1, A), (2, 2, B)],
        "column 2",
    ),
    "Concord": (
        "EventFaxNumber,EventRecipientName,EventRecipientCompanyName,RecipField1\n3125550100,Bob,Acme,x\n",
        [(1, 2, A)],
        "EventFaxNumber",
    ),
    "Concord by phone": ("Phone,EventRecipientName\n3125550100,Bob\n", [(1, 2, A)], "Phone"),
    "CRM": (
        (
            "Name,Phone,Fax Opt Out,Business Fax,Fax #,Fax Number 2,Priority\n"
            "Bob,3125551111,no,3125550199,3125550100,,High\nAl,3125551112,no,,3125550101,3125550198,Low\n"
        ),
        [(1, 2, A), (2, 3, B)],
        "Fax #",
    ),
    "CRM with an empty column": (
        "Name,Fax,Business Fax\nBob,,3125550100\nAl,,3125550101\n",
        [(1, 2, A), (2, 3, B)],
        "Business Fax",
    ),
    "NPPES": (
        f'{NPPES}\n"1234567893","3125550199","3125551111","3125550100"\n"1234567894","","",""\n',
        [(1, 2, A)],
        "Provider Business Practice Location Address Fax Number",
    ),
    "semicolons": ("Praxis;Fax;Betrag\nA;3125550100;1,50\nB;3125550101;2,50\n", [(1, 2, A), (2, 3, B)], "Fax"),
    "tabs": ("Name\tFax\nA, B\t3125550100\n", [(1, 2, A)], "Fax"),
    "pipes": ("Name|Fax\nA, B|3125550100\n", [(1, 2, A)], "Fax"),
    "German": ("Praxis;Telefon;Faxnummer\nA;3125551111;3125550100\n", [(1, 2, A)], "Faxnummer"),
    "French": ("Nom;Téléphone;N° de télécopie\nA;3125551111;3125550100\n", [(1, 2, A)], "N° de télécopie"),
    "Spanish": ("Nombre;Teléfono;Número de fax\nA;3125551111;3125550100\n", [(1, 2, A)], "Número de fax"),
    "title above": ("Fax list for March 2026,,\n\nName,Fax,City\nBob,3125550100,X\n", [(1, 4, A)], "Fax"),
    "title above one column": ("Fax list March 2026\nfax\n3125550100\n", [(1, 3, A)], "fax"),
    "letterhead above": (
        "Clinic,,\nPhone:,312-555-0198,\nFax:,312-555-0199,\nName,Fax,City\nBob,3125550100,X\n",
        [(1, 5, A)],
        "Fax",
    ),
    "letterhead in one cell above": (
        'From:,Clinic,312-555-0198\n"Fax: 312-555-0199",,\nName,Fax,City\nBob,3125550100,X\n',
        [(1, 4, A)],
        "Fax",
    ),
    "first number with a word": (
        "Name,Fax\nBob,fax: +1 312 555 0100\nAl,Fax# 312-555-0101\n",
        [(1, 2, A), (2, 3, B)],
        "Fax",
    ),
    "numbers with words, no header": (
        "Bob,Fax: 312-555-0100\nAl,Fax: 312-555-0101\n",
        [(1, 1, A), (2, 2, B)],
        "column 2",
    ),
    "number to answer to": ("Name,Our Fax,Recipient Fax\nBob,3125550199,3125550100\n", [(1, 2, A)], "Recipient Fax"),
    "numbers that are wrong": ("Name,Invalid Fax,New Fax\nBob,3125550199,3125550100\n", [(1, 2, A)], "New Fax"),
    "groups above": ("Contact,,Where\nName,Fax,City\nBob,3125550100,X\n", [(1, 3, A)], "Fax"),
    "header twice": ("Name,Fax,City\nName,Faxnummer,Ort\nBob,3125550100,X\n", [(1, 3, A)], "Fax Faxnummer"),
    "header of other words": ("Wer,Was\nBob,3125550100\nAl,3125550101\n", [(1, 2, A), (2, 3, B)], "Was"),
    "blank lines": (
        "\nName,Fax\n\nBob,3125550100\n\n , \n,,\n\nAl,3125550101\n\n",
        [(1, 4, A), (2, 9, B)],
        "Fax",
    ),
    "empty columns at the end": (
        f"Name,Fax{',' * 20}\nBob,3125550100{',' * 20}\nAl,3125550101\n",
        [(1, 2, A), (2, 3, B)],
        "Fax",
    ),
    "names with odd spaces": ("Name,\u00a0Fax\u00a0 Number\u00a0\nBob,3125550100\n", [(1, 2, A)], "Fax Number"),
    "the same name twice": ("Name,Fax,Fax\nBob,3125550100,3125550199\n", [(1, 2, A)], "Fax"),
    "name over two lines": ('Name,"Fax\nnumber"\nBob,3125550100\n', [(1, 3, A)], "Fax number"),
    "mixed line ends": (
        "Name,Fax\r\nBob,3125550100\nAl,3125550101\rCy,3125550102",
        [(1, 2, A), (2, 3, B), (3, 4, C)],
        "Fax",
    ),
    "quoted line ends": (
        'Name,Fax\n"Bob\nSuite 5",3125550100\n"Al ""A""",3125550101\n',
        [(1, 2, A), (2, 4, B)],
        "Fax",
    ),
    "spaces before quotes": ('"Name", "Fax"\n"Bob, Al", "3125550100"\n', [(1, 2, A)], "Fax"),
    "NUL bytes": ("Name,Fax\nB\0ob,312\x005550100\n", [(1, 2, A)], "Fax"),
    "separators in a list of one column": ("fax\n312-555-0100\n312-555-0101\n", [(1, 2, A), (2, 3, B)], "fax"),
}


@pytest.mark.parametrize(("content", "sent", "column"), SHAPES.values(), ids=SHAPES.keys())
def test_the_numbers_of_a_list_are_found_whatever_its_shape(checked, content, sent, column):
    result = checked(content)

    assert result.sent == sent
    assert result.bad == []
    assert result.table.columns[result.table.number_column] == column


def test_a_row_without_a_number_in_a_list_of_kinds_is_no_header(checked):
    assert checked("Fax,3125550100,Bob\nFax,,Al\nMobile,3125550101,Cy\n").numbers == [A]


def test_a_list_of_columns_alone_has_no_rows(checked):
    result = checked("Name,Fax,City\n")

    assert result.summary.rows == 0
    assert result.table.columns == ("Name", "Fax", "City")


@pytest.mark.parametrize(
    "last", ["Total,2,", "Total: 2,,", "Summe,9376651234,", "Grand Total,9.37665E+10,", "(2 rows affected)"]
)
def test_a_row_of_totals_at_the_end_is_no_recipient_and_no_error(checked, last):
    result = checked(f"Name,Fax,City\nBob,3125550100,X\nAl,3125550101,X\n\n{last}\n")

    assert result.sent == [(1, 2, A), (2, 3, B)]
    assert result.bad == []
    assert result.left_out == [(3, "sums up the rows above")]
    assert result.summary.no_number == 1


def test_lines_of_a_report_are_recognised(checked):
    result = checked(
        "Name,Fax,City\nPage 1 of 3,,\nName,Fax,City\nBob,3125550100,X\n----,----,----\nPrinted on 5/4/2026,,Page 2\n"
        "Al,3125550101,X\n\n2 records\nReferrals of May\nCopyright (c) 2020-2026 Clinic\n--- End of report ---\n"
    )

    assert result.numbers == [A, B]
    assert result.bad == []
    assert [reason for _, reason in result.left_out] == [
        "is a footer", "repeats the header", "is a ruled line", "is a footer", "sums up the rows above",
        "is a line of text below the list", "is a footer", "is a footer",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text", ["Page 1 of 3", "Seite 2", "Printed on 03/04/2026", "*** End of list ***", "Note:", "==="]
)
def test_footers_in_the_column_of_the_numbers_are_no_invalid_numbers(checked, text):
    result = checked(f"Fax,Name\n3125550100,a\n{text},\n3125550101,b\n")

    assert (result.numbers, result.bad, result.summary.no_number) == ([A, B], [], 1)


@pytest.mark.parametrize("name", ["Legend Honda", "Stand Up MRI", "End of the Road Clinic", "Created Equal Clinic"])
def test_a_recipient_without_a_number_is_no_footer(checked, name):
    assert checked(f"Name,Fax\na,3125550100\n{name},\nb,3125550101\n").left_out == [(2, "no number")]


@pytest.mark.parametrize("line", ["Printed by 312-555-0102", "Note: fax to 3125550102", "Page 1 of 3,Bob", "Bob"])
def test_a_possible_recipient_is_never_taken_for_a_footer(checked, line):
    result = checked(f"Fax,Name\n3125550100,a\n{line}\n3125550101,b\n")

    assert [row for row, _, _ in result.bad] == [2]


@pytest.mark.parametrize("rows", [1, 9, 10, 11, 40])
def test_the_lines_below_a_list_are_the_same_whatever_is_read_at_a_time(tmp_path, rows):
    path = tmp_path / "list.csv"
    path.write_text("Name,Fax,City\n" + "a,3125550100,x\n" * rows + "Made by Bob\nClinic\n" + "Total: 3\n")
    policy = NumberPolicy(region="US")

    calls = []
    for size in (1, 3, 10, 1000):
        with check(path, policy=policy) as checking:
            calls.append([(one.first, len(one.lines), sorted(one.others)) for one in checking.batches(size)])
            assert (checking.summary.rows, checking.summary.invalid) == (rows + 3, 0)
    assert calls[0][-1] == (rows + 3, 1, [0])


def test_a_recipient_called_total_before_the_end_is_one(checked):
    assert checked("Name,Fax\nTotal,3125550100\nAl,3125550101\n").sent == [(1, 2, A), (2, 3, B)]


def test_cells_missing_at_the_end_are_empty_and_others_make_a_row_bad(checked):
    result = checked("Name,Fax,City\nBob,3125550100\nSmith, Al,3125550101,X\nCy,3125550102,X,,\nDi\nEd,3125550101,X\n")

    assert result.sent == [(1, 2, A), (3, 4, C), (5, 6, B)]
    assert result.bad == [
        (2, 3, "has 4 cells where the list has 3 cells; is a separator unquoted?"),
        (4, 5, "has 1 cell where the list has 3 cells"),
    ]


@pytest.mark.parametrize(
    "after",
    [
        "C,3125550102,x\n", '"C","3125550102","x"\n', 'C,3125550102,"x"\n', 'C,3125550102,x"\n', 'C,"3125550102",""\n',
        '"C ""c""",3125550102,"x\ny"\n',
    ],
)  # fmt: skip
def test_a_quote_that_is_never_closed_costs_its_own_line_alone(checked, after):
    result = checked(f'Name,Fax,City\nA,3125550100,x\n"B,3125550101,x\n{after}')

    assert (result.sent[0], result.sent[1][:2], result.sent[1][2]) == ((1, 2, A), (3, 4), C)
    assert result.bad == [(2, 3, UNCLOSED)]


def test_an_open_quote_swallows_nothing_of_a_long_list(checked):
    rows = "".join(f"N,312555{number:04}\n" for number in range(2000, 4000))

    result = checked(f'Name,Fax\n"N,3125550999\n{rows}')

    assert len(result.sent) == 2000
    assert result.bad == [(1, 2, UNCLOSED)]


def test_quotes_within_a_cell_are_taken_as_spreadsheets_take_them(checked):
    result = checked('Name,Fax\n5" pipe,3125550100\nBob "Bobby" Smith,3125550101\n')

    assert [row.cells[0] for row in result.found] == ['5" pipe', 'Bob "Bobby" Smith']


def test_a_cell_of_a_one_column_list_may_contain_separators(checked):
    result = checked("fax\n3125550100\n3125550101,,12\n312-555-0100; 312-555-0111\n")

    assert result.numbers == [A]
    assert [reason.partition(",")[0] for _, _, reason in result.bad] == [
        "has extension 12",
        "has two numbers: give each its own row",
    ]


@pytest.mark.parametrize(
    ("content", "options", "number"),
    [
        ("Name,Fax,Alt\nBob,3125550100,3125550101\n", {"column": "Alt"}, B),
        ("Name,Fax,Alt\nBob,3125550100,3125550101\n", {"column": "alt "}, B),
        ("Name,Fax,Alt\nBob,3125550100,3125550101\n", {"column": "3"}, B),
        ("Name,Fax,Alt\nBob,3125550100,3125550101\n", {"column": 3}, B),
        ("Bob,3125550100,3125550101\n", {"column": 3}, B),
        ("My list\nWhom,To dial,Else\nBob,x,3125550101\nAl,3125550100,\n", {"column": "Else"}, B),
        ("Name,Fax,Fax\nBob,3125550100,3125550101\n", {"column": 3}, B),
        ("a|b,3125550101\n", {"delimiter": ","}, B),
        ("Name;Fax, direct\nBob;3125550101\n", {"delimiter": "semicolon"}, B),
    ],
)
def test_given_options_override_guesses(checked, content, options, number):
    assert checked(content, **options).numbers == [number]


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("Name,City\nBob,Chicago\n", {}, "none seems to"),
        ("Bob,3125550100,3125550111\nAl,3125550101,3125550112\n", {}, "several may: 'column 2', 'column 3'"),
        ("Name,Phone,Mobile phone\nA,3125550100,3125550111\n", {}, "name it with --column"),
        ("Name,MRN\nBob,3125550100\nAl,3125550101\n", {}, "none seems to"),
        ("Name,Account number\nBob,3125550100\nAl,3125550101\n", {}, "none seems to"),
        ("Name,Mobile\nBob,3125550100\nAl,3125550101\n", {}, "none seems to"),
        ("Name,GP Fax,Pharmacy Fax\nA,3125550100,3125550111\n", {}, "several may: 'GP Fax', 'Pharmacy Fax'"),
        ("Name,Fax,Fax\nBob,3125550100,3125550101\n", {"column": "Fax"}, "several times; give the place of one: 2, 3"),
        ("Name,Fax\nBob,3125550100\n", {"column": "Telex"}, "has no column 'Telex'; its columns: 'Name', 'Fax'"),
        ("Name,Fax\nBob,3125550100\n", {"column": "3"}, "has no column '3'"),
        ("Name,Fax\nBob,3125550100\n", {"delimiter": "ab"}, "delimiter: 'ab' is not valid"),
        ("Name,Fax\nBob,3125550100\n", {"fields": {"colour": "Name"}}, "field: colour is unknown"),
        ("Name,Fax\nBob,3125550100\n", {"fields": {"media": "Link"}}, "media: list.csv has no column 'Link'"),
        ("\n \n\n", {}, "has no row"),
    ],
)
def test_what_cannot_be_guessed_is_asked_for(checked, content, options, message):
    with pytest.raises(BadInput) as refused:
        checked(content, **options)

    assert message in str(refused.value)


def test_every_guess_is_reported(checked):
    result = checked("Fax list of March;\nName;Fax;Fax 2;Timezone\nMüller;3125550100;3125550101;America/Chicago\n")

    assert result.guessed == (
        "encoding: UTF-8; separator: semicolon; column of the fax numbers: 'Fax'; also there: 'Fax 2'; "
        "lines above the header that are left out: 1; column of zone: 'Timezone'"
    )


def test_rows_of_a_program_are_checked_like_those_of_a_file():
    rows = [{"Name": "Bob", "Fax": "3125550100"}, {"Name": "Al", "Fax": 3125550101}, {"Name": "Cy", "Fax": None}]

    result = check_whole(lambda: rows_source(rows))

    assert result.numbers == [A, B]
    assert result.summary.no_number == 1
    assert check_whole(lambda: rows_source([("3125550100", "Bob")])).numbers == [A]


def test_a_row_of_a_program_with_a_column_of_its_own_is_refused():
    with pytest.raises(BadInput, match="row 2: has Faks, which the first row does not have"):
        check_whole(lambda: rows_source([{"Fax": "3125550100"}, {"Faks": "3125550101"}]))


@pytest.mark.parametrize(
    "swallowed",
    [
        '"B,3125550101,x\nC 5",3125550102,x\n',
        'B,3125550101,"x\nC,3125550102,y"\n',
        '"B,3125550101,x\nD,3125550103,y\nC",1,x\n',
    ],
)
def test_a_quote_that_closes_in_another_row_does_not_hide_that_one(checked, swallowed):
    result = checked(f"Name,Fax,City\nA,3125550100,x\n{swallowed}")

    assert result.bad[0] == (2, 3, UNCLOSED)
    assert result.summary.rows > 2


@pytest.mark.parametrize(
    "row",
    ['"B\nSuite 5",3125550101,x\n', 'B,3125550101,"x, y\nz, 5"\n', '"B, C\nD, 5\nE",3125550101,"x\r\ny"\n'],
)
def test_a_cell_of_several_lines_is_one(checked, row):
    assert checked(f"Name,Fax,City\nA,3125550100,x\n{row}").sent == [(1, 2, A), (2, 3, B)]


def test_a_recipient_that_is_called_like_a_column_is_no_header(checked):
    name = "Provider Business Practice Location Address Fax Number"

    result = checked(f"Name,{name}\nAl,\nFax Services,\nCy,3125550102\n")

    assert result.sent == [(3, 4, C)]
    assert result.summary.no_number == 2


def test_without_a_region_the_country_of_the_numbers_is_asked_for(checked):
    with pytest.raises(BadInput, match="unless --region or FAX_DEFAULT_REGION gives their country"):
        checked("3125550100,Bob\n", region=None)


def test_in_a_list_with_documents_of_its_own_a_row_with_cells_missing_is_bad(checked):
    result = checked("Fax,Name,media_name\n3125550100,Bob,letter\n3125550101,Cy\n")

    assert [row for row, _, _ in result.sent] == [1]
    assert result.bad == [(2, 3, "has 2 cells where the list has 3 cells")]
