"""Who sent a request that a proxy passed on. Pure."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network


def sender(peer: str, forwarded: str, proxies: tuple[str, ...]) -> str:
    """Return the address of a request's sender.

    `peer` is who connected to us, `forwarded` the value of X-Forwarded-For, to which each proxy
    adds who connected to it, `proxies` the networks of our own. What others wrote there counts for
    nothing: it is read from its end until an address that is none of ours.
    """
    trusted = _networks(proxies)
    known = peer
    for said in (peer, *_hops(forwarded)):
        try:
            address = ip_address(said)
        except ValueError:
            break
        known = str(address)
        if not any(address in network for network in trusted):
            break
    return known


def _hops(forwarded: str) -> Iterable[str]:
    return (said.strip() for said in reversed(forwarded.split(",")))


@lru_cache(maxsize=8)
def _networks(texts: tuple[str, ...]) -> Sequence[IPv4Network | IPv6Network]:
    return [ip_network(text) for text in texts]
