"""The observed pace of a campaign. Pure."""

from collections import deque


class Pace:
    """The rate of rows that end, over the last minute or so; observations have monotonic seconds."""

    def __init__(self, span: float = 60.0) -> None:
        self._span = span
        self._looks: deque[tuple[float, int]] = deque()

    def look(self, moment: float, ended: int) -> None:
        """Record how many rows had ended. A lower number begins a new count: rows were made pending again."""
        if self._looks and ended < self._looks[-1][1]:
            self._looks.clear()
        self._looks.append((moment, ended))
        # The last observation before the span stays, so that the whole span is covered.
        while len(self._looks) > 2 and self._looks[1][0] <= moment - self._span:
            self._looks.popleft()

    @property
    def per_minute(self) -> float | None:
        """Rows that ended a minute, or None before there are two observations."""
        if len(self._looks) < 2:
            return None
        (begin, before), (end, after) = self._looks[0], self._looks[-1]
        return 60 * (after - before) / (end - begin) if end > begin else None
