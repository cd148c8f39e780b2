"""What can go wrong with the place where documents are kept."""

from faxdispatch.errors import FaxError


class StoreTrouble(FaxError):
    """The folder or bucket did not do as it was asked; the message holds its words. Try again later."""
