"""Namespaces: which keys and queues belong to which of several deployments on one Redis or RabbitMQ host.

In all code, keys begin with `fax:` and queues with `fax.`; a deployment with another namespace has that word instead of
`fax`. Keys are replaced in one place, where commands are packed for the wire, and in the texts of the scripts.
"""

from collections.abc import Iterable
from typing import Any

USUAL = "fax"
FORM = r"[a-z][a-z0-9-]{0,31}"
"""The allowed form of a namespace, which occurs in keys, queues, patterns and scripts."""

_EVERY = frozenset(
    {"DEL", "UNLINK", "EXISTS", "TOUCH", "MGET", "WATCH", "RENAME", "SINTER", "SUNION", "SDIFF", "BRPOP"}
)
_SCRIPTS = frozenset({"EVAL", "EVALSHA"})
_STREAMS = frozenset({"XREAD", "XREADGROUP"})
_NONE = frozenset({"AUTH", "HELLO", "CLIENT"})
_KOMBU = "_kombu."
"""The beginning of kombu's own keys, which bind queues to exchanges."""


def with_namespace(url: str, namespace: str | None) -> str:
    """Return a Redis address with a namespace among its options; unchanged if there is none to add."""
    if namespace is None:
        return url
    return f"{url}{'&' if '?' in url else '?'}namespace={namespace}"


def queue_name(namespace: str, queue: str) -> str:
    """Return the name of one of our queues, or exchanges, in a namespace."""
    return f"{namespace}{queue.removeprefix(USUAL)}"


def key_name(namespace: str, key: Any) -> Any:
    """Return a key in its form on the wire; other keys, and keys that already have that form, stay unchanged."""
    if isinstance(key, bytes):
        return key_name(namespace, key.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
    if not isinstance(key, str):
        return key
    if key.startswith(f"{USUAL}:"):
        return f"{namespace}{key.removeprefix(USUAL)}"
    return f"{namespace}:{key}" if key.startswith(_KOMBU) else key


def in_namespace(namespace: str, command: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a command with its keys in a namespace."""
    at = set(_keys(command))
    return tuple(key_name(namespace, word) if place in at else word for place, word in enumerate(command))


def _keys(command: tuple[Any, ...]) -> Iterable[int]:
    """Return the places of a command that hold keys."""
    word = str(command[0]).upper()
    if word in _NONE:
        return ()
    if word in _EVERY:
        return range(1, len(command))
    if word in _SCRIPTS:
        return range(3, 3 + int(command[2]))
    if word in _STREAMS:
        begin = 1 + next(place for place, word in enumerate(command) if word in {"STREAMS", b"STREAMS"})
        return range(begin, begin + (len(command) - begin) // 2)
    if word == "SCAN":
        return (place + 1 for place, word in enumerate(command) if word in {"MATCH", b"MATCH"})
    return (1,)
