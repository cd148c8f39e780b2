"""Left-out rows of a list, stored in a file and grouped by problem, since thousands may have the same one."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

_MOST_GROUPS = 40
_LINES = 3
"""How many lines a group names as examples."""
_FIGURES = re.compile(r"\d+")
OTHERS = "other reasons"


class Leftover:
    """Writes the rows, one JSON object a line, and counts them by kind and reason."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8")
        self._places: dict[tuple[str, str, str], int] = {}
        self.groups: list[dict[str, Any]] = []
        """One problem and the number of its rows: `kind`, `column`, `reason`, `count`, and the first `lines`."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, *, line: int, kind: str, column: str, value: str, reason: str) -> None:
        """Store a row."""
        place = self._place(kind, column, reason)
        group = self.groups[place]
        group["count"] += 1
        if len(group["lines"]) < _LINES:
            group["lines"].append(line)
        facts = {"line": line, "kind": kind, "column": column, "value": value, "reason": reason, "group": place}
        self._file.write(json.dumps(facts, ensure_ascii=False) + "\n")

    def _place(self, kind: str, column: str, reason: str) -> int:
        # If only a row's number or a line differs, it is the same problem.
        key = (kind, column, _FIGURES.sub("…", reason))
        if key not in self._places and len(self.groups) >= _MOST_GROUPS:
            key, reason = ("", "", OTHERS), OTHERS
        if (place := self._places.get(key)) is None:
            place = self._places[key] = len(self.groups)
            self.groups.append({"kind": kind, "column": column, "reason": reason, "count": 0, "lines": []})
        elif self.groups[place]["reason"] != reason and key[2] != OTHERS:
            self.groups[place]["reason"] = key[2]
        return place


def rows(path: Path, *, first: int, count: int, kind: str | None, group: int | None) -> Iterator[dict[str, Any]]:
    """Yield stored rows from the place `first` (from 0) among those of a kind or group."""
    if not path.exists():
        return
    place = 0
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            stored = json.loads(line)
            if (kind and stored["kind"] != kind) or (group is not None and stored["group"] != group):
                continue
            if first <= place < first + count:
                yield stored
            place += 1
            if place >= first + count:
                return
