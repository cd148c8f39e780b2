"""The proxy that the environment names for a host (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`)."""

from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore

from faxdispatch.inbound.trouble import LinkFailed


def proxy_for(authority: str) -> httpcore.Proxy | None:
    """Give the proxy through which a host is reached by https, None where it is reached directly.

    Raises:
        LinkFailed: the proxy that is named is none that can be used.
    """
    named = getproxies()
    address = named.get("https") or named.get("all")
    if not address or proxy_bypass(authority):
        return None
    try:
        parts = urlsplit(address if "://" in address else f"http://{address}")
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise LinkFailed("the proxy that HTTPS_PROXY or ALL_PROXY names is not http://host:port or https://…")
    user = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    return httpcore.Proxy(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", auth=user)
