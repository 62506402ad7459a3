"""`nightlatch oauth`: OAuth 2 and OpenID Connect, tried on this machine."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import msgspec
import typer

from nightlatch.cli.oauth_welcome import list_faults, told, welcome
from nightlatch.cli.output import AsJson, Refusal, error, print_json

if TYPE_CHECKING:
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
    port: Annotated[int, typer.Option(min=1, max=65_535)] = PORT,
    host: Annotated[
        str, typer.Option(help="Where to listen; other than loopback, anybody may log in.")
    ] = LOOPBACK,
    issuer: Annotated[
        str, typer.Option(help="Its address as clients see it; http://127.0.0.1:PORT if left out.")
    ] = "",
    client: Annotated[
        list[str],
        typer.Option(help="A client of yours: its metadata (RFC 7591) as JSON, or a file of it."),
    ] = [],  # noqa: B006 -- typer's way
    fault: Annotated[
        list[str], typer.Option(help="Switch a fault on, by its name. Repeatable.")
    ] = [],  # noqa: B006 -- typer's way
    faults: Annotated[bool, typer.Option("--faults", help="List the faults and end.")] = False,
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
    when it ends.
    """
    if faults:
        list_faults(as_json=as_json)
        return
    from nightlatch.workbench.oauth.server.faults import chosen
    from nightlatch.workbench.oauth.server.state import Options

    try:
        options = Options(
            issuer=_issuer(issuer, host, port), faults=chosen(fault), algorithm=algorithm,
            opaque=opaque, auto=auto, plain_pkce=plain_pkce, dpop_nonce=dpop_nonce,
            token_life=token_life,
        )  # fmt: skip
        _serve(options, client, host, port, as_json=as_json)
    except ValueError as mistake:
        raise Refusal(f"{mistake}.") from mistake


def _serve(options: "Options", clients: list[str], host: str, port: int, *, as_json: bool) -> None:
    import uvicorn

    from nightlatch.workbench.oauth.server.app import create_server
    from nightlatch.workbench.oauth.server.clients import demo_clients, demo_key
    from nightlatch.workbench.oauth.server.state import new_state
    from nightlatch.workbench.tokens.material import public_part

    key = demo_key()
    demo = demo_clients(options.issuer, public_part(key))
    state = new_state(options, (*demo, *(_client(one) for one in clients)))
    if as_json:
        print_json(told(state, key))
    else:
        welcome(state, key)
    if host not in (LOOPBACK, "::1", "localhost"):
        error(f"It listens on {host}: whoever reaches it gets any token. Nothing but tests here.")
    uvicorn.run(create_server(state), host=host, port=port, log_level="warning", access_log=False)


def _issuer(given: str, host: str, port: int) -> str:
    shown = f"[{host}]" if ":" in host else host
    issuer = (given or f"http://{shown}:{port}").rstrip("/")
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
