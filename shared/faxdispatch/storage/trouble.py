"""Errors of the storage for documents."""

from faxdispatch.errors import FaxError


class StoreTrouble(FaxError):
    """The folder or bucket refused a call or failed; the message has its words. Try again later."""
