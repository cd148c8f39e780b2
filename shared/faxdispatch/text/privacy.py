"""Keep telephone numbers, keys and secret links out of logs, messages and events.

A fax number is personal data, and anyone who has a signed link or a key can use it; an error message needs neither in
full.
"""

import re
from collections.abc import Mapping
from typing import Any

_KEPT = 4
"""How many digits stay readable at the end of a number: enough to distinguish two numbers, too few to dial."""

EXAMPLE = "+12025550199"
"""The example number in our messages. It is reserved for fiction, so it is never hidden."""

_NUMBER = re.compile(r"(?P<plus>\+|%2B)(?P<digits>\d(?:[ .()/-]{0,2}\d){4,})", re.IGNORECASE)
_SIP_USER = re.compile(r"\b(?P<scheme>sips?:)[^\s@]+@", re.IGNORECASE)
_URL_USER = re.compile(r"(?P<scheme>\b[a-z][a-z0-9+.-]*://)[^\s/@?#]*@", re.IGNORECASE)
_URL_QUERY = re.compile(r"(?P<address>\b[a-z][a-z0-9+.-]*://[^\s?#'\"<>]*)\?[^\s'\"<>)]*", re.IGNORECASE)
_API_KEY = re.compile(r"\bKEY[0-9A-Za-z_-]{12,}")
_ID_OR_DIGITS = re.compile(
    r"(?P<id>\b(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{32}|[0-9a-f]{64})\b)"
    r"|(?P<digits>\d(?:[ .()/-]{0,2}\d){6,})"
)
"""An id or a digest, in which some digits may look like a number; or digits that could be a number without `+`."""
_CALLERS = ("from", "to", "from_display_name")
"""Fields in which a number may have no `+`, by which it is recognised elsewhere, since callers write their own numbers
in any form."""
_BARE_NUMBER = re.compile(r"[\d ()./-]{5,}")


def mask_number(number: str) -> str:
    """Return a number with only its first digit and its last four: `+13125550123` becomes `+1******0123`.

    For a SIP URI, the host is kept and the user hidden. Of a number with fewer than eight digits, only the last two
    digits stay, and `***` replaces a text without digits.
    """
    if number[:4].lower().startswith(("sip:", "sips")):
        return _SIP_USER.sub(r"\g<scheme>***@", number)
    digits = re.sub(r"\D", "", number)
    if not digits:
        return "***" if number else ""
    return f"{'+' if number.startswith('+') else ''}{_masked(digits)}"


def scrub(text: str) -> str:
    """Return `text` without numbers in `+` form, SIP users, query strings and passwords of URLs, and Telnyx API keys.

    A query string is removed completely: signed links to documents carry their key there.
    """
    text = _URL_QUERY.sub(r"\g<address>?…", text)
    text = _URL_USER.sub(r"\g<scheme>***@", text)
    text = _SIP_USER.sub(r"\g<scheme>***@", text)
    text = _API_KEY.sub("KEY***", text)
    return _NUMBER.sub(_hide, text)


def scrub_digits(text: str) -> str:
    """Return `text` as `scrub` does, and also without digits that could be a number in any form; ids stay."""
    return _ID_OR_DIGITS.sub(_hide_digits, scrub(text))


def hidden(value: Any) -> Any:
    """Return a JSON value without telephone numbers and secret links at any depth."""
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, dict):
        return {name: hidden(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [hidden(part) for part in value]
    return value


def hidden_fax(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object of Telnyx without numbers and signed links."""
    given: dict[str, Any] = hidden(dict(data))
    for name in _CALLERS:
        if isinstance(value := given.get(name), str) and _BARE_NUMBER.fullmatch(value):
            given[name] = mask_number(value)
    return given


def _hide(found: re.Match[str]) -> str:
    return found[0] if found[0] == EXAMPLE else found["plus"] + _masked(re.sub(r"\D", "", found["digits"]))


def _hide_digits(found: re.Match[str]) -> str:
    return found[0] if found["id"] or f"+{found[0]}" == EXAMPLE else mask_number(found[0])


def _masked(digits: str) -> str:
    if len(digits) < 2 * _KEPT:
        return "*" * (len(digits) - 2) + digits[-2:] if len(digits) > 2 else "*" * len(digits)
    return digits[0] + "*" * (len(digits) - 1 - _KEPT) + digits[-_KEPT:]
