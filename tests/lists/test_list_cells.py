"""A cell becomes a number or a refusal with its reason, never a guess."""

import random

import phonenumbers
import pytest

from faxdispatch.calling.numbers import NumberPolicy
from faxdispatch.lists.cells import Cell, CellReader, Verdict
from faxdispatch.lists.number_column import ColumnReader

OURS = "+13125550100"
ABROAD = "+441619998888"
LOST = "its digits were lost in a spreadsheet, which rounded it: take the number from its source"
TWO = "has two numbers: give each its own row"
AREA = "has no area code: write the number with it"
LETTERS = "has letters in it: give only digits"
CODE = "has a dial code such as *67: give the number alone"
PREMIUM = "is a premium-rate number, and faxes are never sent to one: ask the recipient for an ordinary number"


def wide(text):
    """Return text in the full-width forms that East Asian keyboards write."""
    return "".join(chr(ord(character) + 0xFEE0) for character in text)


def extension(digits):
    return f"has extension {digits}, which a fax call cannot dial: take it off if the fax machine answers without it"


ACCEPTED = [
    *((cell, OURS, "") for cell in ("+1 312 555 0100", "(312) 555-0100", "312.555.0100", "1-312-555-0100")),
    *((cell, OURS, "") for cell in ("3125550100", "13125550100", '="+13125550100"', '="3125550100"', "=+13125550100")),
    *((cell, OURS, "") for cell in ("'+13125550100", "\u00a03125550100\u00a0", "\u202a3125550100\u202c")),
    *((cell, OURS, "") for cell in ("\u200b312\u200b5550100", "\ufeff3125550100", " \u00a0\u202a\u200b312 555 0100 ")),
    *((cell, OURS, "") for cell in (wide("3125550100"), wide("+13125550100"), wide("(312)555-0100"))),
    *((cell, OURS, "") for cell in ("312\u2013555\u20130100", "312\u2014555\u20140100", "312\u2011555\u22120100")),
    *((cell, OURS, "") for cell in ("312/555-0100", "tel:+13125550100", '"312-555-0100"', "٣١٢٥٥٥٠١٠٠")),
    *((cell, OURS, "text removed") for cell in ("Fax: 312-555-0100", "312-555-0100 (fax)", "Fax #: 312-555-0100")),
    *((cell, OURS, "text removed") for cell in ("FAX 312-555-0100", "F 312-555-0100", "Fax No. (312) 555-0100")),
    *((cell, OURS, "text removed") for cell in ("Phone/Fax: 312-555-0100", "Télécopie : 312-555-0100")),
    *((cell, OURS, "decimal removed") for cell in ("13125550100.0", "3125550100.00", "3125550100,0")),
    *((cell, ABROAD, "") for cell in ("011 44 161 999 8888", "+44 (0)161 999 8888", "00441619998888")),
    *((cell, ABROAD, "") for cell in ("0044 161 999 8888", "00 44 (0)161 999 8888", "011441619998888")),
    ("800-555-0100", "+18005550100", ""),
]

REFUSED = [
    *((cell, extension("12")) for cell in ("312-555-0100 x12", "312-555-0100#12", "312-555-0100,,12")),
    *((cell, extension("12")) for cell in ("3125550100x12", "312-555-0100 ext. 12", "(312) 555-0100 EXT 12")),
    *((cell, extension("12")) for cell in ("312-555-0100;ext=12", "312-555-0100 (x12)", "Fax 312-555-0100 # 12")),
    *((cell, TWO) for cell in ("312-555-0100 / 0101", "312-555-0100; 312-555-0111", "312-555-0100 or 312-555-0111")),
    *((cell, TWO) for cell in ("312-555-0100, 312-555-0111", "312-555-0100\n312-555-0111", "3125550100 & 0101")),
    *((cell, LOST) for cell in ("1.31256E+10", "1,31256E+10", "1.3E10", "13125600000", "13125600000.0", "3125600000")),
    *((cell, AREA) for cell in ("555-0100", "5550100", "0100", "55501")),
    *((cell, PREMIUM) for cell in ("900-555-0100", "1-900-555-0100")),
    ("911", "is an emergency number; faxes are never sent to one"),
    *((cell, CODE) for cell in ("*67 312-555-0100", "*673125550100", "#31#3125550100")),
    ("+1+13125550100", "has a + in the middle: write it like +12025550199"),
    ("3125550100312555", "is too long for a telephone number of its country: write it like +12025550199"),
    *((cell, LETTERS) for cell in ("312-555-FAXX", "1-800-FLOWERS", "312-555-0100 call first", "312555O100")),
    ("call Bob", "is not a telephone number: write it like +12025550199, or leave the cell empty"),
    ("voice 312-555-0100", "is marked as a telephone's number, not a fax machine's: give the fax number"),
    ("999-999-9999", "is one repeated digit, which is not a number: give the real one, or leave the cell empty"),
    ("1234567893", "123 is not an area code: none begins with 0 or 1"),
    ("312-155-0100", "155 after the area code is not an exchange: none begins with 0 or 1"),
    ('=HYPERLINK("tel:3125550100","call")', "is a formula, not a number: write the number itself"),
    ("=cmd|' /C calc'!A0", "is a formula, not a number: write the number itself"),
    ("#REF!", "is a spreadsheet's error, not a number: correct its formula"),
    ("9" * 151, "is too long for a telephone number: write it like +12025550199"),
]

NO_NUMBER = ("N/A", "n/a", "none", "None", "same as phone", "0", "-", "", "  ", "\u00a0", "--", "#N/A", "000-000-0000")


@pytest.fixture(scope="module")
def reader():
    return CellReader(NumberPolicy(region="US"))


@pytest.mark.parametrize(("text", "number", "note"), ACCEPTED)
def test_a_number_is_read_however_it_is_written(reader, text, number, note):
    cell = reader.read(text)

    assert (cell.number, cell.verdict, cell.note) == (number, Verdict.NUMBER, note)


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_a_cell_without_exactly_one_complete_number_is_refused_with_its_reason(reader, text, reason):
    cell = reader.read(text)

    assert (cell.number, cell.verdict, cell.note) == (None, Verdict.INVALID, reason)


@pytest.mark.parametrize(("text", "number"), [("0612345671", "+390612345671"), ("612345671", None)])
def test_a_lost_leading_zero_is_not_guessed(text, number):
    cell = CellReader(NumberPolicy(region="IT")).read(text)

    assert (cell.number, "with a 0 before it" in cell.note) == (number, number is None)


@pytest.mark.parametrize("text", NO_NUMBER)
def test_a_cell_that_says_there_is_no_number_is_not_an_error(reader, text):
    assert reader.read(text) == Cell(None, Verdict.NONE)


@pytest.mark.parametrize(
    ("region", "text", "foreign", "toll_free"),
    [
        ("US", "+44 161 999 8888", "GB", False), ("US", "416-555-0199", "CA", False),
        ("US", "876-912-3456", "JM", False), ("US", "800-555-0100", None, True), ("CA", "800-555-0100", None, True),
        ("CA", "312-555-0100", "US", False), ("DE", "+1 312 555 0100", "US", False),
        ("DE", "0800 123 4567", None, True), ("DE", "030 20930", None, False), ("US", "+800 1234 5678", "001", True),
        (None, "+44 161 999 8888", None, False),
    ],
)  # fmt: skip
def test_numbers_of_other_countries_and_toll_free_ones_are_distinguished(region, text, foreign, toll_free):
    cell = CellReader(NumberPolicy(region=region)).read(text)

    assert (cell.verdict, cell.facts.foreign, cell.facts.toll_free) == (Verdict.NUMBER, foreign, toll_free)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("030/2093 0", "+493020930"), ("02821/5555", "+4928215555"), ("+49 39821/12345", "+493982112345"),
        ("030 2093-0", "+493020930"), ("0049 30 20930", "+493020930"), ("Telefax: 030 20930", "+493020930"),
        ("001 312 555 0100", "+13125550100"), ("0711/123456 oder 0711/1234567", None), ("030-20930 DW 12", None),
    ],
)  # fmt: skip
def test_a_slash_after_an_area_code_does_not_make_two_numbers(text, number):
    assert CellReader(NumberPolicy(region="DE")).read(text).number == number


@pytest.mark.parametrize(("region", "countries"), [("US", ()), ("CA", ("CA", "US")), ("DE", ()), (None, ())])
def test_cells_read_together_give_the_same_as_one_by_one(region, countries):
    chance = random.Random(11)
    forms = (
        "{0}{1}{2}",
        "({0}) {1}-{2}",
        "+1 {0}.{1}.{2}",
        " 1-{0}-{1}-{2}",
        "+{0}{1}{2}",
        "{0}{1}.{2}",
        "1{0}{1}{2}.0",
    )
    areas, exchanges = (312, 416, 800, 900, 876, 911, 123), (220, 976, 411, 312, 155, 555)
    made = [
        chance.choice(forms).format(
            chance.choice(areas), chance.choice(exchanges), chance.choice(("0100", "1212", "0000", "4321"))
        )
        for _ in range(1500)
    ]
    texts = [*made, *(cell for cell, *_ in ACCEPTED), *(cell for cell, _ in REFUSED), *NO_NUMBER]
    policy = NumberPolicy(region=region, countries=frozenset(countries))
    reader = CellReader(policy)
    column = ColumnReader(reader)

    for some in (texts, [text for text in texts if "\n" not in text]):
        found = column.read(some)
        for at, text in enumerate(some):
            alone = reader.read(text)
            assert found.to[at] == alone.number, text
            assert found.others.get(at, alone) == alone
            assert column.facts[found.facts[at]] == alone.facts


def test_an_extension_is_removed_only_on_request():
    cell = CellReader(NumberPolicy(region="US"), drop_extension=True).read("312-555-0100 x12")

    assert (cell.number, cell.note) == (OURS, "extension 12 removed")


def test_countries_that_the_settings_leave_out_are_refused():
    reader = CellReader(NumberPolicy(region="US", countries=frozenset({"US"})))

    assert reader.read("312-555-0100").number == OURS
    assert reader.read("416-555-0199").note.startswith("is a number of CA, which FAX_COUNTRIES does not list")


def test_a_sip_uri_is_taken_only_where_the_settings_allow_it(reader):
    assert reader.read("sip:fax@example.com").note.startswith("is a SIP URI, and FAX_SIP_ALLOWED")
    allowed = CellReader(NumberPolicy(region="US", sip_allowed=True))
    assert allowed.read("sip:fax@example.com").number == "sip:fax@example.com"
    assert allowed.read("sip:fax").note == "not a SIP URI of the form sip:user@host"


@pytest.mark.parametrize(
    "policy", [NumberPolicy(region="US"), NumberPolicy("CA", frozenset({"CA", "JM"})), NumberPolicy("GB")]
)
def test_remembering_an_exchange_gives_the_same_as_parsing_each_number(policy):
    chance = random.Random(11)
    reader = CellReader(policy)
    exchanges = [f"{chance.randint(200, 999)}{chance.randint(200, 999)}" for _ in range(700)]
    exchanges += [
        f"{area}{exchange}"
        for area in (211, 242, 300, 500, 523, 532, 600, 658, 710, 800, 809, 829, 876, 900)
        for exchange in (200, 211, 411, 500, 555, 911, 976, 989)
    ]
    for exchange in exchanges:
        for line in (chance.randint(0, 9999), chance.randint(0, 9999), 1212, 0):
            text = f"+1{exchange}{line:04}"
            assert reader.read(text) == reader.read_slowly(text)


def test_every_form_of_a_plain_number_gives_the_same_as_parsing_it():
    chance = random.Random(5)
    reader = CellReader(NumberPolicy(region="US"))
    for _ in range(3000):
        area, exchange, line = chance.randint(100, 999), chance.randint(100, 999), f"{chance.randint(0, 9999):04}"
        form = chance.choice(
            ("{}{}{}", "1{}{}{}", "({}) {}-{}", "1 ({}){}.{}", "+1-{}-{}-{}", " {} {} {} ", "1.{}.{}.{}")
        )
        text = form.format(area, exchange, line)
        assert reader.read(text) == reader.read_slowly(text)


@pytest.mark.parametrize("region", ["GB", "DE", "FR", "IT", "ES", "AT", "AU", "JP"])
def test_a_foreign_number_gives_the_same_as_parsing_it(region):
    chance = random.Random(17)
    reader = CellReader(NumberPolicy(region=region))
    kinds = (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.TOLL_FREE)
    examples = [phonenumbers.example_number_for_type(region, kind) for kind in kinds]
    forms = [phonenumbers.PhoneNumberFormat.INTERNATIONAL, phonenumbers.PhoneNumberFormat.NATIONAL]
    for _ in range(400):
        text = phonenumbers.format_number(chance.choice(examples), chance.choice(forms))
        at = chance.randint(0, len(text) - 1)
        text = text[:at] + chance.choice(["", "0", "00", "7", "(0)", " ", ".", "  -", "/", "+"]) + text[at + 1 :]
        text = chance.choice(["", "", " ", "00", "0"]) + text
        assert reader.read(text) == reader.read_slowly(text), text


_POLICIES = {
    "abroad": NumberPolicy(region="US"),
    "at home": NumberPolicy(region="DE"),
    "where countries share a code": NumberPolicy(
        region="GB", countries=frozenset({"GB", "FR", "IT"}), shared_cost=True
    ),
    "nowhere": NumberPolicy(),
}


@pytest.mark.parametrize("policy", _POLICIES.values(), ids=_POLICIES)
def test_numbers_of_many_countries_read_together_give_the_same_as_parsing_each(policy):
    chance = random.Random(23)
    countries = ("DE", "GB", "GG", "FR", "IT", "VA", "JP", "BR", "RU", "KZ", "AU", "CX", "JM")
    kinds = phonenumbers.PhoneNumberType.values()
    examples = [
        example for of in countries for kind in kinds if (example := phonenumbers.example_number_for_type(of, kind))
    ]
    forms = (phonenumbers.PhoneNumberFormat.INTERNATIONAL, phonenumbers.PhoneNumberFormat.NATIONAL)
    texts = []
    for _ in range(2000):
        text = phonenumbers.format_number(chance.choice(examples), chance.choice(forms))
        ends = chance.choice((0, 1, 4, 6))
        text = text[: len(text) - ends] + "".join(chance.choice("0000123456789") for _ in range(ends))
        text = text.replace(" ", chance.choice((" ", "", "-", ".", "/")), chance.choice((1, 9)))
        texts.append(text.replace("+", chance.choice(("+", "+", "00", "(+", "+(")), 1))
    texts += [
        "+44 844 800 1234", "+49 30 1111 1111", "+49111111111", "0049 (0)30 123456", "493012345678", "+4930123456.00",
        "+81522541179", "+8 (152) 251-4168", "+81-522-541-179", "+44 1223/366296", "+1 415/200-0001",
    ]  # fmt: skip
    reader = CellReader(policy)
    column = ColumnReader(reader)

    found = column.read(texts)

    for at, text in enumerate(texts):
        alone = reader.read_slowly(text)
        assert (found.to[at], found.others.get(at, alone), column.facts[found.facts[at]]) == (
            alone.number, alone, alone.facts
        ), text  # fmt: skip


def test_numbers_of_eleven_digits_with_a_plus_are_not_looked_at_one_by_one(monkeypatch):
    reader = CellReader(NumberPolicy(region="US"))
    monkeypatch.setattr(reader, "read", lambda text: pytest.fail(f"{text} is read alone"))

    found = ColumnReader(reader).read(
        ["+81522541179", "+49891443825", "+14152000001", "+44 1223/366296", "+7 (495) 123-4567"]
    )
    assert found.to == ["+81522541179", "+49891443825", "+14152000001", "+441223366296", "+74951234567"]
