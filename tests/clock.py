"""A clock that a test sets."""


class Clock:
    """Shows `now`, in seconds, until the test sets another time."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now
