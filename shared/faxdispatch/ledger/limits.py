"""The limits that all workers share: calls a second, paused connections, channels."""

from typing import Any

from faxdispatch.ledger.scripts import Scripts, redis_trouble

_PAGE = 500


class Limits:
    """Rate and pauses. `rate` is in calls a second, for all workers of this Redis together."""

    def __init__(self, scripts: Scripts, *, rate: float) -> None:
        self._scripts = scripts
        self._interval = max(1, round(1_000_000 / rate))

    @property
    def _redis(self) -> Any:
        # redis-py's types cannot say that replies are text.
        return self._scripts.redis

    def reserve(self, *, patience: float) -> float | None:
        """Reserve the next free slot and give the seconds to wait for it; None where that is beyond `patience`."""
        reply = self._scripts.run("reserve", interval=self._interval, patience=round(patience * 1_000_000))
        wait = float(reply["wait"])
        return None if wait < 0 else wait / 1_000_000

    def back_off(self, delay: float) -> None:
        """Let nobody call Telnyx for `delay` seconds."""
        self._scripts.run("backoff", delay=round(delay * 1_000_000))

    def pause(self, connection: str, *, reason: str, delay: float) -> None:
        """Send nothing on a connection for `delay` seconds; the first pause is told by an alarm event."""
        self._scripts.run("pause", connection=connection, reason=reason, delay=round(delay * 1000), source="worker")

    def resume(self, connection: str, *, reason: str, operator: str | None = None) -> bool:
        """End a pause before its time and let the faxes that it holds try again; False where there is none."""
        reply = self._scripts.run("resume", connection=connection, reason=reason, operator=operator, source="operator")
        # Even where no pause is left: a call that timed out half-way is mended by its repetition.
        first, looked_at = 0, 1
        while looked_at:
            looked_at = self._scripts.run("wake", first=first, limit=_PAGE)["looked_at"]
            first += _PAGE
        return bool(reply["outcome"] == "resumed")

    def paused(self) -> dict[str, dict[str, str]]:
        """Give the paused connections, each with `reason` and `until` (milliseconds since 1970)."""
        with redis_trouble():
            seconds, _ = self._redis.time()
            known = {c: self._redis.hgetall(f"fax:paused:{c}") for c in self._redis.smembers("fax:connections")}
        return {connection: pause for connection, pause in known.items() if int(pause.get("until", 0)) > seconds * 1000}

    def calls(self) -> dict[str, int]:
        """Count the faxes in flight on each connection."""
        with redis_trouble():
            return {c: self._redis.scard(f"fax:calls:{c}") for c in self._redis.smembers("fax:connections")}
