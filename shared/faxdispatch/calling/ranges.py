"""Looks numbers up in phonenumbers' lists of ranges, and parses plain text as its parser does, at a tenth of the cost.

For each number, the library tries a dozen patterns one after the other, and its parser handles text of any kind. Here
each country has a single pattern, and the parser's rules are followed for text with only digits and separators.
"""

import re
from functools import lru_cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberType

_KINDS = {
    "premium_rate": PhoneNumberType.PREMIUM_RATE,
    "toll_free": PhoneNumberType.TOLL_FREE,
    "shared_cost": PhoneNumberType.SHARED_COST,
    "voip": PhoneNumberType.VOIP,
    "personal_number": PhoneNumberType.PERSONAL_NUMBER,
    "pager": PhoneNumberType.PAGER,
    "uan": PhoneNumberType.UAN,
    "voicemail": PhoneNumberType.VOICEMAIL,
}
"""The lists of a country, each with the kind of its numbers, in the order in which the library tries them."""

_NEVER = r"(?!)"
_PLAIN = re.compile(r"\(?\+?[\d ().\-/]{5,40}", re.ASCII)
_APART = str.maketrans("", "", " ().-/")
_LEAST, _MOST = 5, 15
"""The digits that are read here."""


class _Country(NamedTuple):
    """The lists of a country: a pattern with a group for each kind of number, and the kinds of the groups from 1."""

    name: str
    pattern: re.Pattern[str]
    kinds: tuple[int, ...]
    leading: re.Pattern[str] | None
    """The first digits of its numbers, if these alone distinguish them from others with the country code."""

    def kind(self, digits: str) -> int:
        found = self.pattern.match(digits)
        return self.kinds[found.lastindex or 0] if found else PhoneNumberType.UNKNOWN


class _Dialling(NamedTuple):
    """The prefixes that the parser removes from numbers of a country, or of a country code behind `+`."""

    code: int
    abroad: re.Pattern[str]
    """Pattern of the prefix dialled before a country code."""
    prefix: re.Pattern[str]
    """Pattern of the prefix dialled before a national number."""
    rewrites: bool
    """Whether the prefix is replaced by something if its last group matches."""


def country_and_kind(code: int, digits: str) -> tuple[str | None, int]:
    """Return the country (None if no list has it) and the kind of a number of a country code.

    The country is the result of `phonenumbers.region_code_for_number`, the kind that of `phonenumbers.number_type`.
    """
    countries = _countries(code)
    for country in countries:
        kind = country.kind(digits)
        if len(countries) == 1 or (country.leading.match(digits) if country.leading else kind != _UNKNOWN):
            return country.name, kind
    return None, _UNKNOWN


def is_in(country: str, code: int, digits: str) -> bool:
    """Return whether a country's lists have a number, as `phonenumbers.is_valid_number_for_region` does."""
    return any(one.name == country and one.kind(digits) != _UNKNOWN for one in _countries(code))


def read_plainly(text: str, region: str | None) -> tuple[int, str] | None:
    """Return country code and national number as `phonenumbers.parse` does, or None if that parser must be called.

    `region` is the country (ISO 3166) of numbers without `+`.
    """
    if not _PLAIN.fullmatch(text):
        return None
    return read_digits(text.translate(_APART), region)


def read_digits(digits: str, region: str | None) -> tuple[int, str] | None:
    """Return the same for a number without separators: digits, behind `+` or not."""
    if digits[0] != "+":
        dialling = _of_region(region) if region else None
        if dialling is None:
            return None
        if not dialling.abroad.match(digits):
            # A number with the country code but without `+` may be either.
            return None if digits.startswith(str(dialling.code)) else _national(dialling, digits)
        if dialling.abroad.pattern != "00" or digits.startswith("000"):
            return None
        digits = f"+{digits[2:]}"
    code = _CODES.get(digits[1:2]) or _CODES.get(digits[1:3]) or _CODES.get(digits[1:4])
    dialling = _of_code(code) if code else None
    return _national(dialling, digits[1 + len(str(code)) :]) if dialling else None


def _national(dialling: _Dialling, digits: str) -> tuple[int, str] | None:
    if not _LEAST <= len(digits) <= _MOST:
        return None
    if found := dialling.prefix.match(digits):
        digits = digits[found.end() :]
        if dialling.rewrites and found[found.re.groups] is not None:
            return None
        # Only if the lists know the remaining digits is it certain that the prefix can be removed.
        if country_and_kind(dialling.code, digits)[1] == _UNKNOWN:
            return None
    return dialling.code, digits


_UNKNOWN = PhoneNumberType.UNKNOWN
_CODES = {str(code): code for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE}


@lru_cache(maxsize=300)
def _countries(code: int) -> tuple[_Country, ...]:
    names = phonenumbers.region_codes_for_country_code(code)
    found = ((name, PhoneMetadata.metadata_for_region_or_calling_code(code, name)) for name in names)
    return tuple(_country(name, metadata) for name, metadata in found if metadata)


def _country(name: str, metadata: PhoneMetadata) -> _Country:
    fixed, mobile = _listed(metadata.fixed_line), _listed(metadata.mobile)
    both = fixed if metadata.same_mobile_and_fixed_line_pattern else f"(?={mobile}){fixed}"
    ranges = [(_listed(getattr(metadata, attribute)), kind) for attribute, kind in _KINDS.items()]
    ranges += [
        (both, PhoneNumberType.FIXED_LINE_OR_MOBILE),
        (fixed, PhoneNumberType.FIXED_LINE),
        (mobile, PhoneNumberType.MOBILE),
    ]
    groups = "|".join(f"({pattern})" for pattern, _ in ranges)
    return _Country(
        name,
        re.compile(f"(?={_listed(metadata.general_desc)})(?:{groups})"),
        (_UNKNOWN, *(kind for _, kind in ranges)),
        re.compile(metadata.leading_digits) if metadata.leading_digits is not None else None,
    )


def _listed(ranges: phonenumbers.PhoneNumberDesc | None) -> str:
    """Return a pattern that matches the complete numbers in a list."""
    if ranges is None or not ranges.national_number_pattern:
        return _NEVER
    lengths = "|".join(rf"\d{{{length}}}" for length in ranges.possible_length if length > 0)
    if not lengths and ranges.possible_length:
        return _NEVER
    return rf"(?=(?:{lengths})\Z)(?:{ranges.national_number_pattern})\Z" if lengths else (
        rf"(?:{ranges.national_number_pattern})\Z"
    )  # fmt: skip


@lru_cache(maxsize=300)
def _of_region(region: str) -> _Dialling | None:
    metadata = PhoneMetadata.metadata_for_region(region, None)
    return _dialling(metadata) if metadata else None


@lru_cache(maxsize=300)
def _of_code(code: int) -> _Dialling | None:
    main = phonenumbers.region_code_for_country_code(code)
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(code, main)
    return _dialling(metadata) if metadata else None


def _dialling(metadata: PhoneMetadata) -> _Dialling:
    abroad = re.compile(metadata.international_prefix or _NEVER)
    prefix = re.compile(metadata.national_prefix_for_parsing or _NEVER)
    return _Dialling(metadata.country_code or 0, abroad, prefix, bool(metadata.national_prefix_transform_rule))
