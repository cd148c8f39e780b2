"""HTTP for the processes that are reached from outside: waitress, with limits that no client can exceed."""

from faxdispatch.serving.server import Bounds, Server, listen

__all__ = ["Bounds", "Server", "listen"]
