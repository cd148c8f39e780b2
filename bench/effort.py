"""Measures the time of a process in the kernel, and how often its threads switch."""

import os
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Effort:
    """The use of a process so far: seconds in the kernel, and how often its threads waited or were interrupted."""

    kernel: float
    waits: int
    interruptions: int

    @classmethod
    def of(cls, pid: int) -> Self:
        """Read the figures from Linux. Threads that have ended are not counted."""
        kernel = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[12])
        counts: Counter[str] = Counter()
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with suppress(FileNotFoundError, ProcessLookupError):  # The thread has just ended.
                for line in (thread / "status").read_text().splitlines():
                    name, _, value = line.partition(":")
                    if name.endswith("_ctxt_switches"):
                        counts[name] += int(value)
        return cls(kernel / _TICKS, counts["voluntary_ctxt_switches"], counts["nonvoluntary_ctxt_switches"])

    def __sub__(self, earlier: Self) -> Self:
        """Return the use since an earlier measurement."""
        return type(self)(
            self.kernel - earlier.kernel, self.waits - earlier.waits, self.interruptions - earlier.interruptions
        )
