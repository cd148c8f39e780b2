"""Strict request checks: refuses everything that the API description does not allow, with a pointer to it."""

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from simulator.errors import Problem, problem

E164 = re.compile(r"\+[1-9]\d{6,14}")
SIP = re.compile(r"sips?:[^\s@]+@[^\s@]+", re.IGNORECASE)
URL = re.compile(r"https?://[^\s/?#]+[^\s]*", re.IGNORECASE)
DISPLAY_NAME = re.compile(r"[A-Za-z0-9 \-_~!.+]*")
MAX_URL = 2000

# The result of a failed check: code, title, detail.
Complaint = tuple[str, str, str]
Check = Callable[[Any], Complaint | None]

_TYPES: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "strings": lambda value: isinstance(value, list) and all(isinstance(each, str) for each in value),
}


@dataclass(frozen=True, slots=True)
class Field:
    """The allowed values of one property."""

    kind: str
    required: bool = False
    nullable: bool = False
    choices: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    check: Check | None = None
    fields: dict[str, "Field"] = field(default_factory=dict)


def check_object(given: dict[str, Any], allowed: dict[str, Field], at: str = "") -> list[Problem]:
    """Return every problem of an object's properties."""
    problems = [
        _problem("10015", "Bad Request", f"The property {name!r} is not known here.", f"{at}/{name}")
        for name in given
        if name not in allowed
    ]
    for name, wanted in allowed.items():
        if name in given:
            problems += _check_value(given[name], wanted, f"{at}/{name}")
        elif wanted.required:
            detail = f"The {name!r} parameter is required."
            problems.append(_problem("10004", "Missing required parameter", detail, f"{at}/{name}"))
    return problems


def _check_value(value: Any, wanted: Field, at: str) -> list[Problem]:
    if value is None and wanted.nullable:
        return []
    if not _TYPES[wanted.kind](value):
        return [_problem("10026", "Invalid type", f"Must be of type {wanted.kind}.", at)]
    if wanted.kind == "object":
        return check_object(value, wanted.fields, at)
    complaint = _range_complaint(value, wanted)
    if complaint is None and wanted.check is not None:
        complaint = wanted.check(value)
    return [_problem(*complaint, at)] if complaint else []


def _range_complaint(value: Any, wanted: Field) -> Complaint | None:
    if wanted.choices and value not in wanted.choices:
        return "10032", "Invalid enumerated value", f"Must be one of {', '.join(wanted.choices)}."
    too_small = wanted.least is not None and value < wanted.least
    if too_small or (wanted.most is not None and value > wanted.most):
        return "10033", "Value outside of range", f"Must be from {wanted.least} to {wanted.most}."
    return None


def _problem(code: str, title: str, detail: str, at: str) -> Problem:
    return problem(code, title, detail, pointer=at)


def is_e164(value: str) -> Complaint | None:
    """Take only `+` and digits."""
    if E164.fullmatch(value):
        return None
    return "10016", "Phone number must be in +E.164 format", "The number must be in +E.164 format."


def is_destination(value: str) -> Complaint | None:
    """Take a number or a SIP address."""
    return None if SIP.fullmatch(value) else is_e164(value)


def is_url(value: str) -> Complaint | None:
    """Take http and https, up to 2000 characters."""
    if URL.fullmatch(value) and len(value) <= MAX_URL:
        return None
    return "10003", "Invalid URL", f"Must be an http or https URL of at most {MAX_URL} characters."


def is_url_or_empty(value: str) -> Complaint | None:
    """Take a URL or nothing."""
    return is_url(value) if value else None


def is_filled(value: str) -> Complaint | None:
    """Take anything but nothing."""
    return None if value.strip() else ("10015", "Bad Request", "Must not be empty.")


def is_base64(value: str) -> Complaint | None:
    """Take strict base64."""
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return "90017", "Invalid value for client_state", "The client_state must be Base64 encoded."
    return None


def is_display_name(value: str) -> Complaint | None:
    """Take a text that a caller ID can show."""
    if DISPLAY_NAME.fullmatch(value):
        if len(value) <= 128:
            return None
        return "10033", "Value outside of range", "Must have at most 128 characters."
    return "10015", "Bad Request", "May contain only letters, numbers, spaces and -_~!.+ characters."
