"""Read JSON that a stranger may have written: anything that two readers could understand differently is refused."""

import json
import math
from typing import Any, NoReturn

MAX_DEPTH = 32
"""Maximum nesting; Telnyx's webhooks use three levels."""
_INT64 = 1 << 63


def loads(body: bytes) -> Any:
    """Read one JSON document.

    Raises:
        ValueError: not UTF-8, not JSON, nested too deep, a name given twice, NaN or infinity, an integer beyond
            64 bits, or text with half a surrogate pair (which no UTF-8 store can take).
    """
    text = body.decode("utf-8")
    try:
        value = _DECODER.decode(text)
    except RecursionError:
        raise ValueError("nested too deep") from None
    # Without more brackets than this, nothing can nest too deep. In valid UTF-8, only an escape can be half a
    # surrogate pair.
    if text.count("{") + text.count("[") > MAX_DEPTH or "\\u" in text:
        _check(value)
    return value


def canonical(value: Any) -> bytes:
    """Return the canonical text of `value`: names sorted, no blanks, UTF-8. Accepts only results of `loads`."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _check(value: Any) -> None:
    """Walk the document with our own list, so that depth cannot exhaust Python's stack."""
    waiting = [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise ValueError("nested too deep")
        if isinstance(item, str):
            item.encode("utf-8")
        elif isinstance(item, dict):
            waiting.extend((part, depth + 1) for pair in item.items() for part in pair)
        elif isinstance(item, list):
            waiting.extend((part, depth + 1) for part in item)


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object gives the same name twice")
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _int64(text: str) -> int:
    # Check the length first: converting thousands of digits is slow, and Python refuses it beyond a limit of its own.
    if len(text) > 20 or not -_INT64 <= int(text) < _INT64:
        raise ValueError("a number is too large")
    return int(text)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_no_duplicates, parse_constant=_refuse, parse_float=_finite, parse_int=_int64
)
