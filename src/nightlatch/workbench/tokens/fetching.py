"""A document from an address that a person typed: bounded, and never from where a cloud keeps the
credentials of this machine.

Addresses of private networks are fetched: one's own authorization server is often there.
"""

import asyncio
import ipaddress
import socket
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp

MAX_DOCUMENT = 1 << 20
"""Bytes."""
PATIENCE = 10.0
"""Seconds for the whole of it, redirects included."""
MAX_REDIRECTS = 3
_HEADERS = {
    "Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "nightlatch"
}  # fmt: skip
_REFUSED = tuple(
    ipaddress.ip_network(network)
    for network in (
        "169.254.0.0/16",  # link-local; 169.254.169.254 tells programs in a cloud their credentials
        "fe80::/10",
        "fd00:ec2::/32",  # the same, over IPv6, at Amazon
        "100.100.100.200/32",  # at Alibaba
        "168.63.129.16/32",  # at Azure
        "224.0.0.0/4",
        "ff00::/8",
    )
)
_EMBEDDED = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("::/96"))
"""IPv6 networks whose last 32 bits are an IPv4 address."""


class NotFetched(Exception):
    """No document from there; the text says why."""


def is_refused(address: str) -> bool:
    """Is it an address that nobody's keys are at? What is no address is not refused here."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        mapped = found.ipv4_mapped or found.sixtofour
        if mapped is None and any(found in network for network in _EMBEDDED):
            mapped = ipaddress.IPv4Address(int(found) & 0xFFFF_FFFF)
        if mapped is not None and is_refused(str(mapped)):
            return True
    return any(found in network for network in _REFUSED if network.version == found.version)


def fetch(address: str) -> bytes:
    """The body of the answer, whatever its status but for errors. Raises NotFetched. Blocks; not to
    be called in an event loop."""
    return asyncio.run(_fetch(address))


async def _fetch(address: str) -> bytes:
    connector = aiohttp.TCPConnector(socket_factory=_socket, force_close=True)
    try:
        async with aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False,
            timeout=aiohttp.ClientTimeout(total=PATIENCE), auto_decompress=False, headers=_HEADERS,
        ) as session, asyncio.timeout(PATIENCE):  # fmt: skip
            return await _followed(session, address)
    except TimeoutError:
        raise NotFetched(f"{_host(address)} gave no whole answer in {PATIENCE:g} seconds") from None
    except _Refused:
        raise NotFetched(
            f"{_host(address)} leads to a link-local or metadata address, which is never asked"
        ) from None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise NotFetched(f"{_host(address)} {_told(error)}") from None


async def _followed(session: aiohttp.ClientSession, address: str) -> bytes:
    for _ in range(MAX_REDIRECTS + 1):
        async with session.get(address, allow_redirects=False) as answer:
            if answer.status in (301, 302, 303, 307, 308):
                address = _next(address, answer.headers.get("Location", ""))
                continue
            if answer.status >= 400:
                raise NotFetched(f"{_host(address)} answers with {answer.status}")
            return await _body(answer, address)
    raise NotFetched(f"{_host(address)} leads on more than {MAX_REDIRECTS} times")


def _next(address: str, location: str) -> str:
    """Where it leads: to the same scheme, or from http to https. Raises NotFetched."""
    found = urljoin(address, location)
    before, after = urlsplit(address).scheme, urlsplit(found).scheme
    if not location or (after != "https" and after != before):
        raise NotFetched(f"{_host(address)} leads to another scheme, which is not followed")
    return found


async def _body(answer: aiohttp.ClientResponse, address: str) -> bytes:
    found = bytearray()
    async for chunk in answer.content.iter_chunked(65_536):
        found += chunk
        if len(found) > MAX_DOCUMENT:
            raise NotFetched(f"{_host(address)} answers with more than {MAX_DOCUMENT:,} bytes")
    return bytes(found)


class _Refused(Exception):
    """Not an OSError, which would be taken for an address that does not answer."""


def _socket(info: Any) -> socket.socket:
    """Asked before every connection, whichever name led there."""
    family, kind, protocol, _, place = info
    if is_refused(str(place[0])):
        raise _Refused
    return socket.socket(family, kind, protocol)


def _host(address: str) -> str:
    """Without what else an address may hold: people paste tokens everywhere."""
    try:
        return urlsplit(address).hostname or "the address"
    except ValueError:
        return "the address"


def _told(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "has a certificate that is not trusted here"
    if isinstance(error, aiohttp.ClientConnectorError | OSError):
        return "cannot be reached: is it running, and is this its address?"
    return "is no address that can be asked, or does not speak HTTP as it should"
