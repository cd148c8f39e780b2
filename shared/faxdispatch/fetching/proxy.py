"""The proxy through which links are fetched, if the environment names one."""

from urllib.parse import unquote, urlsplit

import httpcore

from faxdispatch.fetching.proxies import named_proxy
from faxdispatch.fetching.trouble import LinkFailed


def proxy_for(authority: str) -> httpcore.Proxy | None:
    """Return the proxy through which a host is reached by https, or None if it is reached directly.

    Raises:
        LinkFailed: the named proxy cannot be used.
    """
    address = named_proxy("https", authority)
    if not address:
        return None
    try:
        parts = urlsplit(address)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise LinkFailed("the proxy that HTTPS_PROXY or ALL_PROXY names is not http://host:port or https://…")
    user = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    return httpcore.Proxy(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}", auth=user)
