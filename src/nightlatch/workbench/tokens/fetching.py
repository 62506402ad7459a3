"""A document from an address that a person typed: bounded, and never from where a cloud keeps the
credentials of this machine.

Addresses of private networks are fetched: one's own authorization server is often there.
"""

import asyncio
from urllib.parse import urljoin, urlsplit

import aiohttp
from yarl import URL

from nightlatch.workbench.oauth.flows.reach import Forbidden, Resolver, is_forbidden

MAX_DOCUMENT = 1 << 20
"""Bytes."""
PATIENCE = 10.0
"""Seconds for the whole of it, redirects included."""
MAX_REDIRECTS = 3
_FORBIDDEN = "is link-local or a cloud's metadata service, and never asked"
_HEADERS = {
    "Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "nightlatch"
}  # fmt: skip


class NotFetched(Exception):
    """No document from there; the text says why."""


class NotThere(NotFetched):
    """The server answers, with a status of 400 or more."""


def fetch(address: str) -> bytes:
    """The body of the answer, whatever its status but for errors. Raises NotFetched. Blocks; not to
    be called in an event loop."""
    return asyncio.run(_fetch(address))


async def _fetch(address: str) -> bytes:
    connector = aiohttp.TCPConnector(resolver=Resolver(), force_close=True)
    try:
        async with aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False,
            timeout=aiohttp.ClientTimeout(total=PATIENCE), auto_decompress=False, headers=_HEADERS,
        ) as session, asyncio.timeout(PATIENCE):  # fmt: skip
            return await _followed(session, address)
    except TimeoutError:
        raise NotFetched(f"{_host(address)} gave no whole answer in {PATIENCE:g} seconds") from None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise NotFetched(f"{_host(address)} {_told(error)}") from None


async def _followed(session: aiohttp.ClientSession, address: str) -> bytes:
    for _ in range(MAX_REDIRECTS + 1):
        # As the client itself reads the address: two readings would be a way around.
        if is_forbidden(URL(address).host or ""):
            raise NotFetched(f"{_host(address)} {_FORBIDDEN}")
        async with session.get(address, allow_redirects=False) as answer:
            if answer.status in (301, 302, 303, 307, 308):
                address = _next(address, answer.headers.get("Location", ""))
                continue
            if answer.status >= 400:
                raise NotThere(f"{_host(address)} answers with {answer.status}")
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


def _host(address: str) -> str:
    """Without what else an address may hold: people paste tokens everywhere."""
    try:
        return urlsplit(address).hostname or "the address"
    except ValueError:
        return "the address"


def _told(error: Exception) -> str:
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, Forbidden):
        return _FORBIDDEN
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return "has a certificate that is not trusted here"
    if isinstance(error, aiohttp.ClientConnectorError | OSError):
        return "cannot be reached: see that it runs, and that this is its address"
    return "is no address that can be asked, or does not speak HTTP as it should"
