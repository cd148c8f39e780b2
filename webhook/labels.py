"""Label values from outside: a limited number have their own time series, and the others are counted together."""

OTHER = "other"
"""Stands for every value beyond the limit."""


class Labels:
    """Admits values of one label: always the `known` ones, and at most `most` others, in the order in which they come.

    Each value is a time series that monitoring keeps for months, and any job can name a connection.
    """

    def __init__(self, known: frozenset[str] = frozenset(), *, most: int = 20) -> None:
        self._admitted = set(known)
        self._most = len(known) + most

    def bound(self, value: str) -> str:
        """Return the value, or `other` if there are already too many different ones."""
        if value not in self._admitted:
            if len(self._admitted) >= self._most:
                return OTHER
            self._admitted.add(value)
        return value
