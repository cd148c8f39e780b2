"""A backup replaces the ledger: only what was recorded after it and never reached Telnyx is lost."""

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from redis.exceptions import RedisError

from faxdispatch.errors import Unavailable
from faxdispatch.ledger import Epoch, Scripts, connect
from faxdispatch.supervisor.stack import Stack
from faxdispatch.supervisor.valkey import APPEND_ONLY


@dataclass(frozen=True)
class Gone:
    """A time span that the ledger has forgotten, in seconds of the clock that all share."""

    begun: float
    """The time of the copy."""
    ended: float
    """When the copy had replaced the ledger."""

    def has(self, moment: float | None) -> bool:
        """Return whether an order that was answered then may be lost; None means that it was never answered."""
        return moment is None or self.begun <= moment <= self.ended


class Restoring:
    """Makes a copy, replaces the ledger by it, and recovers it, step by step while everything else continues."""

    def __init__(
        self, stack: Stack, folder: Path, environment: dict[str, str], redis: Any, redis_url: str, log: IO[str]
    ) -> None:
        self._stack, self._folder, self._redis, self._log = stack, folder, redis, log
        self._data = folder / "restored"
        self._environment = environment | {"FAX_DATA_DIR": str(self._data)}
        self._epoch = Epoch(Scripts(connect(redis_url)))
        self._course: Iterator[None] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._wanted = False
        self.spans: list[Gone] = []

    @property
    def idle(self) -> bool:
        """Return whether nothing is under way: no copy waits to be used, and the last one was recovered."""
        return self._course is None

    def copy(self) -> bool:
        """Begin to make a copy; False where one is under way."""
        if not self.idle:
            return False
        self._wanted, self._course = False, self._steps()
        return True

    def use(self) -> None:
        """Let the copy take the ledger's place as soon as it can."""
        self._wanted = True

    def turn(self) -> None:
        """Continue as far as possible without waiting."""
        if self._course and next(self._course, self) is self:
            self._course = None

    def close(self) -> None:
        """End what is under way."""
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def _steps(self) -> Iterator[None]:
        copy = self._folder / "copy.rdb"
        yield from self._command("backup", str(copy))
        while not self._wanted:
            yield
        yield from self._command("restore", str(copy), "--yes")
        self._stack["valkey"].kill()
        (self._folder / APPEND_ONLY).rename(self._folder / f"{APPEND_ONLY}.{len(self.spans)}")
        (self._data / APPEND_ONLY).rename(self._folder / APPEND_ONLY)
        while (begun := self._moment()) is None:
            yield
        self.spans.append(Gone(begun, time.time()))
        yield from self._command("recover")

    def _moment(self) -> float | None:
        """The ledger's own time, or None while it does not answer."""
        try:
            behind = self._epoch.behind()
        except (Unavailable, RedisError):
            return None
        return behind.found_at.timestamp() if behind and behind.found_at else None

    def _command(self, *words: str) -> Iterator[None]:
        """Run one of our commands until it succeeds, as a person does."""
        while True:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "faxdispatch.cli", *words],
                cwd=self._folder, env=self._environment, stdout=self._log, stderr=self._log,
            )  # fmt: skip
            while self._process.poll() is None:
                yield
            if self._process.returncode == 0:
                return
            again = time.monotonic() + 0.5
            while time.monotonic() < again:
                yield
