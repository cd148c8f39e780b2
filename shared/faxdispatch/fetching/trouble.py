"""Errors with links, grouped by what to do about them."""

from faxdispatch.errors import FaxError


class LinkExpired(FaxError):
    """The link is no longer valid (400, 401, 403, 404 or 410): ask Telnyx for a new one."""


class LinkRefused(FaxError):
    """The link is never followed: its target, or what it returns, is not safe."""


class LinkFailed(FaxError):
    """No usable answer this time: network, TLS, time, a server's fault, or an incomplete body. Try again later."""
