"""What can go wrong with a link, grouped by what to do about it."""

from faxdispatch.errors import FaxError


class LinkExpired(FaxError):
    """The link is no longer valid (400, 401, 403, 404 or 410): ask Telnyx for a new one."""


class LinkRefused(FaxError):
    """The link is never followed: its target, or what it returns, is not safe."""


class LinkFailed(FaxError):
    """No usable answer this time: network, TLS, time, a server's fault, or an incomplete body. Try again later."""
