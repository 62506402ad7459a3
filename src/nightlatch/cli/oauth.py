"""`nightlatch oauth`: OAuth 2 and OpenID Connect, tried on this machine."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import msgspec
import typer
from rich.markup import escape

from nightlatch.cli.output import AsJson, Refusal, error, print_json, screen, table

if TYPE_CHECKING:
    from nightlatch.workbench.oauth.server.state import Options, State

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
        _list_faults(as_json=as_json)
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
        print_json(_told(state, key))
    else:
        _welcome(state, key)
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


def _list_faults(*, as_json: bool) -> None:
    from nightlatch.workbench.oauth.server.faults import FAULTS

    if as_json:
        print_json(FAULTS)
        return
    rows = table("Fault", "What it is", "What a probe should find")
    for fault in FAULTS:
        rows.add_row(fault.name, fault.title, fault.finds)
    screen.print(rows)


def _told(state: "State", key: dict[str, Any]) -> dict[str, Any]:
    """What is promised to machines."""
    from nightlatch.workbench.oauth.server.clients import PEOPLE
    from nightlatch.workbench.oauth.server.metadata import WARNING

    return {
        "warning": WARNING,
        "issuer": state.options.issuer,
        "discovery": f"{state.options.issuer}/.well-known/openid-configuration",
        "resource": f"{state.options.audience}/me",
        "faults": sorted(state.options.faults),
        "people": [{"username": one.id, "password": one.password} for one in PEOPLE.values()],
        "clients": [
            {
                "client_id": client.id,
                "client_secret": client.secret or None,
                "token_endpoint_auth_methods": sorted(client.methods),
                "grant_types": sorted(client.grants),
                "redirect_uris": client.redirects,
                "private_key": key if client.id == "demo-key" else None,
            }
            for client in state.clients.values()
        ],
    }


def _welcome(state: "State", key: dict[str, Any]) -> None:
    from nightlatch.workbench.oauth.server.metadata import WARNING

    issuer = state.options.issuer
    screen.print(f"[bold red]{WARNING}[/]\n")
    screen.print(f"Issuer: [bold]{issuer}[/]\n", soft_wrap=True)
    rows = table("Client", "Authenticates by", "Secret")
    for client in state.clients.values():
        rows.add_row(escape(client.id), ", ".join(sorted(client.methods)), escape(client.secret))
    screen.print(rows)
    screen.print("\nThe private key of demo-key:", soft_wrap=True)
    # Not by rich, which would break the line.
    sys.stdout.write(msgspec.json.encode(key).decode() + "\n")
    screen.print(_try_this(issuer), soft_wrap=True, markup=False)
    for name in sorted(state.options.faults):
        screen.print(f"Fault on: [red]{name}[/]")
    sys.stdout.flush()


def _try_this(issuer: str) -> str:
    challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    return f"""
Try, in a browser (the verifier of this example is RFC 7636's,
dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk):

    {issuer}/authorize?response_type=code&client_id=demo-public&redirect_uri={issuer}/callback\
&scope=openid+profile+api&state=abc&code_challenge_method=S256&code_challenge={challenge}

or on the command line:

    curl -u demo-confidential:demo-secret-that-everybody-knows-do-not-use \
-d grant_type=client_credentials {issuer}/token
    curl -H "Authorization: Bearer TOKEN" {issuer}/api/me

Faults: nightlatch oauth serve-test --faults. Ctrl-C ends it."""
