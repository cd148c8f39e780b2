"""One process of the hook: the worker starts, asks and ends it. One thread at a time may use it."""

import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import IO

from faxdispatch.subprocesses.parent_death import ending_with_parent
from worker.hook.wire import START, HookFailed, read_answer

MAX_ANSWER = 64 * 1024
"""Longest answer in bytes: many times the longest sensible one."""
WITHHELD = frozenset({"TELNYX_API_KEY", "REDIS_URL", "CELERY_BROKER_URL"})
"""Environment variables that the process does not get. With them, it could send faxes past the ledger."""
LAST_WORDS = 1.0
"""Seconds that a process which has closed its pipe has to end by itself, so that its exit code can be reported."""


class HookProcess:
    """A process in its own session, so that Ctrl-C on the terminal does not reach it.

    On Linux, the kernel ends it with the *thread* that made this object, even if that is killed; elsewhere it ends when
    it next reads a question. Raises OSError if no process can be started.
    """

    def __init__(self, path: str) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - the command is ours
            ending_with_parent([sys.executable, "-m", "worker.hook.child", path]),
            env={name: value for name, value in os.environ.items() if name.upper() not in WITHHELD},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            bufsize=0,
        )
        self._questions, self._answers = _descriptor(self._process.stdin), _descriptor(self._process.stdout)

    @property
    def alive(self) -> bool:
        """Return whether it runs."""
        return self._process.poll() is None

    def await_ready(self, patience: float) -> None:
        """Wait until the hook is imported, at most `patience` seconds.

        Raises:
            HookFailed: it cannot be imported, or not in time.
        """
        read_answer(START, self._read(time.monotonic() + patience, f"was not imported within {patience:g} s"))

    def ask(self, question: bytes, deadline: float) -> bytes:
        """Return the answer's line.

        Raises:
            HookFailed: the process ended, wrote too much, or gave no answer by `deadline` (monotonic seconds).
        """
        late = "gave no answer in time"
        rest = memoryview(question)
        # If a process has ended, reading the answer shows how.
        with suppress(BrokenPipeError):
            while rest:
                _await(self._questions, select.POLLOUT, deadline, late)
                rest = rest[os.write(self._questions, rest) :]
        return self._read(deadline, late)

    def end(self) -> None:
        """Kill it at once; if it still runs, with all processes that it started."""
        if self._process.returncode is None:
            # It has not been reaped yet, so the id is still its own. Some systems refuse to signal a group that has
            # just ended.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _read(self, deadline: float, late: str) -> bytes:
        line = bytearray()
        while not line.endswith(b"\n"):
            _await(self._answers, select.POLLIN, deadline, late)
            piece = os.read(self._answers, MAX_ANSWER)
            if not piece:
                raise HookFailed(f"the policy hook's process {self._how_it_ended()}")
            line += piece
            if len(line) > MAX_ANSWER:
                raise HookFailed(f"the policy hook's answer is longer than {MAX_ANSWER} bytes")
        return bytes(line)

    def _how_it_ended(self) -> str:
        try:
            code = self._process.wait(LAST_WORDS)
        except subprocess.TimeoutExpired:
            return "closed the pipe for its answers"
        if code >= 0:
            return f"ended with exit code {code}"
        try:
            return f"was ended by {signal.Signals(-code).name}"
        except ValueError:
            return f"was ended by signal {-code}"


def _await(descriptor: int, event: int, deadline: float, late: str) -> None:
    poll = select.poll()
    poll.register(descriptor, event)
    if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
        raise HookFailed(f"the policy hook {late}; its process was killed")


def _descriptor(pipe: IO[bytes] | None) -> int:
    assert pipe is not None  # noqa: S101 - for the type checker: it is a pipe
    # Otherwise a question longer than the pipe would wait forever for a process that reads nothing.
    os.set_blocking(pipe.fileno(), False)
    return pipe.fileno()
