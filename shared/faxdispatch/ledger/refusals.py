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


def passes(error: BaseException | None) -> bool:
    """Tell whether a server is read-only, full, loading, or without its primary, replicas or disk for the moment.

    So it is in each failover. A user who lacks a right (NOPERM) will lack it later, too.
    """
    return isinstance(error, _CLASSES) or (
        isinstance(error, exceptions.ResponseError) and str(error).startswith(_CODES)
    )
