"""Signals to stop, as an exception, so that everything is cleaned up on the way out."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopSignal(BaseException):
    """A signal asked this process to stop."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(signal.Signals(number).name)

    @property
    def exit_code(self) -> int:
        """The exit code that a shell expects of a process that a signal ended."""
        return 128 + self.number


def _raise(number: int, _: FrameType | None) -> None:
    raise StopSignal(number)


@contextmanager
def stop_signals() -> Iterator[None]:
    """Within it, SIGINT, SIGTERM and SIGHUP raise `StopSignal` in the main thread."""
    before = {number: signal.signal(number, _raise) for number in _STOPPING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
