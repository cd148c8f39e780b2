"""Turns observations into figures. Pure functions, except `machine` and `usage`, which ask the operating system."""

import itertools
import os
import platform
import statistics
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TICKS = os.sysconf("SC_CLK_TCK")


def machine() -> str:
    """Describe the machine."""
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, load {load:.1f} at the end"


def most_within(moments: Iterable[float], span: float = 1.0) -> int:
    """Return the largest number of moments in any half-open span of this many seconds."""
    most, first, ordered = 0, 0, sorted(moments)
    for last, moment in enumerate(ordered):
        while moment - ordered[first] >= span:
            first += 1
        most = max(most, last - first + 1)
    return most


def fullest(moments: Iterable[float], span: float = 1.0) -> float:
    """Return the moment at which the span with the most moments begins."""
    ordered = sorted(moments)
    counts = [bisect_left(ordered, begin + span) - place for place, begin in enumerate(ordered)]
    return ordered[counts.index(max(counts))] if counts else 0.0


def spread(seconds: Sequence[float]) -> str:
    """Summarise times: median, 95th percentile, longest, in seconds."""
    if not seconds:
        return "none seen"
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
    return f"median {statistics.median(ordered):.2f}, p95 {p95:.2f}, max {ordered[-1]:.2f} s of {len(ordered)}"


def most_in_use(faxes: Iterable[dict[str, Any]]) -> int:
    """Return the largest number of faxes in use at one moment."""
    most = now = 0
    for _, step in _steps(faxes):
        now += step
        most = max(most, now)
    return most


def mean_in_use(faxes: Iterable[dict[str, Any]], begin: float, end: float) -> float:
    """Return the mean number of faxes in use between two moments."""
    spans = ((max(fax["begun"], begin), min(_end(fax), end)) for fax in faxes if not _full(fax))
    return sum(max(0.0, late - early) for early, late in spans) / (end - begin)


def of_each(faxes: Iterable[dict[str, Any]], name: str) -> dict[str, list[dict[str, Any]]]:
    """Group faxes by their value of `name`."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for fax in faxes:
        found[fax[name]].append(fax)
    return found


def gaps(faxes: Iterable[dict[str, Any]]) -> list[float]:
    """Return the seconds between the end of each fax and the beginning of the next; below 0 where they overlap."""
    ordered = sorted((fax for fax in faxes if not _full(fax)), key=lambda fax: fax["begun"])
    return [later["begun"] - _end(earlier) for earlier, later in itertools.pairwise(ordered)]


def _steps(faxes: Iterable[dict[str, Any]]) -> list[tuple[float, int]]:
    return sorted(
        step
        for fax in faxes
        if not _full(fax)
        for step in ((fax["begun"], 1), (_end(fax), -1))
        if step[0] < float("inf")
    )


def _end(fax: dict[str, Any]) -> float:
    return float("inf") if fax["ended"] is None else fax["ended"]


def _full(fax: dict[str, Any]) -> bool:
    return "channel_limit" in (fax["reason"] or "")


@dataclass(frozen=True)
class Usage:
    """The use of several processes: seconds of processor time of all, and megabytes of memory of the largest."""

    seconds: float
    megabytes: float


def usage(pids: Iterable[int]) -> Usage:
    """Read the use of these processes from Linux."""
    seconds, megabytes = 0.0, 0.0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        seconds += (int(fields[11]) + int(fields[12])) / _TICKS
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        megabytes = max(megabytes, pages * os.sysconf("SC_PAGE_SIZE") / 1e6)
    return Usage(seconds, megabytes)
