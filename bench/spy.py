"""Observes running processes: the commands of a Redis, and with py-spy the functions of a Python process."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from redis import Redis


def commands(redis: Redis) -> dict[str, tuple[int, int]]:
    """Return how often each command was carried out so far, in scripts too, and its microseconds."""
    found: Any = redis.info("commandstats")
    return {name.removeprefix("cmdstat_"): (stats["calls"], stats["usec"]) for name, stats in found.items()}


@contextmanager
def spied(pid: int, target: Path | None) -> Iterator[None]:
    """Let py-spy observe a process in the block, if there is a file for its output."""
    if target is None:
        yield
        return
    command = [
        "py-spy",
        "record",
        "-p",
        str(pid),
        "-r",
        "500",
        "-f",
        "raw",
        "-o",
        str(target),
        "--gil",
        "--nonblocking",
    ]
    spy = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        spy.send_signal(signal.SIGINT)
        spy.wait()
