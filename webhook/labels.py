"""Label values of metrics that come from outside: so many are kept apart, the rest counted together."""

OTHER = "other"
"""Stands for every value beyond the bound."""


class Labels:
    """Admits values of one label, `known` ones always and at most `most` besides, in the order in which they come.

    Each value is a time series that the monitoring keeps for months, and anybody's job can name a connection.
    """

    def __init__(self, known: frozenset[str] = frozenset(), *, most: int = 20) -> None:
        self._admitted = set(known)
        self._most = len(known) + most

    def bound(self, value: str) -> str:
        """Return the value, or `other` where there are too many different ones already."""
        if value not in self._admitted:
            if len(self._admitted) >= self._most:
                return OTHER
            self._admitted.add(value)
        return value
