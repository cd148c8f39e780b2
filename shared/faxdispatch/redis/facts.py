"""What a server tells of itself, as far as it lets our user ask: managed services and narrow rights refuse much."""

from typing import Any

from redis.exceptions import BusyLoadingError, ResponseError

_SETTINGS = {"maxmemory-policy": "maxmemory_policy", "maxmemory": "maxmemory", "appendfsync": "appendfsync"}


def facts(redis: Any, *sections: str) -> dict[str, Any]:
    """Return the fields of INFO, or of these sections; `appendfsync` is in neither, and there where CONFIG tells it.

    Where INFO is refused, `role` and the version are what the greeting says, and of `aof_enabled`, `maxmemory` and
    `maxmemory_policy` there is what CONFIG tells. What nobody tells is not there.

    Raises:
        RedisError: the server does not answer, or still loads its data. While it does, it says that it keeps no
            append-only file: what it reads it must not write to that file again.
    """
    found = _or_nothing(redis.info, *sections) or _greeting(redis)
    if found.get("loading"):
        problem = "Redis still loads its data"
        raise BusyLoadingError(problem)
    told = _or_nothing(redis.config_get, "appendonly", *_SETTINGS)
    for setting, name in _SETTINGS.items():
        if setting in told:
            found.setdefault(name, told[setting])
    if "appendonly" in told:
        found.setdefault("aof_enabled", int(told["appendonly"] == "yes"))
    return found


def _or_nothing(ask: Any, *what: str) -> dict[str, Any]:
    try:
        return dict(ask(*what))
    except ResponseError:
        return {}


def _greeting(redis: Any) -> dict[str, Any]:
    told = _or_nothing(lambda: _pairs(redis.execute_command("HELLO")))
    return {"role": told["role"], f"{told['server']}_version": told["version"]} if told else {}


def _pairs(reply: Any) -> dict[str, Any]:
    return reply if isinstance(reply, dict) else dict(zip(reply[::2], reply[1::2], strict=True))
