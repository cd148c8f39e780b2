"""Checks whether the receiver could record a webhook now."""

from redis import Redis
from redis.exceptions import RedisError

from faxdispatch.errors import Unavailable
from faxdispatch.ledger.scripts import redis_trouble
from faxdispatch.redis.facts import facts
from webhook.breaker import Breaker


class Readiness:
    """Finds the reasons why webhooks cannot be recorded.

    Anyone who can reach the port can read the texts, so they name no address.
    """

    def __init__(self, redis: Redis, breaker: Breaker) -> None:
        self._redis = redis
        self._breaker = breaker

    def problems(self) -> list[str]:
        """Return all problems; empty if there are none."""
        try:
            return self._breaker.call(self._look)
        except Unavailable:
            return ["Redis does not answer"]

    def _look(self) -> list[str]:
        with redis_trouble():
            # Unknown facts count as fine; `faxdispatch doctor` reports them as unknown.
            policy = facts(self._redis, "memory").get("maxmemory_policy", "noeviction")
        problems = []
        if policy != "noeviction":
            problems.append(f"Redis' maxmemory-policy is {policy}; an evicted record is a lost fax: set noeviction")
        refusal = self._refusal()
        return [*problems, refusal] if refusal else problems

    def _refusal(self) -> str | None:
        """Write something: only a write shows that the server is full, read-only or failing."""
        try:
            self._redis.set("fax:ready", "1", px=10_000)
        except RedisError as error:
            return f"Redis refuses to write: {type(error).__name__}"
        return None
