"""Which ledger this is, so that the faxes of another one on the same account are never taken for its own."""

import secrets
from typing import Any

from faxdispatch.ledger.scripts import Scripts, redis_trouble

KEY = "fax:ledger"
"""Hash of what the ledger knows of itself."""


class Identity:
    """The ledger's id: made once, kept in the ledger, carried by every fax that is sent from it."""

    def __init__(self, scripts: Scripts) -> None:
        self._redis: Any = scripts.redis
        self._id: str | None = None

    @property
    def id(self) -> str:
        """The id; made where there is none yet, and asked for once.

        Raises:
            Unavailable: Redis did not answer.
        """
        return self._id or self._read()

    def is_ours(self, ledger: str | None) -> bool:
        """Tell whether a mark is this ledger's. One that names no ledger is.

        Raises:
            Unavailable: Redis did not answer.
        """
        # Read once more before it is called another's: a ledger that was restored may have another id by now.
        return ledger is None or ledger == self._id or ledger == self._read()

    def _read(self) -> str:
        with redis_trouble():
            self._redis.hsetnx(KEY, "id", secrets.token_hex(5))
            self._id = str(self._redis.hget(KEY, "id"))
        return self._id
