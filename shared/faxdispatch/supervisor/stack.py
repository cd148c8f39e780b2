"""Several processes as one: started in order, restarted when one ends by itself, stopped in reverse.

Honcho's manager stops everything when one process ends; circus and supervisor need a daemon and a configuration file,
and neither waits until a process is ready before it starts the next.
"""

import sys
import time
from collections.abc import Callable
from typing import Self

from faxdispatch.errors import FaxError
from faxdispatch.subprocesses.child import Child, Role, Sink
from faxdispatch.text.plain import plain

_LOOK = 0.05
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 15.0
_STEADY = 60.0
_LAST_WORDS = 8


class StackError(FaxError):
    """A process ended, or was not ready in time, while the stack was started."""


def to_stderr(name: str, line: str) -> None:
    """Write a line to standard error with its process's name in front."""
    sys.stderr.write(f"{name:<10} | {plain(line)}\n")


class Stack:
    """A context in which processes run; leaving it in any way ends them all.

    It must be used from the main thread, since on Linux its children end with the thread that started them.
    `longest_pause` is how many seconds a process that keeps ending waits at most before it is started again.
    """

    def __init__(self, sink: Sink = to_stderr, *, longest_pause: float = _LONGEST_PAUSE) -> None:
        self._sink = sink
        self._longest_pause = longest_pause
        self._places: dict[str, _Place] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __getitem__(self, name: str) -> Child:
        return self._places[name].child

    def start(self, role: Role, *, within: float = 60) -> Child:
        """Start a process and wait until it is ready.

        Raises:
            StackError: it ends, or is not ready `within` seconds; the message has its last words.
        """
        place = self._places[role.name] = _Place(Child(role, self._sink), self._longest_pause)
        end = time.monotonic() + within
        while not role.ready(place.child):
            if place.child.exit_code is not None:
                raise _not_started(place.child, f"ended with exit code {place.child.exit_code}")
            if time.monotonic() > end:
                raise _not_started(place.child, f"was not ready within {within:g} s")
            time.sleep(_LOOK)
        return place.child

    def restart(self, name: str) -> Child:
        """Stop a process and start it again."""
        self[name].stop()
        return self.start(self[name].role)

    def watch(self, until: Callable[[], bool] = lambda: False) -> None:
        """Restart processes that end, until `until` returns true; without it, until an exception ends the wait."""
        while not until():
            self.restart_dead()
            time.sleep(_LOOK)

    def restart_dead(self) -> None:
        """Restart processes that have ended, after a pause that grows while they keep ending."""
        for name, place in self._places.items():
            if place.child.exit_code is None:
                continue
            if place.due is None:
                pause = place.plan()
                self._sink(name, f"ended with exit code {place.child.exit_code}; started again in {pause:g} s")
            elif time.monotonic() >= place.due:
                place.child.kill()
                place.begin(Child(place.child.role, self._sink))

    def stop(self) -> None:
        """End all processes, beginning with the last one started; at another stop signal (Ctrl-C), kill the rest."""
        children = [place.child for place in reversed(self._places.values())]
        try:
            for child in children:
                child.stop()
        finally:
            for child in children:
                child.kill()
            self._places.clear()


class _Place:
    """The state of a process, and when to start it again."""

    def __init__(self, child: Child, longest_pause: float) -> None:
        self._pause = _FIRST_PAUSE
        self._longest_pause = longest_pause
        self.begin(child)

    def begin(self, child: Child) -> None:
        self.child = child
        self.due: float | None = None
        self._begun = time.monotonic()

    def plan(self) -> float:
        """Set the time of the next start. Return the pause until then."""
        now = time.monotonic()
        if now - self._begun > _STEADY:
            self._pause = _FIRST_PAUSE
        pause = self._pause
        self.due = now + pause
        self._pause = min(self._pause * 2, self._longest_pause)
        return pause


def _not_started(child: Child, what: str) -> StackError:
    child.kill()
    words = "; ".join(child.words(_LAST_WORDS)) or "it said nothing"
    return StackError(f"{child.role.name} {what}: {words}")
