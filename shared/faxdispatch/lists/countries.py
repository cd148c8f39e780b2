"""Columns that tell a recipient's country, which may be another one than that of numbers without `+`. Pure."""

from collections.abc import Sequence
from functools import lru_cache

import phonenumbers

from faxdispatch.calling.numbers import COUNTRIES
from faxdispatch.lists.headers import plain
from faxdispatch.lists.words import folded

_COUNTRY = frozenset({"country", "country region", "nation", "land", "pays", "pais", "paese", "landen"})
_MAY_BE_OTHERS = frozenset({"land", "cc"})
"""Names of columns of countries, or else of German states, or of cost centres."""
_SHORT = 3
_CODE = frozenset(
    {"country code", "cc", "calling code", "dial code", "dialing code", "dialling code", "isd code", "isd"}
)
_KINDS = ("business", "work", "mailing", "billing", "fax", "phone", "primary", "address")
_NAMES = {
    "US": "usa united states united_states_of_america u_s_a u_s etats_unis estados_unidos vereinigte_staaten",
    "CA": "canada kanada",
    "MX": "mexico mexiko mexique",
    "GB": "uk united_kingdom great_britain england scotland wales northern_ireland grossbritannien royaume_uni",
    "IE": "ireland irland republic_of_ireland irlande",
    "DE": "germany deutschland allemagne alemania germania brd d",
    "AT": "austria osterreich oesterreich autriche a",
    "CH": "switzerland schweiz suisse svizzera suiza",
    "FR": "france frankreich francia f",
    "IT": "italy italia italien italie",
    "ES": "spain espana spanien espagne",
    "PT": "portugal",
    "NL": "netherlands the_netherlands holland niederlande pays_bas nederland",
    "BE": "belgium belgien belgique belgie",
    "LU": "luxembourg luxemburg",
    "DK": "denmark danmark danemark",
    "SE": "sweden sverige schweden",
    "NO": "norway norge norwegen",
    "FI": "finland suomi finnland",
    "PL": "poland polska polen",
    "CZ": "czech_republic czechia tschechien",
    "BR": "brazil brasil brasilien",
    "AR": "argentina argentinien",
    "CL": "chile",
    "CO": "colombia kolumbien",
    "AU": "australia australien",
    "NZ": "new_zealand neuseeland",
    "IN": "india indien",
    "CN": "china p_r_china prc",
    "JP": "japan",
    "KR": "south_korea korea republic_of_korea",
    "SG": "singapore",
    "HK": "hong_kong",
    "IL": "israel",
    "ZA": "south_africa",
    "AE": "united_arab_emirates uae",
    "TR": "turkey turkiye turkei",
}
"""The names that lists have for countries, beside their two letters of ISO 3166."""
_BY_NAME = {name.replace("_", " "): country for country, names in _NAMES.items() for name in names.split()}


def tells_country(name: str) -> bool:
    """Return whether a column of this name tells a recipient's country, or its calling code."""
    words = plain(name).split()
    while len(words) > 1 and words[0] in _KINDS:
        words = words[1:]
    return " ".join(words) in _COUNTRY | _CODE


def are_countries(name: str, cells: Sequence[str]) -> bool:
    """Return whether cells of a column that may tell countries do so."""
    codes = [calling_code(cell) for cell in cells]
    if plain(name) in _MAY_BE_OTHERS and any(
        len(cell.strip()) <= _SHORT and not code for cell, code in zip(cells, codes, strict=True)
    ):
        return False
    return any(codes)


@lru_cache(maxsize=4096)
def calling_code(cell: str) -> int:
    """Return the calling code of a country, as a cell names it or has its code; 0 where it is not known."""
    text = folded(cell)
    digits = text.lstrip("+").removeprefix("00")
    if digits.isascii() and digits.isdigit():
        return int(digits) if len(digits) <= 3 and int(digits) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE else 0
    name = plain(cell)
    country = text.upper() if text.upper() in COUNTRIES else _BY_NAME.get(name, "")
    return phonenumbers.country_code_for_region(country) if country else 0
