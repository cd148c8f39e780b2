"""Converts telephone numbers as people write them to E.164, and decides which of them a fax may call."""

import re
from dataclasses import dataclass
from typing import NamedTuple

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType, ValidationResult

from faxdispatch.calling.ranges import country_and_kind, is_in, read_plainly
from faxdispatch.errors import BadInput
from faxdispatch.text.privacy import EXAMPLE

# A list uses the patterns of all countries; by default, the library compiles them again and again.
phonenumbers.enable_pattern_cache()

COUNTRIES = frozenset(phonenumbers.SUPPORTED_REGIONS)
"""Every country that has telephone numbers, by its ISO 3166 two-letter code."""

_PROBLEMS = {
    ValidationResult.TOO_SHORT: "is too short for a telephone number of its country",
    ValidationResult.TOO_LONG: "is too long for a telephone number of its country",
    ValidationResult.INVALID_COUNTRY_CODE: "its country code does not exist",
    ValidationResult.INVALID_LENGTH: "has a length that no telephone number of its country has",
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "lacks its area code",
}

_EMERGENCY = "is an emergency number; faxes are never sent to one"
_INSTEAD = f"give the recipient's full fax number, like {EXAMPLE}"
_PREMIUM = "is a premium-rate number, and faxes are never sent to one: ask the recipient for an ordinary number"

_UK_REVENUE_SHARING = ("84", "87")
"""Prefixes of British numbers that phonenumbers counts as premium-rate.

Their calls cost the price of the call and a service charge of the recipient's, as shared-cost numbers do elsewhere
(Ofcom, "Numbering policy").
"""

_NEVER = {
    PhoneNumberType.PREMIUM_RATE: _PREMIUM,
    PhoneNumberType.PAGER: f"is a pager, which takes no fax: {_INSTEAD}",
    PhoneNumberType.VOICEMAIL: f"is a voicemail number, which takes no fax: {_INSTEAD}",
}
"""Kinds of numbers that are never called.

Universal access numbers (UAN) are not among them: British 03 and Dutch 088 numbers are of this kind, and hospitals and
courts can be faxed there. The policy decides about shared-cost numbers.
"""

_EMERGENCY_EVERYWHERE = {"112", "911"}
"""Numbers that telephones of every country treat as an emergency call (3GPP TS 22.101)."""

_SERVICE_CODE = re.compile(r"[2-9]11")
"""N11 codes of the North American plan, such as 411 and 911."""

_ORDINARY_EXCHANGES = {PhoneNumberType.FIXED_LINE_OR_MOBILE, PhoneNumberType.UNKNOWN}
"""Kinds for which exchange 976 and the N11 exchanges are reserved.

A list of ranges that is exact to the exchange, as for Jamaica and Bermuda, may have them as subscribers' lines, and
toll-free numbers use them too.
"""


class Number(NamedTuple):
    """A telephone number, and what phonenumbers' lists of ranges know about it: its country and its kind.

    `code` is its country code and `digits` the rest of it. `country` is two letters of ISO 3166, `001` for no country
    in particular, or None if no list has it.
    """

    code: int
    digits: str
    country: str | None
    kind: int

    @property
    def e164(self) -> str:
        """The number in E.164."""
        return f"+{self.code}{self.digits}"

    @property
    def is_shared_cost(self) -> bool:
        """Whether caller and recipient share the price of a call: German 0180, Australian 1300, British 0844."""
        return self.kind == PhoneNumberType.SHARED_COST or self.is_uk_revenue_sharing

    @property
    def is_uk_revenue_sharing(self) -> bool:
        """Whether it is a British number whose calls have a service charge."""
        return self.code == 44 and self.digits.startswith(_UK_REVENUE_SHARING)

    @property
    def is_toll_free(self) -> bool:
        """Whether the recipient pays for the call."""
        return self.kind == PhoneNumberType.TOLL_FREE

    @property
    def is_unconfirmed(self) -> bool:
        """Whether the number has a possible form, but the lists do not know its range (yet)."""
        return self.kind == PhoneNumberType.UNKNOWN

    def is_in(self, country: str) -> bool:
        """Return whether a country's lists have the number."""
        return is_in(country, self.code, self.digits)


@dataclass(frozen=True, slots=True)
class NumberPolicy:
    """The destinations that the settings allow.

    `region` (ISO 3166, two letters) is the country of numbers written without `+`. `countries` are those that faxes may
    go to, or all if it is empty. `sip_allowed` says whether a SIP URI may be a destination, `shared_cost` whether a
    shared-cost number may be one. If `only` (E.164) is not empty, these are the only destinations.
    """

    region: str | None = None
    countries: frozenset[str] = frozenset()
    sip_allowed: bool = False
    shared_cost: bool = False
    only: frozenset[str] | None = None

    def check(self, destination: str) -> None:
        """Refuse a destination, E.164 or a SIP URI, that faxes may not go to, including those that `destined` refuses.

        Raises:
            ValueError: it says which setting refuses it, and what to do.
        """
        self._check_listed(destination)
        if is_sip(destination):
            if not self.sip_allowed:
                raise ValueError(
                    "is a SIP URI, and FAX_SIP_ALLOWED does not allow them: "
                    "give a telephone number, or set FAX_SIP_ALLOWED=true"
                )
            return
        self._check_number(_known(*_read(destination, None)))

    def check_number(self, number: Number) -> None:
        """Refuse a number of `read_number` as `check` does.

        Raises:
            ValueError: it says which setting refuses it, and what to do.
        """
        self._check_listed(number.e164)
        self._check_number(number)

    def _check_listed(self, destination: str) -> None:
        if self.only is not None and destination not in self.only:
            raise ValueError(
                "is not one of FAX_TEST_NUMBERS, and FAX_TEST_ONLY allows no other number: add it there, or leave "
                "FAX_TEST_ONLY out in production"
            )

    def _check_number(self, number: Number) -> None:
        _refuse_never_called(number)
        if not self.shared_cost and number.is_shared_cost:
            raise ValueError(
                "is a shared-cost number, whose calls cost more than ordinary ones, and FAX_SHARED_COST does not allow "
                "them: ask the recipient for an ordinary number, or set FAX_SHARED_COST=true"
            )
        if self.countries:
            self._check_country(number)

    def _check_country(self, number: Number) -> None:
        listed = self.countries.intersection(_sharing(number.code))
        country = number.country
        # A number that no list of ranges knows is judged only by its country code. A number that several countries
        # share, such as a toll-free one in North America, belongs to each of them.
        if country in listed or (country is None and listed):
            return
        if any(map(number.is_in, listed)):
            return
        if country in COUNTRIES:
            raise ValueError(
                f"is a number of {country}, which FAX_COUNTRIES does not list: "
                f"add {country} there if faxes may go to that country"
            )
        raise ValueError(
            f"has the country code +{number.code}, and FAX_COUNTRIES lists no country of it: "
            "add the country there, or leave FAX_COUNTRIES empty to allow every number"
        )


def is_sip(text: str) -> bool:
    """Return whether a destination is meant as a SIP URI."""
    return text.lstrip()[:5].lower().startswith(("sip:", "sips:"))


def normalise(text: str, *, region: str | None = None) -> str:
    """Return a number in E.164, such as `+13125550123`.

    Spaces, dashes, dots and brackets are removed. `region` (ISO 3166, two letters) is the country of a number that is
    written without `+`. Only the length is judged, not whether the number is in service: lists of number ranges become
    outdated, and refusing a real number would lose a fax.

    Raises:
        ValueError: it says what is wrong and what to write instead.
    """
    code, digits = _read(text, region)
    _refuse_impossible(_library(code, digits))
    return f"+{code}{digits}"


def destined(text: str, *, region: str | None = None) -> str:
    """Return the number that a fax is to call in E.164, as `normalise` does, unless it may never be called.

    Such numbers are emergency, short, premium-rate, pager, voicemail, operator and service numbers. A number about
    which nothing is known is returned.

    Raises:
        ValueError: it says what is wrong and what to write instead.
    """
    return read_number(text, region=region).e164


def read_number(text: str, *, region: str | None = None) -> Number:
    """Read a number that a fax is to call, as `destined` does. Return what the lists of ranges know about it.

    Raises:
        ValueError: as `destined` does.
    """
    if re.sub(r"\D", "", text) in _EMERGENCY_EVERYWHERE:
        raise ValueError(_EMERGENCY)
    return callable_number(*_read(text, region))


def callable_number(code: int, digits: str) -> Number:
    """Return what the lists of ranges know about a number to call, given its country code and the rest of it.

    Raises:
        ValueError: it may never be called, or it is not possible.
    """
    number = _known(code, digits)
    _refuse_never_called(number)
    if number.is_unconfirmed:
        _refuse_impossible(_library(code, digits))
    return number


def is_listed(text: str, *, region: str | None = None) -> bool:
    """Return whether phonenumbers' lists of ranges have a number, written as for `normalise`."""
    try:
        return not _known(*_read(text, region)).is_unconfirmed
    except ValueError:
        return False


def read_country(text: str | None) -> str | None:
    """Return a country (ISO 3166, two letters), as written by a person, in capital letters, or None if none is given.

    Raises:
        BadInput: there is no such country.
    """
    if text is not None and text.upper() not in COUNTRIES:
        raise BadInput(f"region: {text!r} is not a country with telephone numbers; write two letters, like US")
    return text.upper() if text else None


def country_of(number: str) -> str | None:
    """Return the country (ISO 3166, two letters) of a number in E.164, or of its country code if no list has its range.

    None if nothing is known about either.
    """
    code, digits = _read(number, None)
    country = country_and_kind(code, digits)[0] or phonenumbers.region_code_for_country_code(code)
    return country if country and country.isalpha() and country != "ZZ" else None


def _known(code: int, digits: str) -> Number:
    return Number(code, digits, *country_and_kind(code, digits))


def _read(text: str, region: str | None) -> tuple[int, str]:
    """Return the country code and the national number of a text."""
    return read_plainly(text, region) or _parsed(text, region)


def _parsed(text: str, region: str | None) -> tuple[int, str]:
    written = text.strip()
    if not written.startswith("+") and region is None:
        raise ValueError(
            f"is not in E.164 form: write it with + and country code, like {EXAMPLE}, or set FAX_DEFAULT_REGION"
        )
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        raise ValueError(f"is not a telephone number: write it with + and country code, like {EXAMPLE}") from None
    if number.extension:
        raise ValueError("has an extension, which a fax call cannot dial: take it off")
    return number.country_code or 0, phonenumbers.national_significant_number(number)


def _library(code: int, digits: str) -> PhoneNumber:
    """Return a number in the form of phonenumbers."""
    zeros = len(digits) - len(str(int(digits)))
    return PhoneNumber(code, int(digits), italian_leading_zero=zeros > 0, number_of_leading_zeros=zeros)


def _sharing(code: int) -> tuple[str, ...]:
    """Return the countries that share a country code."""
    return tuple(phonenumbers.region_codes_for_country_code(code))


def _refuse_impossible(number: PhoneNumber) -> None:
    verdict = phonenumbers.is_possible_number_with_reason(number)
    if verdict != ValidationResult.IS_POSSIBLE:
        raise ValueError(f"{_PROBLEMS.get(verdict, 'is not a possible telephone number')}: write it like {EXAMPLE}")


def _refuse_never_called(number: Number) -> None:
    if number.kind in _NEVER and not number.is_uk_revenue_sharing:
        raise ValueError(_NEVER[number.kind])
    if number.code == 1 and len(number.digits) == 10:
        _refuse_north_american(number.digits, number.kind)
    elif number.is_unconfirmed:
        _refuse_short(number)


def _refuse_north_american(digits: str, kind: int) -> None:
    """Refuse numbers that the North American plan reserves and that phonenumbers' ranges do not exclude."""
    area, exchange, line = digits[:3], digits[3:6], digits[6:]
    if _SERVICE_CODE.fullmatch(area):
        raise ValueError(f"{area} is a service code, not an area code: {_INSTEAD}")
    if (exchange, line) == ("555", "1212"):
        raise ValueError(f"is directory assistance (555-1212), which takes no fax: {_INSTEAD}")
    if area == "900":
        raise ValueError(_PREMIUM)
    if kind in _ORDINARY_EXCHANGES:
        if exchange == "976":
            raise ValueError(_PREMIUM)
        if _SERVICE_CODE.fullmatch(exchange):
            raise ValueError(f"{exchange} after the area code is a service code: {_INSTEAD}")


def _refuse_short(number: Number) -> None:
    code, digits = number.code, number.digits
    # `0112` keeps its zero, since without it there would be no full number left.
    dialled = {digits, digits.lstrip("0")}
    # Some islands use 211 or 311 for emergency calls; everywhere else in North America they are ordinary services.
    service = code == 1 and digits != "911" and _SERVICE_CODE.fullmatch(digits)
    if not service and any(phonenumbers.is_emergency_number(one, at) for one in dialled for at in _sharing(code)):
        raise ValueError(_EMERGENCY)
    if service or phonenumbers.is_valid_short_number(_library(code, digits)):
        raise ValueError(f"is a short number, which works only inside its country and takes no fax: {_INSTEAD}")
