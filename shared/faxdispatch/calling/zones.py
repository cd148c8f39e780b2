"""Time zones: the names that exist, and the zones that a telephone number may be in."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from faxdispatch.calling.zonedata import load_zone, zones_of_country

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber


def is_zone(name: str) -> bool:
    """Return whether `name` is an IANA time zone that is known here."""
    try:
        load_zone(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


@lru_cache(maxsize=4096)
def zones_of(destination: str) -> tuple[str, ...]:
    """Return the IANA zones that a number in E.164 may lie in, sorted.

    There are many if the number belongs to no place in its country, such as a toll-free one. Empty if nothing is known:
    a SIP URI, a number of no country, or an unknown zone.
    """
    if not destination.startswith("+"):
        return ()
    import phonenumbers  # noqa: PLC0415 - whoever asks only which zones there are need not load it

    try:
        number = phonenumbers.parse(destination)
    except phonenumbers.NumberParseException:
        return ()
    zones = _of_exchange(destination) if number.country_code == 1 else _of_country(number)
    # This also removes Etc/Unknown, the data's word for a number that it cannot place.
    return tuple(sorted(zones)) if all(is_zone(name) for name in zones) else ()


def _of_country(number: "PhoneNumber") -> tuple[str, ...]:
    import phonenumbers  # noqa: PLC0415 - see above
    from phonenumbers import timezone  # noqa: PLC0415 - its data is wanted only where a window has no zone

    if phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.UNKNOWN:
        # The range is not in the data yet, but its first digits still narrow it down.
        found = timezone.time_zones_for_geographical_number(number)
    else:
        found = timezone.time_zones_for_number(number)
    return _at_home(found, phonenumbers.region_codes_for_country_code(number.country_code or 0))


def _at_home(zones: tuple[str, ...], countries: Iterable[str]) -> tuple[str, ...]:
    """Replace other countries' zones by those of `countries` with the same standard time, else by all of these.

    The data names a neighbour's zone for some countries, Europe/Paris for Algeria and Atlantic/Canary for Morocco
    (phonenumbers 9.0.43), whose clocks change on other days or not at all.
    """
    own = [zone for country in countries for zone in zones_of_country(country)]
    home: set[str] = set()
    for zone in zones:
        if zone in own or not own or not is_zone(zone):
            home.add(zone)
        else:
            home.update([one for one in own if _standard_time(one) == _standard_time(zone)] or own)
    return tuple(home)


@cache
def _standard_time(name: str) -> timedelta:
    """Return the smaller of a zone's offsets in winter and summer."""
    offsets = (load_zone(name).utcoffset(datetime(2027, month, 1)) for month in (1, 7))  # noqa: DTZ001
    return min(offset for offset in offsets if offset is not None)


def _of_exchange(destination: str) -> tuple[str, ...]:
    """Return the zones of a number of the North American plan.

    The data has one zone for an area code and lists exchanges of the other zone one by one. An exchange that it does
    not list may be a new one in either zone: most of +1 850 is listed as Central, and the rest counts as Eastern. Such
    a number gets all zones that the data has under its known digits.
    """
    from phonenumbers.tzdata import TIMEZONE_DATA  # noqa: PLC0415 - see above

    exchange = destination[1:8]
    known = next(exchange[:length] for length in range(len(exchange), 0, -1) if exchange[:length] in TIMEZONE_DATA)
    return _under(known)


@cache
def _under(known: str) -> tuple[str, ...]:
    """Return all zones of the prefixes that begin with these digits.

    Results are remembered, since only few prefixes occur and each lookup goes through all data.
    """
    from phonenumbers.tzdata import TIMEZONE_DATA  # noqa: PLC0415 - see above

    return tuple({name for prefix, names in TIMEZONE_DATA.items() if prefix.startswith(known) for name in names})
