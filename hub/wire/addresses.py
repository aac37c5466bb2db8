"""Which IP addresses the hub may be sent to by a stranger: none of this machine, none of the networks behind it.

Whoever can make the hub fetch or post somewhere must not reach a database or a cloud's metadata service.
"""

from __future__ import annotations

import ipaddress

NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address


def is_public(address: str) -> bool:
    """Whether an IP address, and the IPv4 address inside it if there is one, is reachable on the public internet.

    Raises ValueError when it is no IP address.
    """
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        inside = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in NAT64 else ip.ipv4_mapped
        if inside:
            return is_public(str(inside))
        if ip.sixtofour or ip.teredo:  # tunnels to an IPv4 address; nothing of today lives there
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved
