"""The limits that all workers share: calls a second, channels, paused connections, the day's money."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from faxdispatch.ledger.clock import moment as moment_of
from faxdispatch.ledger.group_commit import GroupCommit
from faxdispatch.ledger.scripts import Scripts, redis_trouble

_Words = dict[str, Any]
_DAY = 86_400
_MILLION = 1_000_000
_IN_SCRIPTS = {"rate": "interval"}
_BY_SCRIPTS = {"interval": "rate"}


@dataclass(frozen=True, slots=True)
class Pause:
    """Why and until when nothing is sent on a connection."""

    reason: str
    until: datetime
    trying: bool = False
    """Its time is over, but it lasts until one fax has tried whether Telnyx answers."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """One connection.

    `channels` is the limit or the present estimate; `waiting` counts the faxes that wait for a channel.
    """

    connection: str
    in_flight: int
    channels: int
    waiting: int
    pause: Pause | None


@dataclass(frozen=True, slots=True)
class Account:
    """All connections together. `channels` is None while no limit is known; `spent` is today's money, UTC.

    `spent` is the settled cost plus the cost reserved for faxes in flight, in the currency of the settings.
    """

    in_flight: int
    channels: int | None
    spent: float
    cap: float | None
    shut_until: datetime | None
    """Until when Telnyx wants no calls."""
    rate: float
    """Calls to Telnyx a second, for all processes together."""


class Limits:
    """Reads and changes the limits, by the rules of the scripts."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._slots = GroupCommit[dict[str, Any], dict[str, Any]](
            lambda slots: scripts.run_many("reserve", slots=slots)
        )

    @property
    def _redis(self) -> Any:
        # redis-py's types cannot say that replies are text.
        return self._scripts.redis

    def reserve(self, *, look_ahead: float, on: str | None = None) -> tuple[float | None, float]:
        """Reserve the next free slot of the rate, unless it is more than `look_ahead` seconds away.

        `on` is the connection, for a send. Returns the seconds until the slot, and 0; or None, and the seconds after
        which a slot will be near enough. Threads that ask at the same moment share one request.
        """
        asked: _Words = {"look": round(look_ahead * 1_000_000)}
        reply = self._slots.write(asked if on is None else asked | {"connection": on})
        if reply["wait"] < 0:
            return None, reply["free"] / 1_000_000
        return reply["wait"] / 1_000_000, 0.0

    def back_off(self, delay: float | None) -> None:
        """Let nobody call Telnyx for `delay` seconds.

        Without `delay`, it is one second, then twice as long each time, up to 60. After `calm`, it begins at one second
        again.
        """
        self._scripts.run("backoff", delay=None if delay is None else round(delay * 1_000_000))

    def calm(self) -> bool:
        """Let the next pause without a length be short again, since a call went well.

        Return False while Telnyx wants no calls: then the call had left before the pause began.
        """
        if self.shut():
            return False
        with redis_trouble():
            self._redis.delete("fax:shut:again")
        return True

    def shut(self) -> float:
        """Return the seconds for which Telnyx must not be called; 0 if it accepts calls."""
        with redis_trouble(), self._redis.pipeline(transaction=False) as pipe:
            pipe.get("fax:shut")
            pipe.time()
            till, (seconds, micros) = pipe.execute()
        return max(0.0, (int(till) - micros) / 1_000_000 - seconds) if till else 0.0

    def pause(self, connection: str, *, delay: float, why: str | None = None, operator: str | None = None) -> datetime:
        """Send nothing on a connection for `delay` seconds, as a person decided; an event reports it.

        `why` is the person's own reason. Returns the end of the pause, which is later if a longer pause exists already.
        """
        reply = self._scripts.run(
            "pause",
            connection=connection,
            delay=round(delay * 1000),
            reason="operator",
            why=why,
            operator=operator,
            source="operator",
        )
        return moment_of(reply["until"])

    def resume(self, connection: str, *, reason: str, operator: str | None = None) -> bool:
        """End a pause before its time. Return False if there is none. The faxes that wait continue by themselves."""
        reply = self._scripts.run("resume", connection=connection, reason=reason, operator=operator, source="operator")
        return bool(reply["outcome"] == "resumed")

    def change(
        self,
        changes: Mapping[str, float | str],
        *,
        found_out: Sequence[str] = (),
        reason: str,
        operator: str | None = None,
    ) -> None:
        """Set limits for all processes at once, overriding the settings; an event reports it.

        `changes` maps `rate` (calls a second), `channels`, `account_channels` and `day_cap` (money) to a number, to
        `auto` (channels), to `none` (no cap), or to `default`, which is the value in the settings. `found_out` are
        connections, or `account`, whose channel estimates are discarded and measured again.
        """
        self._scripts.run(
            "set_limits",
            limits={_IN_SCRIPTS.get(name, name): _as_rule(name, value) for name, value in changes.items()},
            found_out=list(found_out),
            reason=reason,
            operator=operator,
            source="operator",
        )

    def changed(self) -> dict[str, float | str]:
        """Return the limits that override the settings, in the form that `change` takes."""
        with redis_trouble():
            found = self._redis.hgetall("fax:limits")
        return as_said(found)

    def channels(self) -> int | None:
        """Return how many channels each connection has, or None if each connection has an estimate of its own."""
        fixed = self.changed().get("channels", self._scripts.rules.channels)
        return fixed if isinstance(fixed, int) else None

    def connections(self) -> list[Traffic]:
        """Return every connection that faxes were sent on, in the order of their ids."""
        channels, now = self.channels(), self._scripts.clock()
        with redis_trouble():
            names = sorted(self._redis.smembers("fax:connections"))
            with self._redis.pipeline(transaction=False) as pipe:
                for name in names:
                    pipe.scard(f"fax:calls:{name}")
                    pipe.get(f"fax:channels:{name}")
                    pipe.zcard(f"fax:waiting:{name}")
                    pipe.hgetall(f"fax:paused:{name}")
                found = pipe.execute()
        return [
            Traffic(
                name,
                in_flight=in_flight,
                channels=math.floor(float(estimate or 2)) if channels is None else channels,
                waiting=waiting,
                pause=read_pause(pause, now),
            )
            for name, (in_flight, estimate, waiting, pause) in zip(names, _fours(found), strict=True)
        ]

    def connection(self, name: str | None) -> Traffic | None:
        """Return a connection, or None if no fax was sent on it yet."""
        return next((traffic for traffic in self.connections() if traffic.connection == name), None)

    def account(self) -> Account:
        """Return the limits of the account as a whole."""
        changed, now = self.changed(), self._scripts.clock()
        channels, cap, rate = (
            changed.get(name, getattr(self._scripts.rules, name)) for name in ("account_channels", "day_cap", "rate")
        )
        with redis_trouble(), self._redis.pipeline(transaction=False) as pipe:
            pipe.scard("fax:calls")
            pipe.get("fax:channels")
            pipe.get(f"fax:spend:{now // 1000 // _DAY}")
            pipe.get("fax:shut")
            in_flight, estimate, spent, shut = pipe.execute()
        limit: int | None = math.floor(float(estimate)) if estimate else None
        if isinstance(channels, int):
            limit = channels
        return Account(
            in_flight=in_flight,
            channels=limit,
            spent=int(spent or 0) / 1_000_000,
            cap=None if cap == "none" else cap,
            shut_until=moment_of(int(shut) / 1000) if shut and int(shut) > now * 1000 else None,
            rate=float(rate),
        )


def _as_rule(name: str, value: float | str) -> float | str:
    """Return a limit in the form of the scripts."""
    if isinstance(value, str):
        return value
    if name == "rate":
        return max(1, round(_MILLION / value))
    return round(value * _MILLION) if name == "day_cap" else value


def as_said(found: Mapping[str, str]) -> dict[str, float | str]:
    """Return the limits of the scripts that override the settings, in the form for people."""
    return {_BY_SCRIPTS.get(name, name): _as_said(name, value) for name, value in found.items()}


def _as_said(name: str, value: str) -> float | str:
    """Return a limit of the scripts in the form for people."""
    if not value.isdigit():
        return value
    if name == "interval":
        return round(_MILLION / int(value), 3)
    return int(value) / _MILLION if name == "day_cap" else int(value)


def _fours(flat: list[Any]) -> Iterable[tuple[Any, Any, Any, Any]]:
    return zip(flat[0::4], flat[1::4], flat[2::4], flat[3::4], strict=True)


def read_pause(pause: Mapping[str, str], now: int) -> Pause | None:
    """Return the pause of a connection at a time (milliseconds), from its hash, or None if there is none."""
    # A pause that only a successful try ends lasts until then.
    if int(pause.get("until", 0)) <= now and "tries" not in pause:
        return None
    until = int(pause["until"])
    return Pause(pause["reason"], moment_of(until), trying=until <= now)
