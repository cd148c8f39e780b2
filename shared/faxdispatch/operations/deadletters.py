"""Shows dead letters, and reads a person's changes to them.

Numbers are hidden in any form, since a wrong form is often the reason for a dead letter.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from faxdispatch.errors import BadInput
from faxdispatch.jobs import JOBS
from faxdispatch.ledger import DeadLetter
from faxdispatch.text.privacy import EXAMPLE, hidden, mask_number, scrub_digits
from faxdispatch.text.wording import clock, counted, lasting

_PARTIES = {"to", "from", "from_"}


def letter_json(letter: DeadLetter, *, full: bool) -> dict[str, Any]:
    """Return a letter as JSON, with its age in seconds; parts that it does not have are left out."""
    age = (datetime.now(UTC) - letter.since).total_seconds()
    facts = letter.model_dump(mode="json", by_alias=True)
    found = {name: value for name, value in facts.items() if value not in (None, [], {})}
    return (found if full else _masked(found)) | {"id": letter.id, "age_seconds": max(0, round(age))}


def letter_facts(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result of `letter_json` with names and times for people."""
    since = clock(datetime.fromisoformat(found["since"]))
    facts = {
        "id": found["id"],
        "since": f"{since}, {lasting(found['age_seconds'])} ago",
        "task": found.get("task"),
        "reason": found["reason"],
        "problem": found.get("problem"),
        "request": found.get("kwargs"),
        "arguments": found.get("args"),
        "message": found.get("body"),
        "size": f"{counted(found['size'], 'byte')}, of which only the two ends are kept" if "size" in found else None,
        "sha1": found.get("sha1"),
        "ignored": found.get("ignored"),
    }
    return {name: value for name, value in facts.items() if value is not None}


def _masked(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _masked(part, key) for key, part in value.items()}
    if isinstance(value, list):
        return [_masked(part, name) for part in value]
    if name in _PARTIES and isinstance(value, (str, int)):
        return mask_number(str(value))
    if name in {"args", "body"}:
        return scrub_digits(value if isinstance(value, str) else json.dumps(value))
    return hidden(value)


def read_change(text: str) -> tuple[str, Any]:
    """Read FIELD=VALUE as a field of a job; lists and objects are JSON. Without a value, any field is removed.

    Raises:
        BadInput: it is not of this form, there is no such field, or its JSON is not valid.
    """
    name, given, value = text.partition("=")
    known = {field.alias or name for job in JOBS for name, field in job.model_fields.items()}
    if not name or not given or (value and name not in known):
        raise BadInput(f"--set: {name!r} is not a field; write it like to={EXAMPLE}")
    if not value.startswith(("[", "{")):
        return name, value or None
    try:
        return name, json.loads(value)
    except ValueError:
        raise BadInput(f"--set: the value of {name} begins like JSON but is not valid JSON") from None
