"""Checks of Redis and of the workers that use it."""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

from redis import Redis

from faxdispatch.errors import FaxError
from faxdispatch.ledger import Epoch, Presence, Scripts, connect
from faxdispatch.ledger.durability import Barrier, Durability
from faxdispatch.ledger.scripts import redis_trouble
from faxdispatch.operations.checks.finding import Finding, fail, ok, skew, warn
from faxdispatch.redis.facts import facts
from faxdispatch.redis.namespace import USUAL
from faxdispatch.settings import Settings

_LEAST = (7, 0)
"""The version of Redis from which XAUTOCLAIM reports trimmed entries, which consumers rely on."""
_ALWAYS = "set appendonly yes and appendfsync always"
_GRANT_CONFIG = "allow our user INFO and CONFIG GET (docs/permissions.md), so that this can be checked"


def check_redis(settings: Settings) -> Iterator[Finding]:
    """Check Redis; if it does not answer, that is the only finding."""
    if settings.redis_url is None:
        return
    try:
        redis = connect(settings.redis)
        with redis_trouble():
            about = facts(redis)
    except FaxError as error:
        yield fail("redis", str(error), "start it, or fix REDIS_URL; nothing can be recorded without it")
        return
    yield _version(about)
    checks: tuple[Callable[[Redis, Any, Settings], Finding], ...] = (
        _persistence,
        _epoch,
        _memory,
        _replicas,
        _clock,
        _workers,
        _clocks_of_workers,
    )
    for check in checks:
        try:
            with redis_trouble():
                yield check(redis, about, settings)
        except FaxError as error:
            yield warn(f"redis {check.__name__.strip('_')}", f"could not be checked: {error}", "check it by hand")


def _version(about: Any) -> Finding:
    name = "valkey" if "valkey_version" in about else "redis"
    version = str(about.get(f"{name}_version", ""))
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    if not numbers:
        return warn(
            "redis", "answers, but does not say its version", "make sure that it is Redis 7.2 or later, or Valkey"
        )
    if numbers < _LEAST:
        return fail("redis", f"{name} {version} is too old", "use Redis 7.2 or later, or Valkey")
    return ok("redis", f"{name} {version} answers")


def _persistence(redis: Redis, _about: Any, settings: Settings) -> Finding:
    """Check which writes survive a crash. If the server does not sync with every write, this takes some seconds."""
    name, server = "redis persistence", Barrier(redis).look()
    facts = f"run {server.run_id[:8]}, {server.role}, appendfsync {server.fsync or 'not told'}"
    if server.durability is Durability.ALWAYS:
        return ok(name, f"every write is on disk before it is answered ({facts})")
    lost = f"a crash can lose what was recorded in the last {'half minute' if server.fsync == 'no' else 'second or so'}"
    if server.durability is Durability.ON_DEMAND:
        lost += ": jobs, and webhooks answered already"
        return warn(
            name,
            f"{lost}; no fax is sent twice, since workers wait for the disk, and Redis does wait for it ({facts})",
            _ALWAYS,
        )
    remedy = _GRANT_CONFIG if server.durability is Durability.UNKNOWN else _ALWAYS
    if settings.fax_dangerous_lossy_redis:
        return fail(name, f"{server.problem} ({facts}); FAX_DANGEROUS_LOSSY_REDIS lets faxes be sent twice", remedy)
    return fail(name, f"{server.problem} ({facts}); so nothing is sent", remedy)


def _epoch(redis: Redis, _about: Any, _settings: Settings) -> Finding:
    scripts = Scripts(redis)
    behind = Epoch(scripts).behind()
    where = "" if scripts.namespace == USUAL else f", in namespace {scripts.namespace}"
    if behind is None:
        return ok("ledger", f"is in the state that its processes remember{where}")
    remedy = "faxdispatch recover restores what Telnyx knows"
    return fail("ledger", f"{behind}{where}; so nothing is sent", remedy)


def _memory(_redis: Redis, about: Any, _settings: Settings) -> Finding:
    name, policy = "redis memory", about.get("maxmemory_policy")
    if policy is None:
        return warn(
            name, "it does not say its maxmemory-policy", "make sure that it is noeviction; allow our user INFO"
        )
    if policy != "noeviction":
        return fail(name, f"maxmemory-policy is {policy}: it may evict records", "set maxmemory-policy noeviction")
    most, used = int(about.get("maxmemory") or 0), int(about.get("used_memory") or 0)
    if most and used > 0.8 * most:
        return warn(
            name, f"{100 * used // most} % of maxmemory in use", "raise maxmemory: a full Redis accepts no jobs"
        )
    return ok(name, "nothing is evicted")


def _replicas(_redis: Redis, about: Any, settings: Settings) -> Finding:
    name = "redis replicas"
    if "connected_slaves" not in about:
        return warn(name, f"it does not say how many; {settings.fax_replicas} wanted", "give our user INFO")
    present = int(about["connected_slaves"])
    if present < settings.fax_replicas:
        wanted = f"{present} connected, FAX_REPLICAS asks for {settings.fax_replicas}: nothing will be sent"
        return fail(name, wanted, "start the replicas, or lower FAX_REPLICAS")
    if 0 < settings.fax_replicas < present:
        problem = (
            f"{present} connected, FAX_REPLICAS waits for {settings.fax_replicas}: "
            "a replica without the claim may be promoted"
        )
        return warn(name, problem, f"set FAX_REPLICAS={present}, or have fewer replicas")
    return ok(name, f"{present} connected, {settings.fax_replicas} wanted")


def _clock(redis: Redis, _about: Any, _settings: Settings) -> Finding:
    before = time.time()
    seconds, micros = redis.time()
    after = time.time()
    return skew("redis clock", int(seconds) + int(micros) / 1e6 - (before + after) / 2, bearable=60)


def _workers(redis: Redis, _about: Any, _settings: Settings) -> Finding:
    present = Presence(Scripts(redis)).all()
    if not present:
        return warn("workers", "none has reported in the last minute: nothing is sent", "start one: faxdispatch up")
    return ok("workers", f"{len(present)} at work, last seen {present[-1].seen_at:%H:%M:%S}Z")


def _clocks_of_workers(redis: Redis, _about: Any, _settings: Settings) -> Finding:
    wrong = {words for worker in Presence(Scripts(redis)).all() for words in worker.wrong_clocks()}
    if wrong:
        return warn(
            "clocks", "; ".join(sorted(wrong)), "set the clocks of all machines by NTP, beginning with Redis' machine"
        )
    return ok("clocks", "those of workers and Telnyx agree with Redis'")
