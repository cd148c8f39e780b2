"""The authorities whose certificates we trust, loaded once for a process."""

import ssl
from functools import cache

import httpx


@cache
def tls_context() -> ssl.SSLContext:
    """Return the TLS context of this process's calls.

    Another one would cost a megabyte and twenty milliseconds, also for calls to addresses that need none.
    """
    return httpx.create_ssl_context()
