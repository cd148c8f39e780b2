"""Turns the result of a call into one of our errors, by one table for all operations."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from faxdispatch.errors import (
    AccountRefused,
    NoSuchResource,
    OutcomeUnknown,
    RateLimited,
    Refused,
    TelnyxError,
    WrongState,
)
from faxdispatch.text.privacy import scrub

MAX_RETRY_AFTER = 3600.0
"""Longest pause that is accepted; a malformed header must not stop the account for days."""

_MAX_DETAIL = 300

_BY_STATUS: dict[int, type[TelnyxError]] = {
    401: AccountRefused,
    402: AccountRefused,
    403: AccountRefused,
    404: NoSuchResource,
    # A timeout and a conflict leave open whether an earlier copy of the request was carried out.
    408: OutcomeUnknown,
    409: OutcomeUnknown,
    429: RateLimited,
}
"""Statuses with a meaning of their own; any other 4xx is `Refused`, anything else `OutcomeUnknown`."""

_BY_CODE: dict[str, type[TelnyxError]] = {
    # These concern the account or its key, whatever was requested
    "10009": AccountRefused,  # authentication failed
    "10010": AccountRefused,  # not authorised
    "10038": AccountRefused,  # feature not permitted at account level
    "10039": AccountRefused,  # feature limited at account level
    "20002": AccountRefused,  # API key revoked
    "20006": AccountRefused,  # expired token
    "20008": AccountRefused,  # invalid key
    "20012": AccountRefused,  # account inactive, may be out of funds
    "20013": AccountRefused,  # account blocked
    "20014": AccountRefused,  # verification missing
    "20016": AccountRefused,  # verification missing
    "20017": AccountRefused,  # verification missing
    "20100": AccountRefused,  # insufficient funds
    # The fax is past the point where the command is possible
    "90080": WrongState,
    "90081": WrongState,
    # Telnyx itself does not know the outcome
    "10007": OutcomeUnknown,  # unexpected error
    "10008": OutcomeUnknown,  # request timeout
    "10036": OutcomeUnknown,  # being processed
    "10037": OutcomeUnknown,  # service unavailable
    # A conflict with something else, not with an earlier copy of the request
    "10021": Refused,  # resource in use
}
"""Codes that say more than the status of a 4xx (Telnyx API error codes). The first one found in the answer wins."""

_VAGUE = "10010"
"""A code that Telnyx gives for the account as well as for one request."""

_CODE_CANNOT_CHANGE = frozenset({408, 429})
"""Statuses that count regardless of the code."""


@dataclass(frozen=True)
class Answer:
    """An answer: status, headers with lower-case names, and the body."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        """Read the body. Raises ValueError if it is not JSON."""
        try:
            return json.loads(self.body)
        except RecursionError:
            raise ValueError("nested too deep") from None


def failure(operation: str, answer: Answer) -> TelnyxError:
    """Return the error for an answer that is not a success. `operation` is a client method's name."""
    errors = _errors(answer)
    kind = _kind(answer.status, [code for code in (_word(e.get("code")) for e in errors) if code])
    first = errors[0] if errors else {}
    code, detail = _word(first.get("code")), _words(first)
    message = _message(kind, operation, answer.status, code, detail, first, len(errors) - 1)
    facts: dict[str, Any] = {"status": answer.status, "code": code, "detail": detail}
    if kind is RateLimited:
        return RateLimited(message, retry_after=retry_after(answer.headers), **facts)
    return kind(message, **facts)


def blames_account(error: AccountRefused) -> bool:
    """Return whether a refusal certainly concerns the account or the key, and cannot be caused by the request."""
    by_code = error.code is not None and error.code != _VAGUE and _BY_CODE.get(error.code) is AccountRefused
    return by_code or error.status in {401, 402}


def unreadable(operation: str, answer: Answer, why: str) -> OutcomeUnknown:
    """Return the error for a success that cannot be read."""
    return OutcomeUnknown(f"Telnyx answered {answer.status} to {_asked(operation)}, but {why}", status=answer.status)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds to wait after a 429: `Retry-After`, else `x-ratelimit-reset`, or None if neither is usable.

    Only the second is documented (Telnyx developer guide, "Rate limiting": seconds until the reset).
    """
    for name in ("retry-after", "x-ratelimit-reset"):
        seconds = _seconds(headers.get(name), now=headers.get("date"))
        if seconds is not None:
            return min(max(seconds, 0.0), MAX_RETRY_AFTER)
    return None


def _kind(status: int, codes: list[str]) -> type[TelnyxError]:
    if not 400 <= status < 500:
        return OutcomeUnknown
    kinds = [_BY_CODE[code] for code in codes if code in _BY_CODE]
    if kinds and status not in _CODE_CANNOT_CHANGE:
        return kinds[0]
    return _BY_STATUS.get(status, Refused)


def _asked(operation: str) -> str:
    return operation.replace("_", " ")


def _message(
    kind: type[TelnyxError], operation: str, status: int, code: str | None, detail: str | None,
    first: Mapping[str, Any], others: int,
) -> str:  # fmt: skip
    lead = {OutcomeUnknown: "gave no clear answer to", RateLimited: "asks to wait with"}.get(kind, "refused to")
    parts = [f"Telnyx {lead} {_asked(operation)}: {status}"]
    # If Telnyx has no code for an error, it repeats the HTTP status as the code.
    parts += [code] if code and code != str(status) else []
    parts += [detail] if detail else []
    parts += [f"({_pointer(first)})"] if _pointer(first) else []
    parts += [f"(and {others} more)"] if others > 0 else []
    parts += ["(check TELNYX_API_KEY)"] if status == 401 else []
    return " ".join(parts)


def _errors(answer: Answer) -> list[Mapping[str, Any]]:
    try:
        document = answer.json()
    except ValueError:
        return []
    found = document.get("errors") if isinstance(document, dict) else None
    return [e for e in found if isinstance(e, dict)] if isinstance(found, list) else []


def _word(value: Any) -> str | None:
    if isinstance(value, int):
        value = str(value)
    return value[:20] if isinstance(value, str) and value else None


def _words(error: Mapping[str, Any]) -> str | None:
    """Return Telnyx's own words without numbers and links; the title only if there is no detail."""
    said = error.get("detail") or error.get("title")
    return scrub(" ".join(said.split()))[:_MAX_DETAIL] if isinstance(said, str) else None


def _pointer(error: Mapping[str, Any]) -> str | None:
    source = error.get("source")
    if not isinstance(source, dict):
        return None
    named = ((name, source.get(name)) for name in ("pointer", "parameter"))
    return next((f"{name} {value[:100]}" for name, value in named if isinstance(value, str) and value), None)


def _seconds(text: str | None, *, now: str | None) -> float | None:
    """Read seconds or an HTTP date; from a list such as `1, 1;w=1`, the first.

    `now` is the date of the answer, since this machine's clock may differ.
    """
    if not text:
        return None
    try:
        number = float(text.split(",")[0].split(";")[0])
        return number if math.isfinite(number) else None
    except ValueError:
        pass
    try:
        return (
            parsedate_to_datetime(text) - (parsedate_to_datetime(now) if now else datetime.now(UTC))
        ).total_seconds()
    except (ValueError, TypeError):
        return None
