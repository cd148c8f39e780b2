"""What a spreadsheet shows under a number format, as in Excel and LibreOffice."""

import pytest

from faxdispatch.lists.workbook.number_format import NotShown, shown_number, shown_text

PHONE = r"[<=9999999]###\-####;\(###\)\ ###\-####"


@pytest.mark.parametrize(
    ("value", "number_format", "shown"),
    [
        (3125550100, "General", "3125550100"),
        (3125550100.0, "0", "3125550100"),
        (612345671, "0000000000", "0612345671"),
        (13122000001, '"+"0', "+13122000001"),
        (13122000001, r"\+0", "+13122000001"),
        (13122000001, "+0", "+13122000001"),
        (493012345671, r'"00"##\ ##########', "0049 3012345671"),
        (3125550100, PHONE, "(312) 555-0100"),
        (5550100, PHONE, "555-0100"),
        (3125550100, "000-000-0000", "312-555-0100"),
        (3125550100, "#,##0", "3125550100"),
        (3125550100, "0.00", "3125550100"),
        (3125550100, "#,##0.00_);[Red](#,##0.00)", "3125550100 "),
        (3125550100, '[$-409]"Fax "0', "Fax 3125550100"),
        (3125550100, "0.00E+00", "3125550100"),
        (3125550100, '0;-0;"none"', "3125550100"),
        (0, '0;-0;"none"', "none"),
        (7, "000", "007"),
        (0, "#", ""),
        (12, "?????", "   12"),
        (3125550100, 'General" (office)"', "3125550100 (office)"),
        (-5, "0", "-5"),
        (-5, "0;(0)", "(5)"),
        (1.5, "0", "1.5"),
        (31250100.01, "0%", "3125010001%"),
    ],
)
def test_a_number_is_what_its_cell_shows(value, number_format, shown):
    assert shown_number(value, number_format) == shown


@pytest.mark.parametrize("number_format", ["yyyy-mm-dd", "0%", "# ?/?", "0,", "hh:mm"])
def test_a_format_that_changes_a_number_is_reported(number_format):
    with pytest.raises(NotShown, match="format the column as text"):
        shown_number(3125550100, number_format)


@pytest.mark.parametrize(
    ("value", "number_format", "shown"),
    [("312 555 0100", "@", "312 555 0100"), ("3125550100", "General", "3125550100"),
     ("49301234567", '0;0;0;"+"@', "+49301234567")],
)  # fmt: skip
def test_a_text_is_what_its_cell_shows(value, number_format, shown):
    assert shown_text(value, number_format) == shown
