"""All keys of Redis at one moment, read in one call, for many checks after each step."""

from fnmatch import fnmatchcase
from typing import Any

from redis import Redis

_READ = """
local found = {}
for _, key in ipairs(redis.call('KEYS', 'fax:*')) do
    local kind = redis.call('TYPE', key).ok
    local content
    if kind == 'hash' then content = redis.call('HGETALL', key)
    elseif kind == 'zset' then content = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
    elseif kind == 'set' then content = redis.call('SMEMBERS', key)
    elseif kind == 'string' and not key:find('^fax:index:') and not key:find('^fax:campaign:') then
        content = redis.call('GET', key)
    end
    if content then found[#found + 1] = {key, kind, content} end
end
return found
"""
"""Lists, the stream and values that are not text are left out."""


class Snapshot:
    """Keys by name. A missing key is empty, as in Redis."""

    def __init__(self, redis: Redis) -> None:
        reply: Any = redis.eval(_READ, 0)
        self._found: dict[str, Any] = {key: _read(kind, content) for key, kind, content in reply}

    def keys(self, pattern: str) -> list[str]:
        """The keys that a pattern such as `fax:calls:*` fits."""
        return [key for key in self._found if fnmatchcase(key, pattern)]

    def fields(self, key: str) -> dict[str, str]:
        """A hash."""
        return self._found.get(key, {})

    def scores(self, key: str) -> dict[str, float]:
        """The members of a sorted set with their scores, lowest first."""
        return self._found.get(key, {})

    def members(self, key: str) -> set[str]:
        """A set."""
        return self._found.get(key, set())

    def text(self, key: str) -> str | None:
        """A string."""
        return self._found.get(key)


def _read(kind: str, content: Any) -> Any:
    if kind == "string":
        return content
    if kind == "set":
        return set(content)
    pairs = zip(content[::2], content[1::2], strict=True)
    return dict(pairs) if kind == "hash" else {member: float(score) for member, score in pairs}
