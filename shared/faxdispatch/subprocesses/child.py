"""One process that we started: its output, whether it runs, and how it ends."""

import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from faxdispatch.subprocesses.parent_death import ending_with_parent
from faxdispatch.subprocesses.umask import UMASK

Sink = Callable[[str, str], object]
"""Takes the name of a process and a line of its output."""

_REMEMBERED = 200
_READ_BACK = 4096


@dataclass(frozen=True)
class Role:
    """Describes a process: its name, how to start it, and how to see that it is ready.

    `grace` is how many seconds it gets between SIGTERM and SIGKILL.
    """

    name: str
    command: list[str]
    environment: Mapping[str, str] = field(repr=False)
    folder: Path
    ready: Callable[["Child"], bool] = lambda _: True
    grace: float = 10
    log: Path | None = None
    """The log file that it writes, if that is not its output."""


class Child:
    """A process in a session of its own, so that Ctrl-C on the terminal reaches only us."""

    def __init__(self, role: Role, sink: Sink) -> None:
        self.role = role
        self.lines: deque[str] = deque(maxlen=_REMEMBERED)
        """The last lines that it wrote."""
        self._sink = sink
        self._logged = role.log.stat().st_size if role.log and role.log.exists() else 0
        self._process = subprocess.Popen(  # noqa: S603 - the commands are ours
            ending_with_parent(role.command),
            cwd=role.folder,
            env=dict(role.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="backslashreplace",
            start_new_session=True,
            umask=UMASK,
        )
        assert self._process.stdout is not None  # noqa: S101 - for the type checker: it is a pipe
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """Its exit code, or None while it runs. Once this is set, the last output of the process has been read."""
        code = self._process.poll()
        if code is not None:
            # A process that it has left behind may keep the pipe open.
            self._reader.join(1)
        return code

    def words(self, most: int) -> list[str]:
        """Return the last lines of its output or its log since it was started."""
        if self.role.log is None or not self.role.log.exists():
            return list(self.lines)[-most:]
        with self.role.log.open("rb") as log:
            log.seek(max(self._logged, log.seek(0, os.SEEK_END) - _READ_BACK))
            said = log.read().decode(errors="backslashreplace").splitlines()
        return [*self.lines, *said][-most:]

    def send(self, number: signal.Signals) -> None:
        """Send it a signal; nothing happens if it has ended."""
        self._process.send_signal(number)

    def stop(self) -> None:
        """End it: SIGTERM, then SIGKILL to its whole session if it takes longer than its grace."""
        self.send(signal.SIGTERM)
        try:
            self._process.wait(self.role.grace)
        except subprocess.TimeoutExpired:
            self._sink(self.role.name, f"did not stop within {self.role.grace:g} s; it is killed")
            self.kill()
        self._close()

    def kill(self) -> None:
        """Kill it at once, with everything that it may have started."""
        if self.exit_code is None:
            os.killpg(self.pid, signal.SIGKILL)
            self._process.wait()
        self._close()

    def _read(self, output: IO[str]) -> None:
        for line in output:
            self.lines.append(line.rstrip("\n"))
            self._sink(self.role.name, self.lines[-1])

    def _close(self) -> None:
        self._reader.join(1)
        if not self._reader.is_alive() and self._process.stdout is not None:
            self._process.stdout.close()
