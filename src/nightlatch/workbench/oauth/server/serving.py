"""The server on its sockets: with TLS on two, of which one asks clients for their certificates.

Browsers would ask people which certificate to show, so the two are apart (RFC 8705, section 5).
"""

import asyncio
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from nightlatch.workbench.oauth.server.app import Clock, create_server
from nightlatch.workbench.oauth.server.certificates import Files, authority_of
from nightlatch.workbench.oauth.server.mutual_tls import own_certificates
from nightlatch.workbench.oauth.server.state import State

if TYPE_CHECKING:
    from starlette.applications import Starlette

MAX_REGISTERED = 1_000
"""Certificates that clients register: the TLS layer forgets none."""


class TlsProtocol(HttpToolsProtocol):
    """Ends at once: closing would wait half a minute for each peer that does not say good-bye."""

    def shutdown(self) -> None:
        # None before the first request, whatever its annotation says.
        if self.cycle is None or self.cycle.response_complete:  # type: ignore[redundant-expr]
            self.transport.abort()
        else:
            super().shutdown()


class CertificateProtocol(TlsProtocol):
    """Tells the application of the client's certificate, as ASGI's TLS extension has it; uvicorn
    does not."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        tls: ssl.SSLObject | None = self.transport.get_extra_info("ssl_object")
        shown = tls.getpeercert(binary_form=True) if tls else None
        chain = [ssl.DER_cert_to_PEM_cert(shown)] if shown else []
        self.scope["extensions"] = {"tls": {"client_cert_chain": chain}}


class _Beside(uvicorn.Server):
    """Runs beside another server, which hears the signals."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def plain_server(state: State, host: str, port: int, clock: Clock | None = None) -> uvicorn.Server:
    return uvicorn.Server(_config(_app(state, clock), host, port))


def tls_servers(
    state: State, files: Files, host: str, ports: tuple[int, int], clock: Clock | None = None
) -> list[uvicorn.Server]:
    """Two of them, for `serve_together`: the issuer, and where certificates are asked for."""
    app = _app(state, clock)
    pair: dict[str, Any] = {"ssl_certfile": str(files.server)}
    issuer = uvicorn.Server(_config(app, host, ports[0], **pair, http=TlsProtocol))
    asking = _config(
        app, host, ports[1], **pair, http=CertificateProtocol, ssl_ca_certs=str(files.ca),
        ssl_cert_reqs=ssl.CERT_OPTIONAL,
    )  # fmt: skip
    asking.load()
    state.authority = authority_of(files)
    if asking.ssl is not None:
        state.let_in = _door(asking.ssl)
    for client in state.clients.values():
        for der in own_certificates(client):
            state.let_in(der)
    return [issuer, _Beside(asking)]


async def serve_together(servers: list[uvicorn.Server]) -> None:
    """Until the first is told to end."""
    first, *others = servers
    running = [asyncio.ensure_future(one.serve()) for one in others]
    try:
        await first.serve()
    finally:
        for one in others:
            one.should_exit = True
        await asyncio.gather(*running)


def _app(state: State, clock: Clock | None) -> "Starlette":
    return create_server(state, clock) if clock else create_server(state)


def _config(app: "Starlette", host: str, port: int, **more: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app, host=host, port=port, log_level="warning", access_log=False, lifespan="off",
        ws="none", **more,
    )  # fmt: skip


def _door(context: ssl.SSLContext) -> Callable[[bytes], None]:
    """Lets in a certificate that vouches for itself. What it vouches for besides is let in, too:
    whose it is, is judged by `mutual_tls`."""
    known: set[bytes] = set()

    def let_in(der: bytes) -> None:
        if der in known:
            return
        if len(known) >= MAX_REGISTERED:
            raise ValueError(f"no more than {MAX_REGISTERED} certificates can be registered")
        try:
            context.load_verify_locations(cadata=der)
        except (ssl.SSLError, ValueError):
            raise ValueError("x5c of the client's key is no certificate") from None
        known.add(der)

    return let_in
