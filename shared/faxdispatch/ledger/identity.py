"""The ledger's id, and the account that it sends with. A ledger never claims the faxes of another one."""

import secrets
from collections.abc import Sequence
from typing import Any

from faxdispatch.ledger.scripts import Scripts, redis_trouble

KEY = "fax:ledger"
"""Key of the hash with the ledger's facts about itself."""


class Identity:
    """The ledger's id: it is created once, stored in the ledger, and sent with every fax."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._redis: Any = scripts.redis
        self._id: str | None = None

    @property
    def id(self) -> str:
        """The id. It is created if there is none yet; after the first call, it is not read again.

        Raises:
            Unavailable: Redis did not answer.
        """
        return self._id or self._read()

    def owns(self, ledger: str | None) -> bool:
        """Return whether a mark belongs to this ledger, or to one that it replaced.

        A mark that names no ledger belongs to this one.

        Raises:
            Unavailable: Redis did not answer.
        """
        if ledger is None or ledger == self.id:
            return True
        # The id is read again before the mark counts as another ledger's: a recovery may have changed it.
        with redis_trouble():
            known, taken_over = self._redis.hmget(KEY, "id", f"was:{ledger}")
        return bool(ledger == known or taken_over)

    def take_over(self, ledger: str) -> None:
        """Replace a lost ledger: from now on, faxes that carry its id belong to this one.

        Raises:
            Unavailable: Redis did not answer.
        """
        with redis_trouble():
            self._redis.hset(KEY, f"was:{ledger}", 1)

    @property
    def taken_over(self) -> tuple[str, ...]:
        """The ids of the ledgers that this one replaced.

        Raises:
            Unavailable: Redis did not answer.
        """
        with redis_trouble():
            names: list[str] = self._redis.hkeys(KEY)
        return tuple(sorted(name.removeprefix("was:") for name in names if name.startswith("was:")))

    @property
    def account(self) -> str | None:
        """The account at Telnyx that this ledger sends with, or None before the first key was used with it.

        Raises:
            Unavailable: Redis did not answer.
        """
        with redis_trouble():
            found: str | None = self._redis.hget(KEY, "account")
        return found

    def account_of(self, key: str) -> str | None:
        """Return the account of an API key, by its digest, or None if it is not known here.

        Raises:
            Unavailable: Redis did not answer.
        """
        with redis_trouble():
            found: str | None = self._redis.hget(f"{KEY}:keys", key)
        return found

    def belongs(
        self,
        *,
        key: str,
        account: str,
        owner: str | None,
        applications: Sequence[str],
        reason: str | None = None,
        operator: str | None = None,
    ) -> bool:
        """Return whether a key belongs to the ledger's account, and remember it if it does.

        `key` is its digest, `owner` and `applications` come from Telnyx, and `account` identifies the account. With
        `reason`, a person declares this the ledger's account from now on.

        Raises:
            Unavailable: Redis did not answer.
        """
        reply = self._scripts.run(
            "account",
            key=key,
            account=account,
            owner=owner,
            applications=list(applications),
            adopt=reason is not None or None,
            reason=reason,
            operator=operator,
            source="operator" if reason else "worker",
        )
        return bool(reply["outcome"] != "other")

    def note_replicas(self, count: int) -> None:
        """Record for producers how many replicas must hold a write.

        Raises:
            Unavailable: Redis did not answer.
        """
        with redis_trouble():
            self._redis.hset(KEY, "replicas", count)

    def forget(self) -> None:
        """Read the id again when it is next needed: a recovery may have brought back another one."""
        self._id = None

    def _read(self) -> str:
        with redis_trouble():
            self._redis.hsetnx(KEY, "id", secrets.token_hex(5))
            self._id = str(self._redis.hget(KEY, "id"))
        return self._id
