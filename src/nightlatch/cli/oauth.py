"""`nightlatch oauth`: OAuth 2 and OpenID Connect, tried on this machine."""

import asyncio
import signal
import socket
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import msgspec
import typer

from nightlatch.cli.oauth_welcome import list_faults, told, welcome
from nightlatch.cli.output import AsJson, Refusal, error, print_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nightlatch.workbench.oauth.server.certificates import Files
    from nightlatch.workbench.oauth.server.clients import Client
    from nightlatch.workbench.oauth.server.state import Options

LOOPBACK = "127.0.0.1"
PORT = 9400

oauth = typer.Typer(
    help="OAuth 2 and OpenID Connect: try flows, against your server or a test server of ours.",
    no_args_is_help=True,
)


@oauth.callback()
def group() -> None:
    """OAuth 2 and OpenID Connect: try flows, against your server or a test server of ours."""


@oauth.command(name="serve-test")
def serve_test(
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Where to listen.")] = PORT,
    host: Annotated[
        str, typer.Option(help="Where to listen; other than loopback, anybody may log in.")
    ] = LOOPBACK,
    issuer: Annotated[
        str, typer.Option(help="Its address as clients see it; http://127.0.0.1:PORT if left out.")
    ] = "",
    tls: Annotated[
        bool, typer.Option("--tls", help="Serve https, and ask for clients' certificates (mTLS).")
    ] = False,
    tls_directory: Annotated[
        str,
        typer.Option(help="Keep the certificates here, and use them again; switches TLS on."),
    ] = "",
    mtls_port: Annotated[
        int,
        typer.Option(
            min=0,
            max=65_535,
            show_default=False,
            help="Where certificates are asked for; the next port if left out.",
        ),
    ] = 0,
    client: Annotated[
        list[str],
        typer.Option(help="A client of yours: its metadata (RFC 7591) as JSON, or a file of it."),
    ] = [],  # noqa: B006 -- typer's way
    fault: Annotated[
        list[str], typer.Option(help="Switch a mistake on, by its name. Repeatable.")
    ] = [],  # noqa: B006 -- typer's way
    faults: Annotated[
        bool, typer.Option("--faults", help="List the mistakes it can make, and end.")
    ] = False,
    algorithm: Annotated[
        str, typer.Option(help="Tokens are signed with ES256 or RS256.")
    ] = "ES256",
    opaque: Annotated[bool, typer.Option("--opaque", help="Access tokens say nothing.")] = False,
    auto: Annotated[bool, typer.Option("--auto", help="Consent without asking.")] = False,
    plain_pkce: Annotated[bool, typer.Option("--plain-pkce", help="Allow PKCE's plain.")] = False,
    dpop_nonce: Annotated[
        bool, typer.Option("--dpop-nonce", help="DPoP proofs must name a nonce of the server.")
    ] = False,
    token_life: Annotated[int, typer.Option(min=1, help="Seconds of an access token.")] = 600,
    as_json: AsJson = False,
) -> None:
    """Serve a test authorization server and an API behind it: all grants, faults on demand.

    For playing and for tests, never for production: it asks for no password and forgets everything
    when it ends. It prints its clients, and lines to try in another terminal:

    nightlatch oauth serve-test

    nightlatch oauth code http://127.0.0.1:9400 --client demo-public --scope "openid api"

    With --fault it makes one of the mistakes that real servers make (--faults lists them), and a
    probe should find it. With --tls it makes its own certificates, and clients can be known, and
    tokens bound, by theirs (RFC 8705).
    """
    if faults:
        list_faults(as_json=as_json)
        return
    from nightlatch.workbench.oauth.server.faults import chosen
    from nightlatch.workbench.oauth.server.state import Options

    try:
        tls = tls or bool(tls_directory)
        ports = (port, mtls_port or port % 65_535 + 1)
        name = _issuer(issuer or _address("https" if tls else "http", host, port))
        mutual = _address("https", urlsplit(name).hostname or host, ports[1]) if tls else ""
        options = Options(
            issuer=name, faults=chosen(fault), mutual=mutual, algorithm=algorithm,
            opaque=opaque, auto=auto, plain_pkce=plain_pkce, dpop_nonce=dpop_nonce,
            token_life=token_life,
        )  # fmt: skip
        with _certificates(options, tls_directory) as files:
            _serve(options, client, host, ports, files, as_json=as_json)
    except ValueError as mistake:
        raise Refusal(f"{mistake}.") from mistake
    except OSError as fault:
        raise Refusal(f"{fault.filename} cannot be used: {fault.strerror}.") from fault


@contextmanager
def _certificates(options: "Options", directory: str) -> "Iterator[Files | None]":
    """None without TLS; in a directory that goes with the server, unless one is named."""
    if not options.mutual:
        yield None
        return
    from nightlatch.workbench.oauth.server.certificates import LOCAL, certificates

    name = urlsplit(options.issuer).hostname or LOOPBACK
    hosts = () if name in LOCAL else (name,)
    if directory:
        yield certificates(Path(directory), hosts, time.time())
        return
    with TemporaryDirectory(prefix="nightlatch-tls-") as made:
        yield certificates(Path(made), hosts, time.time())


def _serve(
    options: "Options", clients: list[str], host: str, ports: tuple[int, int],
    files: "Files | None", *, as_json: bool,
) -> None:  # fmt: skip
    from nightlatch.workbench.oauth.server.clients import demo_key
    from nightlatch.workbench.oauth.server.serving import (
        plain_server,
        serve_together,
        tls_servers,
    )
    from nightlatch.workbench.oauth.server.state import new_state

    key = demo_key()
    demo = _demo_clients(options.issuer, key, files)
    state = new_state(options, (*demo, *(_client(one) for one in clients)))
    if files:
        servers = tls_servers(state, files, host, ports)
    else:
        servers = [plain_server(state, host, ports[0])]
    # Before the clients and keys are told of a server that then cannot start.
    for port in ports if files else ports[:1]:
        _refuse_taken(host, port)
    if as_json:
        print_json(told(state, key, files))
    else:
        welcome(state, key, files)
    if host not in (LOOPBACK, "::1", "localhost"):
        error(f"It listens on {host}: whoever reaches it gets any token. Nothing but tests here.")
    # Ended by either, it takes its temporary certificates with it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        asyncio.run(serve_together(servers))


def _refuse_taken(host: str, port: int) -> None:
    """Raises Refusal."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((host, port))
        except OSError as fault:
            raise Refusal(
                f"It cannot listen at {host}, port {port} ({fault.strerror}): end what listens "
                "there, or choose another port with --port."
            ) from fault


def _demo_clients(issuer: str, key: dict[str, Any], files: "Files | None") -> "list[Client]":
    from nightlatch.workbench.oauth.server.certificates import CLIENT_SUBJECT, registered_key
    from nightlatch.workbench.oauth.server.clients import demo_clients, demo_tls_clients
    from nightlatch.workbench.tokens.material import public_part

    found = list(demo_clients(issuer, public_part(key)))
    if files:
        found += demo_tls_clients(issuer, CLIENT_SUBJECT, registered_key(files.self_signed))
    return found


def _address(scheme: str, host: str, port: int) -> str:
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def _issuer(given: str) -> str:
    issuer = given.rstrip("/")
    parts = urlsplit(issuer)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
        raise Refusal("The issuer is scheme, host and port alone: http://127.0.0.1:9400.")
    return issuer


def _client(given: str) -> Any:
    from nightlatch.workbench.oauth.server.answers import Refusal as Refused
    from nightlatch.workbench.oauth.server.registration import read_client

    try:
        text = given if given.lstrip().startswith("{") else Path(given).read_text()
        return read_client(msgspec.json.decode(text, type=dict[str, Any]))
    except (OSError, msgspec.DecodeError) as fault:
        raise Refusal(f"--client is neither a file nor JSON ({type(fault).__name__}).") from None
    except Refused as refused:
        raise Refusal(f"--client: {refused.description}.") from None
