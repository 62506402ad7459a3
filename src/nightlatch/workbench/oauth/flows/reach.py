"""Where calls may go: into private networks, which is wanted, but never to what hands out the
credentials of a machine in a cloud."""

import ipaddress
import socket
from collections.abc import Iterable

from aiohttp import ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult

_METADATA = frozenset({"100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254"})
"""Of clouds whose metadata service is not link-local: Alibaba, Azure, Oracle, AWS by IPv6."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Forbidden(OSError):
    """A name leads to where no call may go."""


def is_forbidden(host: str) -> bool:
    """Link-local (RFC 3927; RFC 4291, section 2.5.6) or a cloud's metadata service, however the
    address is dressed. Names are not looked up here: see `Resolver`."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return _is_number(host) and is_forbidden(socket.inet_ntoa(socket.inet_aton(host)))
    return any(one.is_link_local or str(one) in _METADATA for one in _meant(address))


def _is_number(host: str) -> bool:
    """An IPv4 address as C reads it: 2852039166, 0xa9.0xfea9fe, 0251.0376.0251.0376. HTTP clients
    differ in whether they ask a resolver for it."""
    try:
        socket.inet_aton(host)
    except (OSError, ValueError):
        return False
    return True


def _meant(address: _Address) -> Iterable[_Address]:
    """The address, and the IPv4 address within it."""
    yield address
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            yield address.ipv4_mapped
        if address.sixtofour:
            yield address.sixtofour
        if address in _NAT64:
            yield ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)


class Resolver(AbstractResolver):
    """The system's, without answers that lead to where no call may go. Whoever connects uses these
    very answers, so that a name cannot lead elsewhere a moment later."""

    def __init__(self) -> None:
        self._system = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._system.resolve(host, port, family)
        if any(is_forbidden(one["host"]) for one in found):
            raise Forbidden
        return found

    async def close(self) -> None:
        await self._system.close()
