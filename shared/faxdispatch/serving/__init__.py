"""HTTP for the processes that are reached from outside: waitress, with bounds that no client can stretch."""

from faxdispatch.serving.server import Bounds, Server, listen

__all__ = ["Bounds", "Server", "listen"]
