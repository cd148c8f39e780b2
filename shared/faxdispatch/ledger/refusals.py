"""Refusals of Redis that pass by themselves, since their cause is the server and not the request."""

from redis import exceptions

_CLASSES = (
    exceptions.ReadOnlyError,
    exceptions.OutOfMemoryError,
    exceptions.MasterDownError,
    exceptions.BusyLoadingError,
)
_CODES = ("READONLY", "OOM", "MASTERDOWN", "LOADING", "NOREPLICAS", "MISCONF", "CLUSTERDOWN", "UNBLOCKED")
"""Refusals for which redis-py has no exception class, and all refusals inside a script."""
_BEFORE = (" of pipeline caused error: ", "Transaction discarded because of: ")
"""Text that may come before the code if the command was one of several: redis-py names the command, and the server says
that it refused the whole transaction."""


def passes(error: BaseException | None) -> bool:
    """Return whether a server is read-only, full, loading, or currently without its primary, replicas or disk.

    This happens in each failover. A missing right (NOPERM) is not among them, since it will still be missing later.
    """
    if isinstance(error, _CLASSES):
        return True
    if not isinstance(error, exceptions.ResponseError):
        return False
    words = str(error)
    for before in _BEFORE:
        words = words.rpartition(before)[2]
    return words.startswith(_CODES)
