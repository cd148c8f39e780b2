"""Reads a server's own facts, as far as the user's rights allow: managed services refuse many questions."""

from typing import Any

from redis.exceptions import BusyLoadingError, ResponseError

_SETTINGS = {"maxmemory-policy": "maxmemory_policy", "maxmemory": "maxmemory", "appendfsync": "appendfsync"}


def facts(redis: Any, *sections: str) -> dict[str, Any]:
    """Return the fields of INFO, or of these sections, with `appendfsync` if CONFIG returns it.

    If INFO is refused, `role` and the version come from the greeting, and `aof_enabled`, `maxmemory` and
    `maxmemory_policy` come from CONFIG. Unknown facts are missing.

    Raises:
        RedisError: the server does not answer, or is still loading its data. While it loads, it says that it has no
        append-only file, so that it does not write what it reads back to that file.
    """
    found = _or_nothing(redis.info, *sections) or _greeting(redis)
    if found.get("loading"):
        problem = "Redis is still loading its data"
        raise BusyLoadingError(problem)
    config = _or_nothing(redis.config_get, "appendonly", *_SETTINGS)
    for setting, name in _SETTINGS.items():
        if setting in config:
            found.setdefault(name, config[setting])
    if "appendonly" in config:
        found.setdefault("aof_enabled", int(config["appendonly"] == "yes"))
    return found


def _or_nothing(ask: Any, *what: str) -> dict[str, Any]:
    try:
        return dict(ask(*what))
    except ResponseError:
        return {}


def _greeting(redis: Any) -> dict[str, Any]:
    greeting = _or_nothing(lambda: _pairs(redis.execute_command("HELLO")))
    return {"role": greeting["role"], f"{greeting['server']}_version": greeting["version"]} if greeting else {}


def _pairs(reply: Any) -> dict[str, Any]:
    return reply if isinstance(reply, dict) else dict(zip(reply[::2], reply[1::2], strict=True))
