"""The time zone data in use: the newer of the machine's own files and the `tzdata` package.

Governments change their clocks at short notice. If a machine's files are older than the package, Python's `ZoneInfo`
would still prefer them, and a window would open an hour off.
"""

import re
import zoneinfo
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

_VERSION_LINE = re.compile(r"# version (\d{4}[a-z]+)")

_RELEASED = {
    "2024a": date(2024, 2, 1),
    "2024b": date(2024, 9, 4),
    "2025a": date(2025, 1, 15),
    "2025b": date(2025, 3, 22),
    "2025c": date(2025, 12, 10),
    "2026a": date(2026, 3, 1),
    "2026b": date(2026, 4, 22),
    "2026c": date(2026, 7, 8),
}
"""When versions of the data were released (NEWS of the IANA time zone database)."""


@dataclass(frozen=True, slots=True)
class ZoneData:
    """One copy of the IANA time zone data. `version` is like `2026c`, or empty if the copy does not name it."""

    version: str
    packaged: bool
    """True for the package `tzdata`, false for the machine's own files."""

    @property
    def not_before(self) -> date:
        """The earliest day on which this version can have been released; exactly that day if `dated`."""
        known = [released for version, released in _RELEASED.items() if version <= self.version]
        return known[-1] if known else date(int(self.version[:4] or 1), 1, 1)

    @property
    def dated(self) -> bool:
        """Whether the release date of this version is known here."""
        return self.version in _RELEASED


@cache
def in_use() -> ZoneData:
    """Return the copy that `load_zone` reads."""
    return max(_of_package(), _of_machine(), key=lambda data: (data.version, data.packaged))


@cache
def load_zone(name: str) -> ZoneInfo:
    """Return an IANA time zone from the newest data.

    Raises:
        KeyError, ValueError, OSError: there is no such zone, as from `ZoneInfo`.
    """
    if in_use().packaged and name in _packaged_names():
        with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
            return ZoneInfo.from_file(file, key=name)
    return ZoneInfo(name)


def zones_of_country(country: str) -> tuple[str, ...]:
    """Return the zones of a country (ISO 3166, two letters) in the data's own table; empty if it has none."""
    return _countries().get(country, ())


@cache
def _countries() -> dict[str, tuple[str, ...]]:
    table: dict[str, tuple[str, ...]] = {}
    for line in files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            table[country] = (*table.get(country, ()), zone)
    return table


def _of_package() -> ZoneData:
    return ZoneData(_version(files("tzdata").joinpath("zoneinfo", "tzdata.zi").read_text(encoding="utf-8")), True)


def _of_machine() -> ZoneData:
    for folder in zoneinfo.TZPATH:
        try:
            with Path(folder, "tzdata.zi").open(encoding="utf-8") as file:
                return ZoneData(_version(file.readline()), False)
        except (OSError, UnicodeDecodeError):
            continue
    return ZoneData("", False)


def _version(text: str) -> str:
    found = _VERSION_LINE.match(text)
    return found[1] if found else ""


@cache
def _packaged_names() -> frozenset[str]:
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())
