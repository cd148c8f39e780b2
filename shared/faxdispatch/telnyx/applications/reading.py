"""Turns `FIELD=VALUE` words and JSON documents into the object that Telnyx accepts."""

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from faxdispatch.errors import BadInput
from faxdispatch.telnyx import strict_json
from faxdispatch.telnyx.applications.fields import AppField, Kind

READ_ONLY = ("id", "record_type", "created_at", "updated_at")
"""Fields that Telnyx shows of an application but accepts in no request."""

_SHOWN = "fax_application"
"""The `record_type` that distinguishes an application shown by Telnyx from a request that somebody wrote."""

_WHOLE = re.compile(r"-?[0-9]{1,18}")


def read_fields(
    words: Sequence[str], source: str | None, fields: Mapping[str, AppField]
) -> tuple[dict[str, Any], list[str]]:
    """Read words and a JSON file, `-` for standard input, as one object, and the names that had to be left out.

    Raises:
        BadInput: a file or a value cannot be read, there is no such field, or nothing is given.
    """
    if not words and source is None:
        raise BadInput("nothing is given; write FIELD=VALUE, like active=true, or --input FILE")
    # Words are read first, so that a wrong one is reported without waiting for standard input.
    from_words = read_words(words, fields)
    if source is None:
        return from_words, []
    try:
        body = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
    except OSError as error:
        raise BadInput(f"input: {source} cannot be read: {error.strerror}") from None
    from_document, left_out = read_document(body, fields)
    return merge(from_document, from_words), left_out


def read_words(words: Iterable[str], fields: Mapping[str, AppField]) -> dict[str, Any]:
    """Read words like `inbound.channel_limit=10` into an object, with nested objects inside.

    Raises:
        BadInput: a word without `=`, an invalid or repeated name, or a value that is not of the field's type.
            Ranges and choices are checked when the request is built.
    """
    given: dict[str, Any] = {}
    seen: set[str] = set()
    for word in words:
        name, sign, text = word.partition("=")
        if not sign:
            raise BadInput(f"{word!r}: write FIELD=VALUE, like active=true")
        field = fields.get(name)
        if field is None:
            raise _unknown([name], fields)
        if name in seen:
            raise BadInput(f"{name}: given twice; give it once")
        seen.add(name)
        _put(given, name, _value(field, text))
    return given


def read_document(body: bytes, fields: Mapping[str, AppField]) -> tuple[dict[str, Any], list[str]]:
    """Read a JSON object in Telnyx's form, or an application as Telnyx shows it.

    Returns the object, and the names of fields that were left out unexpectedly. Fields that only Telnyx sets are left
    out silently. In an application that was shown (recognised by `record_type`), a null that is not allowed means that
    the field is not set, and fields that are not in the API reference cannot be written; both are left out.

    Raises:
        BadInput: it is not a JSON object, or has an unknown field.
    """
    try:
        document = strict_json.loads(body)
    except ValueError as error:
        raise BadInput(f"input: not valid JSON: {error}") from None
    if not isinstance(document, dict):
        raise BadInput("input: must be a JSON object with the fields of one application")
    shown = document.get("record_type") == _SHOWN
    settable = {name: value for name, value in document.items() if name not in READ_ONLY}
    flat = dict(_flat(settable, fields, shown=shown))
    unknown = [name for name, value in flat.items() if name not in fields and not (shown and value is None)]
    if unknown and not shown:
        raise _unknown(unknown, fields)
    given: dict[str, Any] = {}
    for name, value in flat.items():
        if name in fields and not (shown and value is None and not fields[name].nullable):
            _put(given, name, value)
    return given, unknown


def merge(first: Mapping[str, Any], then: Mapping[str, Any]) -> dict[str, Any]:
    """Merge two objects into one; the values in `then` win, also in nested objects."""
    merged = dict(first)
    for name, value in then.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(name), Mapping)
        merged[name] = merge(merged[name], value) if both else value
    return merged


def _flat(document: Mapping[str, Any], fields: Mapping[str, AppField], *, shown: bool) -> Iterable[tuple[str, Any]]:
    """Yield every value with its dotted name.

    Raises:
        BadInput: there is something else where an object with fields must be.
    """
    groups = {name.partition(".")[0] for name in fields if "." in name}
    for name, value in document.items():
        if name not in groups:
            yield name, value
        elif isinstance(value, Mapping):
            yield from ((f"{name}.{inner}", part) for inner, part in value.items())
        elif value is not None or not shown:
            raise BadInput(f"{name}: must be an object with fields such as {_inside(name, fields)}")


def _inside(group: str, fields: Mapping[str, AppField]) -> str:
    return ", ".join(name.removeprefix(f"{group}.") for name in fields if name.startswith(f"{group}."))


def _put(given: dict[str, Any], name: str, value: Any) -> None:
    group, dot, inner = name.partition(".")
    if dot:
        given.setdefault(group, {})[inner] = value
    else:
        given[name] = value


def _value(field: AppField, text: str) -> Any:
    if text == "null":
        if not field.nullable:
            raise BadInput(f"{field.name}: cannot be null; it takes {field.takes}")
        return None
    if field.kind is Kind.NUMBER:
        if not _WHOLE.fullmatch(text):
            raise BadInput(f"{field.name}: {text!r} is not a whole number; it takes {field.takes}")
        return int(text)
    if field.kind is Kind.FLAG:
        if text not in ("true", "false"):
            raise BadInput(f"{field.name}: {text!r} is neither true nor false")
        return text == "true"
    return _words(field, text) if field.kind is Kind.LIST else text


def _words(field: AppField, text: str) -> list[str]:
    if not text.lstrip().startswith("["):
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        found = strict_json.loads(text.encode())
    except ValueError as error:
        raise BadInput(f"{field.name}: begins like a JSON list but is not one: {error}") from None
    if not isinstance(found, list) or not all(isinstance(part, str) for part in found):
        raise BadInput(f"{field.name}: must be a list of texts")
    return found


def _unknown(names: list[str], fields: Mapping[str, AppField]) -> BadInput:
    what = "no field" if len(names) == 1 else "no fields"
    return BadInput(f"{', '.join(names)}: {what} that can be set here; there are {', '.join(fields)}")
