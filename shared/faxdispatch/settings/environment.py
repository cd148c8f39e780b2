"""Reads the environment and `.env`, and finds names there that are not settings."""

import logging
import os
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from itertools import chain
from pathlib import Path

from faxdispatch.errors import Misconfigured

log = logging.getLogger(__name__)

_ENV_FILE = Path(".env")
_ENCODING = "utf-8-sig"
"""UTF-8, with or without the mark that some editors put first."""
_PREFIXES = ("FAX_", "TELNYX_")
"""The prefixes of our settings' names."""
_MISSPELT = 0.85
"""The similarity (0 to 1) from which another name counts as a misspelt setting."""


def variables() -> dict[str, str]:
    """Return what is set in `.env` and in the environment, which wins, by names in lower case.

    Raises:
        Misconfigured: `.env` cannot be read.
    """
    try:
        in_file = _in_file() if _ENV_FILE.exists() else {}
    except UnicodeDecodeError:
        raise Misconfigured(".env: is not text in UTF-8; save it as UTF-8") from None
    except OSError as error:
        raise Misconfigured(f".env: cannot be read: {error.strerror}") from None
    return {name.lower(): value for name, value in chain(in_file.items(), os.environ.items()) if value}


def _in_file() -> dict[str, str | None]:
    from dotenv import dotenv_values  # noqa: PLC0415 - most servers have no such file, and every command would load it

    return dotenv_values(_ENV_FILE, encoding=_ENCODING)


def strange(given: Iterable[str], settings: Iterable[str]) -> tuple[str, ...]:
    """Return the names of `given` that look like ours but are not among `settings`, in upper case.

    Raises:
        Misconfigured: one is almost the name of a setting.
    """
    known = {name.upper() for name in settings}
    others = sorted({name for name in map(str.upper, given) if name.startswith(_PREFIXES)} - known)
    for name in others:
        if like := get_close_matches(name, known, n=1, cutoff=_MISSPELT):
            raise Misconfigured(f"{name}: there is no such setting; remove it, or use {like[0]} if you mean that")
    return tuple(name for name in others if name.startswith("FAX_"))


@cache
def tell(*names: str) -> None:
    """Log once that these variables have no effect."""
    if names:
        log.warning("unknown settings, which have no effect: %s (.env.example lists all settings)", ", ".join(names))
