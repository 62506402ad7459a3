"""What a test authorization server says of itself when it starts."""

import shlex
import sys
from typing import TYPE_CHECKING, Any

import msgspec
from rich.markup import escape

from nightlatch.cli.output import print_json, screen, table

if TYPE_CHECKING:
    from nightlatch.workbench.oauth.server.certificates import Files
    from nightlatch.workbench.oauth.server.state import State

# Of RFC 7636, appendix B.
_VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
_CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def list_faults(*, as_json: bool) -> None:
    from nightlatch.workbench.oauth.server.faults import FAULTS

    if as_json:
        print_json(FAULTS)
        return
    rows = table("Fault", "What it is", "What a probe should find")
    for fault in FAULTS:
        rows.add_row(fault.name, fault.title, fault.finds)
    screen.print(rows)


def told(state: "State", key: dict[str, Any], files: "Files | None" = None) -> dict[str, Any]:
    """What is promised to machines."""
    from nightlatch.workbench.oauth.server.clients import PEOPLE
    from nightlatch.workbench.oauth.server.metadata import WARNING

    return {
        "warning": WARNING,
        "issuer": state.options.issuer,
        "discovery": f"{state.options.issuer}/.well-known/openid-configuration",
        "resource": f"{state.options.audience}/me",
        "faults": sorted(state.options.faults),
        "mutual_tls": state.options.mutual or None,
        "certificates": {path.stem: str(path) for path in files.all} if files else None,
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


def welcome(state: "State", key: dict[str, Any], files: "Files | None" = None) -> None:
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
    if files:
        _trust_this(files, state.options.mutual)
    screen.print(_try_this(state.options.audience, issuer, files), soft_wrap=True, markup=False)
    for name in sorted(state.options.faults):
        screen.print(f"Fault on: [red]{name}[/]")
    sys.stdout.flush()


def _trust_this(files: "Files", mutual: str) -> None:
    ca = shlex.quote(str(files.ca))
    screen.print("\nNobody trusts its certificate but who is told to: by", soft_wrap=True)
    screen.print(f"    --ca {ca}      (nightlatch)", soft_wrap=True, markup=False)
    screen.print(f"    --cacert {ca}  (curl)", soft_wrap=True, markup=False)
    screen.print(f"    SSL_CERT_FILE={ca}  (Python, and others)", soft_wrap=True, markup=False)
    screen.print(
        f"Clients are asked for their certificates at {mutual} (mtls_endpoint_aliases); those of "
        f"the demo clients, with their keys, and of a stranger are in {files.directory}.",
        soft_wrap=True,
    )  # fmt: skip


def _try_this(api: str, issuer: str, files: "Files | None") -> str:
    from nightlatch.workbench.oauth.server.clients import DEMO_SECRET

    ca = shlex.quote(str(files.ca)) if files else ""
    trust = f" --ca {ca}" if files else ""
    own = f"nightlatch oauth client-credentials {issuer} --scope api --client"
    lines = [
        f'nightlatch oauth code {issuer} --client demo-public --scope "openid profile api"{trust}',
        f"{own} demo-confidential --secret {DEMO_SECRET}{trust}",
        f"nightlatch oauth call {api}/me --token TOKEN{trust}",
    ]
    if files:
        lines.append(f"{own} demo-mtls --cert {shlex.quote(str(files.client))}{trust}")
    shown = "\n    ".join(lines)
    curl = f"curl --cacert {ca}" if files else "curl"
    return f"""
Try, in another terminal:

    {shown}

or without Nightlatch:

    {curl} -u demo-confidential:{DEMO_SECRET} -d grant_type=client_credentials {issuer}/token
    {curl} -H "Authorization: Bearer TOKEN" {api}/me

or in a browser (the verifier is that of RFC 7636's example, {_VERIFIER}):

    {issuer}/authorize?response_type=code&client_id=demo-public&redirect_uri={issuer}/callback\
&scope=openid+profile+api&state=abc&code_challenge_method=S256&code_challenge={_CHALLENGE}

Faults: nightlatch oauth serve-test --faults. Ctrl-C ends it."""
