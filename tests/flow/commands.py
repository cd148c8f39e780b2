"""Commands as a user runs them, and the processes that they leave behind."""

import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path

from faxdispatch.settings import Settings
from tests.conftest import eventually

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
MARK = "FLOW_TEST_MARK"
PATIENCE = 120
"""Seconds in which a command must end: fewer than a test may take, so that its stack can still be shown."""


class Command:
    """A running command. Each of its processes is recognised by its environment or, if a server has overwritten
    that, by its folder.
    """

    def __init__(self, *words: str, folder: Path, **settings: str) -> None:
        self._mark, self._folder = uuid.uuid4().hex, folder
        self._log = folder / f"{words[0]}-{self._mark}.log"
        ours = {name.upper() for name in Settings.model_fields}
        clean = {name: value for name, value in os.environ.items() if name not in ours}
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                [BIN / words[0], *words[1:]],
                cwd=folder,
                env=clean
                | {
                    "PYTHONFAULTHANDLER": "1",
                    "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
                    MARK: self._mark,
                    "TMPDIR": str(folder),
                }
                | settings,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    @property
    def errors(self) -> str:
        """What it wrote to standard error."""
        return self._log.read_text()

    def wait_for_line(self, word: str) -> str:
        """Read standard output up to a line with this word; return all that was read."""
        read = ""
        for line in self.process.stdout:
            read += line
            if word in line:
                return read
        raise AssertionError(f"it ended without {word!r}; it said:\n{read}\n{self.errors}")

    def stop(self, number: int) -> int:
        """Send it a signal; return its exit code."""
        self.process.send_signal(number)
        return self.end()

    def end(self) -> int:
        """Wait for its end and return its exit code; if it does not end, show its stack."""
        with self.process:
            try:
                return self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGABRT)
                self.process.wait()
                raise AssertionError(f"it did not end within {PATIENCE} s:\n{self.errors}") from None

    def family(self) -> list[int]:
        """Return each of its processes that still runs (Linux)."""
        marked = f"{MARK}={self._mark}".encode()
        return [int(e.name) for e in Path("/proc").glob("[1-9]*") if _has(e, marked) or _lives_in(e, self._folder)]

    def assert_nothing_left(self) -> None:
        eventually(lambda: not self.family())

    def close(self) -> None:
        """Make sure of its end, after a test that failed half-way."""
        self.process.kill()
        self.end()


def _has(entry: Path, marked: bytes) -> bool:
    try:
        return marked in (entry / "environ").read_bytes().split(b"\0")
    except OSError:
        return False


def _lives_in(entry: Path, folder: Path) -> bool:
    try:
        return (entry / "cwd").readlink().is_relative_to(folder)
    except OSError:
        return False
