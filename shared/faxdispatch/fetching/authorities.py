"""The certificate authorities that we trust, loaded once for each process."""

import ssl
from functools import cache

import httpx


@cache
def tls_context() -> ssl.SSLContext:
    """Return the TLS context of this process's calls.

    A second one would cost a megabyte and twenty milliseconds, even for calls to addresses that need none.
    """
    return httpx.create_ssl_context()
