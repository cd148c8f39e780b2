"""Decides which IP addresses belong to the public internet, in any form of writing or wrapping."""

import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_NOT_PUBLIC_4 = tuple(map(IPv4Network, ("192.0.0.0/24", "192.88.99.0/24", "224.0.0.0/4", "240.0.0.0/4")))
"""Addresses that `is_global` of some Python versions allows: protocol assignments, 6to4 relays, multicast, reserved."""
_UNICAST_6 = IPv6Network("2000::/3")
"""The assigned part of IPv6. Outside it are loopback, local and multicast addresses and old ways to wrap IPv4."""
_NOT_PUBLIC_6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))
"""Within it: protocol assignments with Teredo, examples, 6to4. None of them has public servers."""
_NAT64 = IPv6Network("64:ff9b::/96")
"""The range in which networks without IPv4 put IPv4 addresses; the address in the last four bytes counts."""


def is_public(text: str) -> bool:
    """Return whether an address, as the resolver returns it, belongs to the public internet."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        inner = _inner(address)
        if inner is None:
            wrong = address not in _UNICAST_6 or any(address in network for network in _NOT_PUBLIC_6)
            return address.is_global and not wrong
        address = inner
    return address.is_global and not any(address in network for network in _NOT_PUBLIC_4)


def literal(host: str) -> str | None:
    """Return the address that a host stands for, or None if it is a name.

    IPv4 has more forms than four numbers: `2130706433`, `0x7f.1` and `017700000001` are all 127.0.0.1, to the system's
    resolver and to many proxies.
    """
    try:
        return str(ip_address(host))
    except ValueError:
        pass
    try:
        return str(IPv4Address(socket.inet_aton(host)))
    except OSError:
        return None


def _inner(address: IPv6Address) -> IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return IPv4Address(address.packed[-4:]) if address in _NAT64 else None
