"""Reading plain text and looking up ranges give the same results as phonenumbers."""

import random

import phonenumbers
import pytest

from faxdispatch.calling.ranges import country_and_kind, is_in, read_plainly

CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
LISTS = (
    "general_desc", "fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip",
    "pager", "uan", "voicemail",
)  # fmt: skip
FORMS = (
    "+{0}{1}", "+{0} {1}", "+{0} (0){1}", "{1}", "0{1}", "1{1}", "8{1}", "{0}{1}", "00{0}{1}", "00{0}0{1}",
    "011{0}{1}", "01{1}", "000{1}",
)  # fmt: skip


def examples(code):
    """Return the numbers that the lists of a country code have as examples."""
    for region in phonenumbers.region_codes_for_country_code(code):
        lists = phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(code, region)
        found = (getattr(lists, name) for name in LISTS)
        yield from (one.example_number for one in found if one and one.example_number)


def like(code, chance):
    """Return an example whose end is another one, sometimes by a digit too long or too short."""
    number = chance.choice(list(examples(code)))
    kept = chance.randint(0, len(number))
    size = len(number) - kept + chance.choice((0, 0, 0, -1, 1))
    return number[:kept] + "".join(chance.choice("0123456789") for _ in range(size))


@pytest.fixture(scope="module")
def drawn():
    """For each country code, numbers like its own, and the random generator that made them."""
    chance = random.Random(29)
    return [(code, like(code, chance), chance) for code in CODES for _ in range(10)]


def said_by_the_library(code, digits):
    number = phonenumbers.parse(f"+{code}{digits}")
    # The parser takes off what is dialled at home.
    number.national_number, zeros = int(digits), len(digits) - len(str(int(digits)))
    number.italian_leading_zero, number.number_of_leading_zeros = zeros > 0, zeros
    return number


def test_the_lists_say_what_phonenumbers_says(drawn):
    for code, digits, _ in drawn:
        if len(digits) < 3:
            continue
        number = said_by_the_library(code, digits)
        expected = (phonenumbers.region_code_for_number(number), phonenumbers.number_type(number))
        assert country_and_kind(code, digits) == expected, (code, digits)
        for region in phonenumbers.region_codes_for_country_code(code)[:3]:
            theirs = phonenumbers.is_valid_number_for_region(number, region)
            assert is_in(region, code, digits) == theirs, (region, code, digits)


def test_plain_text_is_read_as_phonenumbers_reads_it(drawn):
    alike = 0
    for code, digits, chance in drawn:
        home = phonenumbers.region_code_for_country_code(code)
        region = chance.choice([home, home, home, "US", "DE", "IT", "AR"])
        written = chance.choice(FORMS).format(code, digits)
        text = "".join(sign + chance.choice(["", "", "", "", " ", "-", ".", "/", " (", ") "]) for sign in written)
        read = read_plainly(text, None if region == "001" else region)
        if read is None:
            continue
        parsed = phonenumbers.parse(text, region)
        assert read == (parsed.country_code, phonenumbers.national_significant_number(parsed)), (text, region)
        assert not parsed.extension
        alike += 1
    assert alike > 100


@pytest.mark.parametrize("region", ["US", "CA", "GB", "DE", "FR", "IT", "ES", "NL", "CH", "AT", "BE", "AU"])
def test_the_usual_forms_of_a_number_need_no_parser(region):
    number = phonenumbers.example_number(region)
    known = (number.country_code, phonenumbers.national_significant_number(number))
    for form in ("E164", "INTERNATIONAL", "NATIONAL"):
        text = phonenumbers.format_number(number, getattr(phonenumbers.PhoneNumberFormat, form))
        assert read_plainly(text, region) == known


def test_every_country_has_lists():
    chance = random.Random(3)
    for code in CODES:
        assert any(country_and_kind(code, number)[0] for number in examples(code)), code
        assert country_and_kind(code, f"{chance.randint(1, 9)}")[1] == phonenumbers.PhoneNumberType.UNKNOWN
