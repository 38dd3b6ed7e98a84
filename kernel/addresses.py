"""Which addresses of the internet lie outside of our own networks."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address

# Services of clouds that speak to a machine about itself under an address of the public space;
# the others (169.254.169.254, fd00:ec2::254, 100.100.100.200) lie in ranges that are not public.
_METADATA = frozenset({ip_address("168.63.129.16")})
# Addresses that carry an IPv4 address to which a gateway on the way passes the packets on:
# NAT64 (RFC 6052), IPv4-compatible (RFC 4291, section 2.5.5.1). 6to4 and Teredo lead elsewhere too.
_CARRYING = (IPv6Network("64:ff9b::/96"), IPv6Network("::/96"))
_TUNNELS = (IPv6Network("2002::/16"), IPv6Network("2001::/32"))


def is_public(text: str, also: Iterable[str] = ()) -> bool:
    """Return whether a packet to the address leaves for the public internet.

    Not public: loopback, private, link-local, shared (RFC 6598), multicast, reserved, unspecified
    and documentation addresses, clouds' metadata services, and IPv6 forms of all of these.
    Addresses in the networks `also` are taken as public. Raises ValueError for what is no address.
    """
    address = _plain(ip_address(text.partition("%")[0]))
    if any(address in ip_network(network) for network in also):
        return True
    if "%" in text or address in _METADATA:
        return False
    if isinstance(address, IPv6Address) and (
        address.is_site_local or any(address in network for network in _TUNNELS)
    ):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _plain(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address stands for or carries, else the address."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if any(address in network for network in _CARRYING) and int(address) > 1:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address
