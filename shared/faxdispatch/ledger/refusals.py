"""What Redis refuses for a while: it is about the server, not about what was asked, and passes by itself."""

from redis import exceptions

_CLASSES = (
    exceptions.ReadOnlyError,
    exceptions.OutOfMemoryError,
    exceptions.MasterDownError,
    exceptions.BusyLoadingError,
)
_CODES = ("READONLY", "OOM", "MASTERDOWN", "LOADING", "NOREPLICAS", "MISCONF", "CLUSTERDOWN", "UNBLOCKED")
"""Those without a class of their own, and all where they come through a script."""
_OF_PIPELINE = " of pipeline caused error: "
"""What redis-py writes, after the command, before the server's words where the command was one of several."""


def passes(error: BaseException | None) -> bool:
    """Return whether a server is read-only, full, loading, or without its primary, replicas or disk for the moment.

    So it is in each failover. A user who lacks a right (NOPERM) will lack it later, too.
    """
    if isinstance(error, _CLASSES):
        return True
    return isinstance(error, exceptions.ResponseError) and str(error).rpartition(_OF_PIPELINE)[2].startswith(_CODES)
