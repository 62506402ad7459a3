"""Calls sent over HTTP within bounds, and a log of them without secrets."""

import asyncio
import ssl
import time
from collections import deque
from types import TracebackType
from typing import Self

import aiohttp
from yarl import URL

from nightlatch.workbench.oauth.flows.call import Answer, Call, Certificate, Headers, header
from nightlatch.workbench.oauth.flows.log import MAX_LOG, Entry, Sent, sent
from nightlatch.workbench.oauth.flows.reach import Forbidden, Resolver, is_forbidden
from nightlatch.workbench.oauth.flows.steps import FlowFault

MAX_ANSWER = 1 << 20
"""Bytes of a body."""
PATIENCE = 20.0
"""Seconds for the whole of an answer."""
_MAX_CERTIFICATES = 8
_FORBIDDEN = (
    "the address is link-local or a cloud's metadata service, which hands out the credentials of "
    "this machine: nothing of this bench goes there. Name the server's own address"
)
_AGENT = (("User-Agent", "nightlatch"), ("Accept-Encoding", "identity"))


class Network:
    """Sends calls, one at a time: no redirect is followed, no cookie kept, no proxy asked.

    `authority` is a PEM file of who may vouch for servers besides those that this machine trusts.
    """

    def __init__(self, *, patience: float = PATIENCE, max_answer: int = MAX_ANSWER,
                 authority: str = "") -> None:  # fmt: skip
        self.sent: deque[Sent] = deque(maxlen=MAX_LOG)
        self._patience = patience
        self._max_answer = max_answer
        self._authority = authority
        self._session: aiohttp.ClientSession | None = None
        self._trusting: dict[Certificate | None, ssl.SSLContext] = {}

    @property
    def log(self) -> tuple[Entry, ...]:
        """What was sent and answered, without secrets."""
        return tuple(one.entry() for one in self.sent)

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False, trust_env=False,
            connector=aiohttp.TCPConnector(resolver=Resolver()),
            timeout=aiohttp.ClientTimeout(total=self._patience),
        )  # fmt: skip
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None,
                        trace: TracebackType | None) -> None:  # fmt: skip
        if self._session:
            await self._session.close()

    async def send(self, call: Call) -> Answer:
        """Raises FlowFault where there is no answer within bounds."""
        if is_forbidden(_host(call)):
            raise FlowFault(f"cannot {call.purpose}: {_FORBIDDEN}")
        started = time.perf_counter()
        try:
            answer = await self._answer(call)
        except FlowFault as fault:
            self._note(call, Answer(0), time.perf_counter() - started, str(fault))
            raise
        self._note(call, answer, time.perf_counter() - started)
        return answer

    async def _answer(self, call: Call) -> Answer:
        if self._session is None:
            raise RuntimeError("a Network is used within `async with`")
        try:
            async with self._session.request(
                call.method, URL(call.url, encoded=True), headers=_headers(call),
                data=call.body or None, allow_redirects=False,
                ssl=await self._tls(call.certificate),
            ) as response:  # fmt: skip
                headers = tuple((str(name), value) for name, value in response.headers.items())
                body = await self._body(response, call)
                return Answer(response.status, headers, body)
        except TimeoutError:
            raise FlowFault(
                f"cannot {call.purpose}: no whole answer within {self._patience:g} seconds"
            ) from None
        except (aiohttp.ClientError, ValueError, OSError, asyncio.IncompleteReadError) as error:
            raise FlowFault(f"cannot {call.purpose}: {_told(error, call)}") from None

    async def _body(self, response: aiohttp.ClientResponse, call: Call) -> bytes:
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise FlowFault(
                f"cannot {call.purpose}: the answer is compressed, which was not asked for"
            )
        found = bytearray()
        async for chunk in response.content.iter_chunked(65_536):
            found += chunk
            if len(found) > self._max_answer:
                raise FlowFault(
                    f"cannot {call.purpose}: the answer has more than {self._max_answer:,} bytes"
                )
        return bytes(found)

    async def _tls(self, certificate: Certificate | None) -> ssl.SSLContext | bool:
        if certificate is None and not self._authority:
            return True
        if certificate not in self._trusting:
            if len(self._trusting) >= _MAX_CERTIFICATES:
                self._trusting.clear()
            # A context of its own would be a connection of its own for each call.
            # In a thread: it reads files, and whoever serves a console serves others, too.
            self._trusting[certificate] = await asyncio.to_thread(self._context, certificate)
        return self._trusting[certificate]

    def _context(self, certificate: Certificate | None) -> ssl.SSLContext:
        context = ssl.create_default_context()
        try:
            if self._authority:
                context.load_verify_locations(self._authority)
            if certificate:
                context.load_cert_chain(certificate.chain, certificate.key or None)
        except (OSError, ssl.SSLError) as error:
            raise FlowFault(
                f"the certificate's files cannot be used: {error.strerror or error}"
            ) from None
        return context

    def _note(self, call: Call, answer: Answer, seconds: float, fault: str = "") -> None:
        self.sent.append(sent(call, answer, seconds, fault))


def _host(call: Call) -> str:
    """Raises FlowFault."""
    try:
        return URL(call.url, encoded=True).host or ""
    except ValueError:
        raise FlowFault(f"cannot {call.purpose}: what it is to go to is no address") from None


def _headers(call: Call) -> Headers:
    """Its own, and ours where it has none of that name."""
    return (*(pair for pair in _AGENT if not header(call.headers, pair[0])), *call.headers)


def _told(error: Exception, call: Call) -> str:
    host = URL(call.url, encoded=True).host
    if isinstance(error, aiohttp.ClientConnectorError) and isinstance(error.os_error, Forbidden):
        return _FORBIDDEN
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return f"the certificate of {host} is not trusted here (--ca FILE names who vouches for it)"
    if _is_broken_off(error):
        return _why_broken_off(str(host), call)
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"{host} cannot be reached: see that it runs, and that this is its address"
    if isinstance(error, aiohttp.ClientPayloadError):
        return f"{host} broke off in the middle of its answer"
    # Its own words may repeat what was sent.
    return f"{host} does not speak HTTP as it should ({type(error).__name__})"


def _is_broken_off(error: Exception) -> bool:
    """Before an answer began; TLS 1.3 refuses a certificate so, 1.2 by closing the handshake."""
    if isinstance(error, aiohttp.ClientConnectorError):
        return isinstance(error.os_error, ConnectionResetError | ssl.SSLError)
    # A ClientOSError that is no ClientConnectorError comes while the request is written or read.
    return isinstance(error, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError | ssl.SSLError)


def _why_broken_off(host: str, call: Call) -> str:
    if call.certificate:
        return (
            f"{host} broke off: most likely it does not take the client's certificate. Is it the "
            "registered one (--cert), still good, and of an authority that the server trusts?"
        )
    if call.url.startswith("https://"):
        return f"{host} broke off before it answered; does it want a client certificate (--cert)?"
    return f"{host} broke off before it answered"
