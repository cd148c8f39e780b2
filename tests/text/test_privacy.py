"""Messages keep their meaning and lose personal data."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faxdispatch.text.privacy import mask_number, scrub, scrub_digits


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("+13125550123", "+1******0123"),
        ("13125550123", "1******0123"),
        ("+1 (312) 555-0123", "+1******0123"),
        ("+4930123456", "+4*****3456"),
        ("+12345678", "+1***5678"),
        ("+1234567", "+*****67"),
        ("+12", "+**"),
        ("", ""),
        ("nonsense", "***"),
        ("sip:reception@example.com", "sip:***@example.com"),
        ("SIPS:reception@example.com;transport=tls", "SIPS:***@example.com;transport=tls"),
    ],
)
def test_a_masked_number_keeps_only_what_distinguishes_it(number, masked):
    assert mask_number(number) == masked


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("'to' +13125550123 is wrong", "'to' +1******0123 is wrong"),
        ("call +1 (312) 555-0123 now", "call +1******0123 now"),
        ("filter%5Bto%5D=%2B13125550123", "filter%5Bto%5D=%2B1******0123"),
        ("two: +13125550123,+13125550999", "two: +1******0123,+1******0999"),
        ("GET https://x.test/a.pdf?sig=abc&x=1 failed", "GET https://x.test/a.pdf?… failed"),
        ("('https://x.test/a?sig=abc')", "('https://x.test/a?…')"),
        ("redis://:hunter2@cache:6379/0", "redis://***@cache:6379/0"),
        ("https://user:pass@proxy.test:8080/", "https://***@proxy.test:8080/"),
        ("to sip:reception@example.com", "to sip:***@example.com"),
        ("key KEY0123456789ABCDEF_secret was refused", "key KEY*** was refused"),
        ("connection 1293384261075731499, code 10016", "connection 1293384261075731499, code 10016"),
        ("1 + 2 is 3; why?", "1 + 2 is 3; why?"),
    ],
)
def test_a_text_loses_numbers_links_keys_and_passwords_and_nothing_else(text, scrubbed):
    assert scrub(text) == scrubbed


@given(st.from_regex(r"\A\+[1-9][0-9]{6,14}\Z"), st.text())
def test_no_number_in_e164_form_survives_whole(number, around):
    assert number not in scrub(f"{around} {number} {around}")
    assert number not in mask_number(number)


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("to 312 555-0123, please", "to 3*****0123, please"),
        ("call +1 (312) 555-0123 now", "call +1******0123 now"),
        ("write it like +12025550199", "write it like +12025550199"),
        ("fax ffe0e943-9121-408e-a9a0-406d36a70b0d", "fax ffe0e943-9121-408e-a9a0-406d36a70b0d"),
        ("job c04eb05bb4984264b8e519b08540c000", "job c04eb05bb4984264b8e519b08540c000"),
        ("fd-d8cd0b41f2ccc3bd44f053c95af0df50afe7dd15484856433f283b0099cd9831.pdf",) * 2,
    ],
)
def test_digits_that_could_be_a_number_are_hidden_and_ids_stay(text, scrubbed):
    assert scrub_digits(text) == scrubbed
