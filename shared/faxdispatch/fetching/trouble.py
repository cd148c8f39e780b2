"""What can go wrong with a link, by what to do about it."""

from faxdispatch.errors import FaxError


class LinkExpired(FaxError):
    """The link opens nothing any more (400, 401, 403, 404 or 410): ask Telnyx for a new one."""


class LinkRefused(FaxError):
    """We do not follow it, and shall not the next time: where it leads, or what it gives, is not safe."""


class LinkFailed(FaxError):
    """No usable answer this time: network, TLS, time, a server's fault, or a body cut short. Try again later."""
