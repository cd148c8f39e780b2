"""Detects that the ledger went back in time and must be recovered, by what its processes remember."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any
from uuid import uuid4

from redis import Redis

from faxdispatch.ledger.clock import moment as moment_of
from faxdispatch.ledger.identity import KEY, Identity
from faxdispatch.ledger.scripts import Scripts, redis_trouble


@dataclass(frozen=True, slots=True)
class Behind:
    """The ledger went back in time: what was recorded between `found` and `remembered` is gone."""

    noticed_at: datetime
    remembered_at: datetime
    """The last moment that a running process knows to have been recorded."""
    found_at: datetime | None
    """The last time of that process that the ledger still has, or None."""

    def __str__(self) -> str:
        """Say it in words."""
        found = f"found as of {self.found_at:%Y-%m-%d %H:%M:%SZ}" if self.found_at else "and none of it is there"
        return (
            f"it went back in time, noticed {self.noticed_at:%Y-%m-%d %H:%M:%SZ}: "
            f"remembered until {self.remembered_at:%Y-%m-%d %H:%M:%SZ}, {found}"
        )


class Epoch:
    """The ledger's epoch, which ends with each recovery, and whether a recovery is needed."""

    def __init__(self, scripts: Scripts) -> None:
        self._scripts = scripts
        self._redis: Any = scripts.redis

    def behind(self) -> Behind | None:
        """Return the facts if the ledger was set back to an earlier state and is not recovered yet; otherwise None.

        Raises:
            Unavailable: Redis did not answer.
        """
        with redis_trouble():
            text = self._redis.hget(KEY, "behind")
        if not text:
            return None
        facts = json.loads(text)
        found = facts.get("found")
        return Behind(moment_of(facts["noticed"]), moment_of(facts["remembered"]), moment_of(found) if found else None)

    def stop(self, *, found: datetime | None = None) -> bool:
        """Stop sending for a recovery, as if the ledger had been found in the state of `found`.

        Return False if sending was stopped already.

        Raises:
            Unavailable: Redis did not answer; try again.
        """
        millis = round(found.timestamp() * 1000) if found else None
        ledger = Identity(self._scripts).id
        reply = self._scripts.run("stop", ledger=ledger, found=millis, source="operator")
        return bool(reply["outcome"] == "stopped")

    def recovered(self, *, reason: str, operator: str | None = None) -> bool:
        """Let sending continue; this is reported by an event, and the next epoch begins.

        Return False if sending was not stopped.

        Raises:
            Unavailable: Redis did not answer; try again.
        """
        reply = self._scripts.run("recovered", reason=reason, operator=operator, source="operator")
        return bool(reply["outcome"] == "recovered")


class Witness:
    """What one process remembers about the ledger while it runs."""

    def __init__(self, scripts: Scripts, identity: Identity) -> None:
        self._scripts, self._identity = scripts, identity
        self._name = uuid4().hex
        self._lock = Lock()
        self._seen = 0
        self._epoch = 0
        self.behind = False
        """Whether the ledger went back in time and is not recovered yet, as last seen."""

    def signature(self) -> dict[str, Any]:
        """Return what a script needs for the check and the signature."""
        with self._lock:
            return {"who": self._name, "seen": self._seen, "epoch": self._epoch, "ledger": self._identity.id}

    def remember(self, reply: Mapping[str, Any]) -> None:
        """Remember the signature that a script returned, once it is safe; `epoch` 0 means that nothing may be sent."""
        with self._lock:
            epoch = int(reply["epoch"])
            self.behind = epoch == 0
            if self.behind:
                return
            if epoch != self._epoch:
                if self._epoch:
                    self._identity.forget()
                self._epoch, self._seen = epoch, 0
            self._seen = max(self._seen, int(reply["signed"]))

    def look(self, on: Redis | None = None) -> dict[str, Any]:
        """Check and sign. Return the facts to remember once the write is safe.

        Raises:
            Unavailable: Redis did not answer.
        """
        return self._scripts.run("witness", on=on, witness=self.signature(), source="witness")
