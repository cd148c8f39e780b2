"""Keeps redis-py from loading OpenTelemetry's metrics."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

_NAME = "opentelemetry"


@contextmanager
def without_metrics() -> Iterator[None]:
    """Let redis-py, if it is loaded within the block, find no metrics of OpenTelemetry.

    Wherever OpenTelemetry's SDK is installed, redis-py loads them, which takes time and memory. None of our processes
    turns them on.
    """
    if _NAME in sys.modules:
        yield
        return
    sys.modules[_NAME] = None  # type: ignore[assignment] # so Python is told that there is no such module
    try:
        yield
    finally:
        del sys.modules[_NAME]
