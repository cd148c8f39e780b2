"""Malformed messages: valid ones with a few parts changed, the same for the same seed."""

import json
import random
from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any

Roll = random.Random
JUNK: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 10**30, "", " ", "None", "x" * 300, "\u202e", "\x00", "2026-13-45", "+1", [], {},
    [[]], [None], {"a": {"b": [1]}}, {"__type__": "datetime", "__value__": "soon"},
    {"__type__": "nothing", "__value__": 1}, "fax.cancel.v1", "fax.rows.v1", "celery.map", ["fax.send.v1"],
)  # fmt: skip


def valid(name: str, roll: Roll) -> dict[str, Any]:
    """A message as a plain Celery app writes it, of any kind that producers may ask for, in either protocol."""
    task, payload = roll.choice(
        (
            ("fax.send.v1", {"to": "+13125550200", "media_name": "letter", "send_at": "2099-01-01T00:00:00+00:00"}),
            ("fax.send.v1", {"to": "+13125550200", "media_name": "letter", "send_at": "2099-01-01T00:00:00+00:00"}),
            ("fax.cancel.v1", {"job_id": name}),
            ("fax.sync.v1", {"job_id": name}),
        )
    )
    args, kwargs = roll.choice((([], payload), ([payload], {}), ([json.dumps(payload)], {})))
    afterwards = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}
    about = {
        "lang": "py", "task": task, "id": name, "root_id": name, "parent_id": None, "group": None, "retries": 0,
        "eta": None, "expires": None, "timelimit": [None, None], "argsrepr": "()", "kwargsrepr": "{}",
        "origin": "gen1@there", "shadow": None, "stamps": {}, "stamped_headers": None, "ignore_result": True,
    }  # fmt: skip
    second = roll.random() < 0.8
    return {
        "body": [args, kwargs, afterwards] if second else {**about, **afterwards, "args": args, "kwargs": kwargs},
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": about if second else {},
        "properties": {
            "correlation_id": name, "delivery_tag": name, "priority": 0, "delivery_mode": 2, "body_encoding": "base64",
            "delivery_info": {"exchange": "", "routing_key": "fax.send"},
        },
    }  # fmt: skip


def mutated(name: str, roll: Roll) -> bytes:
    """A message with up to four parts changed, and now and then its text as well."""
    message: Any = valid(name, roll)
    for _ in range(roll.randint(1, 4)):
        roll.choice((_replaced, _replaced, _dropped, _renamed, _swapped))(message, roll)
    if "body" in message and roll.random() < 0.95:
        message["body"] = b64encode(_damaged(json.dumps(message["body"]).encode(), roll, 0.1)).decode()
    return _damaged(json.dumps(message).encode(), roll, 0.1)


def _places(node: Any) -> Iterator[tuple[Any, Any]]:
    for key in list(node) if isinstance(node, dict) else range(len(node)):
        yield node, key
        if isinstance(node[key], (dict, list)):
            yield from _places(node[key])


def _place(message: Any, roll: Roll) -> tuple[Any, Any]:
    return roll.choice(list(_places(message)))


def _replaced(message: Any, roll: Roll) -> None:
    node, key = _place(message, roll)
    node[key] = json.loads(json.dumps(roll.choice(JUNK)))


def _dropped(message: Any, roll: Roll) -> None:
    node, key = _place(message, roll)
    if len(message) > 1 or node is not message:
        del node[key]


def _renamed(message: Any, roll: Roll) -> None:
    node, key = _place(message, roll)
    if isinstance(node, dict) and len(message) > 1:
        node[f"{key}{roll.choice(('_', 'X', ' '))}"] = node.pop(key)


def _swapped(message: Any, roll: Roll) -> None:
    (one, here), (other, there) = _place(message, roll), _place(message, roll)
    copy = json.loads(json.dumps(other[there]))
    one[here] = copy


def _damaged(text: bytes, roll: Roll, share: float) -> bytes:
    if roll.random() > share:
        return text
    at = roll.randrange(len(text))
    damage: Callable[[], bytes] = roll.choice(
        (
            lambda: text[:at],
            lambda: text[at:],
            lambda: text[:at] + bytes([roll.randrange(256)]) + text[at + 1 :],
            lambda: text + text[:at],
        )
    )
    return damage()
