"""Telephone numbers: from what people write to E.164, and which of them a fax may call."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumber, PhoneNumberType, ValidationResult

from faxdispatch.errors import BadInput
from faxdispatch.privacy import EXAMPLE

# A list goes through the patterns of all countries; by itself the library compiles them again and again.
phonenumbers.enable_pattern_cache()

COUNTRIES = frozenset(phonenumbers.SUPPORTED_REGIONS)
"""Every country that has telephone numbers, by its ISO 3166 two-letter code."""

_PROBLEMS = {
    ValidationResult.TOO_SHORT: "too short for a telephone number of its country",
    ValidationResult.TOO_LONG: "too long for a telephone number of its country",
    ValidationResult.INVALID_COUNTRY_CODE: "its country code does not exist",
    ValidationResult.INVALID_LENGTH: "not a length that telephone numbers of its country have",
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "lacks its area code",
}

_EMERGENCY = "an emergency number; faxes are never sent to one"
_INSTEAD = f"give the recipient's full fax number, like {EXAMPLE}"
_PREMIUM = "a premium-rate number, and faxes are never sent to one: ask the recipient for an ordinary number"

_UK_REVENUE_SHARING = ("84", "87")
"""Beginnings of British numbers that phonenumbers counts as premium-rate. Their calls are charged at the price of the
call and a service charge of the recipient's, as shared-cost numbers are elsewhere (Ofcom, "Numbering policy")."""

_NEVER = {
    PhoneNumberType.PREMIUM_RATE: _PREMIUM,
    PhoneNumberType.PAGER: f"a pager, which takes no fax: {_INSTEAD}",
    PhoneNumberType.VOICEMAIL: f"a voicemail number, which takes no fax: {_INSTEAD}",
}
"""Kinds of numbers that are never called. Universal access numbers (UAN) are not among them: British 03 and Dutch 088
numbers are of this kind, and hospitals and courts can be faxed there. Shared-cost ones are up to the policy."""

_EMERGENCY_EVERYWHERE = {"112", "911"}
"""What telephones of every country take for an emergency call (3GPP TS 22.101)."""

_SERVICE_CODE = re.compile(r"[2-9]11")
"""N11 codes of the North American plan, such as 411 and 911."""

_E164 = re.compile(r"\+[1-9]\d{5,14}", re.ASCII)
_CODES = frozenset(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
_SHORTEST = 3
"""Digits behind the country code from which on the parser has no exceptions."""

_ORDINARY_EXCHANGES = {PhoneNumberType.FIXED_LINE_OR_MOBILE, PhoneNumberType.UNKNOWN}
"""Kinds among which exchange 976 and the N11 ones are set aside. Where the list of ranges is exact to the exchange, as
for Jamaica and Bermuda, it may know them as lines of subscribers; and toll-free numbers have them too."""


class Number(NamedTuple):
    """A telephone number, and what phonenumbers' lists of ranges know of it: its country and its kind.

    `country` is two letters of ISO 3166, `001` for none in particular, None where no list has it.
    """

    parsed: PhoneNumber
    country: str | None
    kind: int

    @property
    def e164(self) -> str:
        """The number in E.164."""
        return _e164(self.parsed)

    @property
    def is_shared_cost(self) -> bool:
        """Whether caller and recipient share the price of a call: German 0180, Australian 1300, British 0844."""
        return self.kind == PhoneNumberType.SHARED_COST or _is_uk_revenue_sharing(self.parsed)

    @property
    def is_toll_free(self) -> bool:
        """Whether the recipient pays for the call."""
        return self.kind == PhoneNumberType.TOLL_FREE

    @property
    def is_unconfirmed(self) -> bool:
        """Whether the number is only possible: of a range that the lists do not know (yet)."""
        return self.kind == PhoneNumberType.UNKNOWN


@dataclass(frozen=True, slots=True)
class NumberPolicy:
    """Where the settings let faxes go.

    `region` (ISO 3166, two letters) is the country of numbers written without `+`; `countries` those that faxes may go
    to, all of them where it is empty; `sip_allowed` tells whether a SIP URI may be a destination, `shared_cost` whether
    a shared-cost number may be one. `only` (E.164) are the sole destinations where there are any.
    """

    region: str | None = None
    countries: frozenset[str] = frozenset()
    sip_allowed: bool = False
    shared_cost: bool = False
    only: frozenset[str] | None = None

    def check(self, destination: str) -> None:
        """Refuse a destination, E.164 or a SIP URI, that faxes may not go to, the ones of `destined` among them.

        Raises:
            ValueError: saying which setting refuses it, and what to do.
        """
        self._check_listed(destination)
        if is_sip(destination):
            if not self.sip_allowed:
                raise ValueError(
                    "a SIP URI, and FAX_SIP_ALLOWED does not allow them: "
                    "give a telephone number, or set FAX_SIP_ALLOWED=true"
                )
            return
        self._check_number(_known(_parsed(destination, None)))

    def check_number(self, number: Number) -> None:
        """Refuse a number of `read_number` as `check` does.

        Raises:
            ValueError: saying which setting refuses it, and what to do.
        """
        self._check_listed(number.e164)
        self._check_number(number)

    def _check_listed(self, destination: str) -> None:
        if self.only is not None and destination not in self.only:
            raise ValueError(
                "not one of FAX_TEST_NUMBERS, and FAX_TEST_ONLY lets faxes go to no other number: "
                "add it there, or leave FAX_TEST_ONLY out in production"
            )

    def _check_number(self, number: Number) -> None:
        _refuse_never_called(number)
        if not self.shared_cost and number.is_shared_cost:
            raise ValueError(
                "a shared-cost number, whose calls cost more than ordinary ones, and FAX_SHARED_COST does not allow "
                "them: ask the recipient for an ordinary number, or set FAX_SHARED_COST=true"
            )
        if self.countries:
            self._check_country(number)

    def _check_country(self, number: Number) -> None:
        listed = self.countries.intersection(_sharing(number.parsed))
        country = number.country
        # What no list of ranges knows is judged by the country code alone. What is the same number from several
        # countries, such as a toll-free one in North America, belongs to each of them.
        if country in listed or (country is None and listed):
            return
        if any(phonenumbers.is_valid_number_for_region(number.parsed, one) for one in listed):
            return
        if country in COUNTRIES:
            raise ValueError(
                f"a number of {country}, which FAX_COUNTRIES does not list: "
                f"add {country} there if faxes may go to that country"
            )
        raise ValueError(
            f"FAX_COUNTRIES lists no country of its country code, +{number.parsed.country_code}: "
            "add the country there, or leave FAX_COUNTRIES empty to allow every number"
        )


def is_sip(text: str) -> bool:
    """Tell whether a destination is meant as a SIP URI."""
    return text.lstrip()[:5].lower().startswith(("sip:", "sips:"))


def normalise(text: str, *, region: str | None = None) -> str:
    """Give a number in E.164, such as `+13125550123`.

    Spaces, dashes, dots and brackets are taken out. `region` (ISO 3166, two letters) is the country of a number that
    is written without `+`. Only the length is judged, not whether the number is in service: lists of number ranges
    grow old, and to refuse a real number would lose a fax.

    Raises:
        ValueError: saying what is wrong and what to write instead.
    """
    number = _parsed(text, region)
    _refuse_impossible(number)
    return _e164(number)


def destined(text: str, *, region: str | None = None) -> str:
    """Give the number that a fax is to call in E.164, as `normalise` does, unless none may ever call it.

    Those are emergency, short, premium-rate, pager, voicemail, operator and service numbers. A number of
    which nothing is known is none of them.

    Raises:
        ValueError: saying what is wrong and what to write instead.
    """
    return read_number(text, region=region).e164


def read_number(text: str, *, region: str | None = None) -> Number:
    """Read a number that a fax is to call, as `destined` does, and give what the lists of ranges know of it.

    Raises:
        ValueError: as `destined` does.
    """
    if re.sub(r"\D", "", text) in _EMERGENCY_EVERYWHERE:
        raise ValueError(_EMERGENCY)
    return callable_number(_from_e164(text) or _parsed(text, region))


def callable_number(parsed: PhoneNumber) -> Number:
    """Give what the lists of ranges know of a number that a fax is to call.

    Raises:
        ValueError: none may ever call it, or it is not possible.
    """
    number = _known(parsed)
    _refuse_never_called(number)
    _refuse_impossible(parsed)
    return number


def read_country(text: str | None) -> str | None:
    """Give a country (ISO 3166, two letters), as a person wrote it, in capital letters; None where none is given.

    Raises:
        BadInput: there is none of that name.
    """
    if text is not None and text.upper() not in COUNTRIES:
        raise BadInput(f"region: {text!r} is no country with telephone numbers; write two letters, like US")
    return text.upper() if text else None


def country_of(number: str) -> str | None:
    """Give the country (ISO 3166, two letters) of a number in E.164; of its country code, where no list has its range.

    None where nothing is known of either.
    """
    parsed = _parsed(number, None)
    country = phonenumbers.region_code_for_number(parsed)
    country = country or phonenumbers.region_code_for_country_code(parsed.country_code or 0)
    return country if country and country.isalpha() and country != "ZZ" else None


def _known(number: PhoneNumber) -> Number:
    return Number(number, phonenumbers.region_code_for_number(number), phonenumbers.number_type(number))


def _from_e164(text: str) -> PhoneNumber | None:
    """Read a number that is written in E.164, as phonenumbers' parser would at ten times the cost.

    None where it would take something off, as it does of `+440161…`.
    """
    if not _E164.fullmatch(text):
        return None
    code = next((size for size in (1, 2, 3) if int(text[1 : 1 + size]) in _CODES), 0)
    digits = text[1 + code :]
    if not code or digits.startswith("0") or len(digits) < _SHORTEST:
        return None
    prefix = _national_prefix(int(text[1 : 1 + code]))
    if prefix is None or prefix.match(digits):
        return None
    return PhoneNumber(country_code=int(text[1 : 1 + code]), national_number=int(digits))


@lru_cache(maxsize=300)
def _national_prefix(code: int) -> re.Pattern[str] | None:
    """Give what the parser takes off the digits behind a country code; None where that is not known."""
    metadata = PhoneMetadata.metadata_for_region(phonenumbers.region_code_for_country_code(code), None)
    return re.compile(metadata.national_prefix_for_parsing or r"(?!)") if metadata else None


def _parsed(text: str, region: str | None) -> PhoneNumber:
    written = text.strip()
    if not written.startswith("+") and region is None:
        raise ValueError(
            f"not in E.164 form: write it with + and country code, like {EXAMPLE}, or set FAX_DEFAULT_REGION"
        )
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        raise ValueError(f"not a telephone number: write it with + and country code, like {EXAMPLE}") from None
    if number.extension:
        raise ValueError("has an extension; a fax call cannot dial one")
    return number


def _sharing(number: PhoneNumber) -> tuple[str, ...]:
    """Give the countries that share the number's country code."""
    return tuple(phonenumbers.region_codes_for_country_code(number.country_code or 0))


def _refuse_impossible(number: PhoneNumber) -> None:
    verdict = phonenumbers.is_possible_number_with_reason(number)
    if verdict != ValidationResult.IS_POSSIBLE:
        raise ValueError(f"{_PROBLEMS.get(verdict, 'not a possible telephone number')}: write it like {EXAMPLE}")


def _e164(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _is_uk_revenue_sharing(number: PhoneNumber) -> bool:
    return number.country_code == 44 and str(number.national_number).startswith(_UK_REVENUE_SHARING)


def _refuse_never_called(number: Number) -> None:
    if number.kind in _NEVER and not _is_uk_revenue_sharing(number.parsed):
        raise ValueError(_NEVER[number.kind])
    digits = phonenumbers.national_significant_number(number.parsed)
    if number.parsed.country_code == 1 and len(digits) == 10:
        _refuse_north_american(digits, number.kind)
    elif number.is_unconfirmed:
        _refuse_short(number.parsed, digits)


def _refuse_north_american(digits: str, kind: int) -> None:
    """Refuse what the North American plan sets aside, of which phonenumbers' ranges take no notice."""
    area, exchange, line = digits[:3], digits[3:6], digits[6:]
    if _SERVICE_CODE.fullmatch(area):
        raise ValueError(f"{area} is a service code and no area code: {_INSTEAD}")
    if (exchange, line) == ("555", "1212"):
        raise ValueError(f"directory assistance (555-1212), which takes no fax: {_INSTEAD}")
    if area == "900":
        raise ValueError(_PREMIUM)
    if kind in _ORDINARY_EXCHANGES:
        if exchange == "976":
            raise ValueError(_PREMIUM)
        if _SERVICE_CODE.fullmatch(exchange):
            raise ValueError(f"{exchange} after the area code is a service code: {_INSTEAD}")


def _refuse_short(number: PhoneNumber, digits: str) -> None:
    # `0112` keeps its zero, since without it no full number would be left.
    dialled = {digits, digits.lstrip("0")}
    # Some islands have 211 or 311 for emergency calls; to everyone else in North America they are plain services.
    service = number.country_code == 1 and digits != "911" and _SERVICE_CODE.fullmatch(digits)
    if not service and any(phonenumbers.is_emergency_number(one, at) for one in dialled for at in _sharing(number)):
        raise ValueError(_EMERGENCY)
    if service or phonenumbers.is_valid_short_number(number):
        raise ValueError(f"a short number, which is for telephones of its own country and takes no fax: {_INSTEAD}")
