"""Columns with a recipient's country, which may differ from the country of numbers without `+`. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache

import phonenumbers

from faxdispatch.calling.numbers import COUNTRIES, is_listed
from faxdispatch.lists.headers import plain
from faxdispatch.lists.words import NO_NUMBER, folded

_COUNTRY = frozenset({"country", "country region", "nation", "land", "pays", "pais", "paese", "landen"})
_MAY_BE_OTHERS = frozenset({"land", "cc"})
"""Names of columns that may have countries, but also German states or cost centres."""
_SHORT = 3
_CODE = frozenset(
    {"country code", "cc", "calling code", "dial code", "dialing code", "dialling code", "isd code", "isd"}
)
_KINDS = ("business", "work", "mailing", "billing", "fax", "phone", "primary", "address")
_NAMES = {
    "US": "usa u_s_a u_s us_of_a united_states_of_america vereinigte_staaten eeuu",
    "CA": "can", "MX": "mex", "GB": "uk u_k gbr great_britain england scotland wales northern_ireland grossbritannien",
    "IE": "irl republic_of_ireland", "DE": "deu ger brd d", "AT": "aut oesterreich a", "CH": "che sui",
    "FR": "fra f", "IT": "ita i", "ES": "esp e", "PT": "prt", "NL": "nld the_netherlands holland", "BE": "bel b",
    "LU": "lux l", "DK": "dnk danemark", "SE": "swe", "NO": "nor", "FI": "fin", "PL": "pol",
    "CZ": "cze czech_republic czechia tschechien", "HU": "hun h", "SK": "svk", "SI": "svn slo", "HR": "hrv",
    "RO": "rou", "GR": "grc", "BR": "bra", "AR": "arg", "CL": "chl", "CO": "col", "PE": "per", "AU": "aus",
    "NZ": "nzl", "IN": "ind",
    "CN": "chn p_r_china prc", "JP": "jpn", "KR": "kor korea republic_of_korea", "SG": "sgp", "HK": "hkg",
    "TW": "twn", "PH": "phl", "TH": "tha", "IL": "isr", "ZA": "zaf", "AE": "are uae", "SA": "sau", "TR": "tur turkiye",
}  # fmt: skip
"""Names that lists have for countries, beside their two letters of ISO 3166 and the names in `LOCALE_DATA`."""
_BY_NAME = {name.replace("_", " "): country for country, names in _NAMES.items() for name in names.split()}
_STATES = frozenset(
    {"AL", "AR", "AS", "AZ", "CA", "CO", "DE", "GA", "GU", "ID", "IL", "IN", "KY", "LA", "MA", "MD", "ME", "MN", "MO"}
    | {"MS", "MT", "NC", "NE", "NL", "NU", "PA", "PE", "PR", "SC", "SD", "SK", "TN", "VA", "VI"}
)
"""States and provinces of North America whose codes are also those of a country."""
_GEORGIA = "georgia"
_NONE = frozenset({"na", "n/a", "n.a."})
"""NA usually means no country, and not Namibia."""
_PARTS = re.compile(r"[/|,;()]|\s[-\u2013]\s")


def names_country(name: str) -> bool:
    """Return whether a column with this name has the recipients' countries, or their calling codes."""
    words = plain(name).split()
    while len(words) > 1 and words[0] in _KINDS:
        words = words[1:]
    return " ".join(words) in _COUNTRY | _CODE


def are_countries(name: str, cells: Sequence[str], numbers: Sequence[str], is_at_home: Callable[[str], bool]) -> bool:
    """Return whether the cells of a column that may have countries do have them, and not states.

    `numbers` are the cells with the numbers beside them, and `is_at_home` says whether one without `+` is a number of
    our country.
    """
    filled = [(cell, number, calling_code(cell)) for cell, number in zip(cells, numbers, strict=True) if cell.strip()]
    unknown = [cell for cell, _, code in filled if not code and folded(cell) not in NO_NUMBER]
    if plain(name) in _MAY_BE_OTHERS and any(len(cell.strip()) <= _SHORT for cell in unknown):
        return False
    of_states = [(cell, number) for cell, number, code in filled if code and is_state(cell)]
    sure = sum(1 for cell, _, code in filled if code and not is_state(cell))
    if sure or unknown:
        return sure >= len(unknown) and sure > 0
    # Each cell may name a country or a state, like CA; a sorted list may begin with one state. The numbers decide.
    strangers = [(cell, number) for cell, number in of_states if is_at_home(number) and not _is_of(cell, number)]
    return bool(of_states) and 2 * len(strangers) <= len(of_states)


def is_state(cell: str) -> bool:
    """Return whether a cell may name a state or province of North America as well as a country."""
    return cell.strip().upper() in _STATES or folded(cell) == _GEORGIA


def _is_of(cell: str, number: str) -> bool:
    region = phonenumbers.region_code_for_country_code(calling_code(cell))
    return is_listed(number, region=region)


@lru_cache(maxsize=4096)
def calling_code(cell: str) -> int:
    """Return the calling code of a country, as a cell names it or has its code; 0 if it is not known."""
    text = folded(cell)
    if text in _NONE:
        return 0
    digits = text.lstrip("+").removeprefix("00")
    if digits.isascii() and digits.isdigit():
        return int(digits) if len(digits) <= 3 and int(digits) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE else 0
    if code := _code_of(text):
        return code
    # The same country may be named twice, as in `Schweiz/CH`.
    codes = {_code_of(part) for part in _PARTS.split(text) if len(part.strip()) > 1} - {0}
    return codes.pop() if len(codes) == 1 else 0


def _code_of(text: str) -> int:
    name = plain(text)
    if not name:
        return 0
    country = name.upper() if name.upper() in COUNTRIES else _BY_NAME.get(name)
    return phonenumbers.country_code_for_region(country) if country else _codes_by_name().get(name, 0)


@cache
def _codes_by_name() -> Mapping[str, int]:
    """Return the calling codes of countries by their names in all languages that phonenumbers has."""
    from phonenumbers.geodata.locale import LOCALE_DATA  # noqa: PLC0415 - large, and few lists need it

    codes = dict[str, set[int]]()
    for country, names in LOCALE_DATA.items():
        if code := phonenumbers.country_code_for_region(country):
            # A name with a star refers to that of another language.
            for name in {name for name in names.values() if name[:1] != "*"}:
                codes.setdefault(plain(name), set()).add(code)
    return {name: found.pop() for name, found in codes.items() if len(found) == 1}
