"""What a test authorization server says of itself when it starts."""

import sys
from typing import TYPE_CHECKING, Any

import msgspec
from rich.markup import escape

from nightlatch.cli.output import print_json, screen, table

if TYPE_CHECKING:
    from nightlatch.workbench.oauth.server.state import State


def list_faults(*, as_json: bool) -> None:
    from nightlatch.workbench.oauth.server.faults import FAULTS

    if as_json:
        print_json(FAULTS)
        return
    rows = table("Fault", "What it is", "What a probe should find")
    for fault in FAULTS:
        rows.add_row(fault.name, fault.title, fault.finds)
    screen.print(rows)


def told(state: "State", key: dict[str, Any]) -> dict[str, Any]:
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


def welcome(state: "State", key: dict[str, Any]) -> None:
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
