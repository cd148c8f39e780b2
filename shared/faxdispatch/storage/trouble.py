"""What can go wrong with the place where documents are stored."""

from faxdispatch.errors import FaxError


class StoreTrouble(FaxError):
    """The folder or bucket did not do what it was asked; the message has its words. Try again later."""
