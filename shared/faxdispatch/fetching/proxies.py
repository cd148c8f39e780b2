"""The proxy that the environment names (`HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY` and the like)."""

from urllib.request import getproxies, proxy_bypass


def named_proxy(scheme: str, authority: str) -> str | None:
    """Return the address of the proxy for a scheme and a host with its port, or None if it is reached directly."""
    if proxy_bypass(authority):
        return None
    named = getproxies()
    proxy = named.get(scheme) or named.get("all")
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"
