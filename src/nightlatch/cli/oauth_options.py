"""What every flow's command is told: which server, which client, and what to print."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from msgspec import Struct

from nightlatch.cli.output import Refusal
from nightlatch.cli.token import read_given
from nightlatch.workbench.oauth.flows.call import Misspelt, header_lines

Server = Annotated[str, typer.Argument(
    metavar="SERVER", help="Its issuer, the address of its metadata, an account (ada@id.example), "
    "or a file that --save wrote.")]  # fmt: skip
ClientId = Annotated[str, typer.Option("--client", help="The client's id.")]
Secret = Annotated[str, typer.Option(
    help='The client\'s secret; "-" asks for it. Else from OAUTH_CLIENT_SECRET.')]  # fmt: skip
Auth = Annotated[str, typer.Option(
    help="How the client proves who it is: none, client_secret_basic, client_secret_post, "
    "client_secret_jwt, private_key_jwt, tls_client_auth. Else by what it has.")]  # fmt: skip
ClientKey = Annotated[str, typer.Option(help="The client's private key: JWK or PEM file.")]
Cert = Annotated[str, typer.Option(help="The client's certificate, for mutual TLS: PEM file.")]
CertKey = Annotated[str, typer.Option(help="Its private key, where that is another file.")]
Authority = Annotated[str, typer.Option("--ca", help="Who vouches for the server: PEM file.")]
Scope = Annotated[str, typer.Option(help='What to ask for: "openid profile".')]
ProofKey = Annotated[str, typer.Option(
    "--dpop", metavar="FILE", help="Bind tokens to this file's key (DPoP); made if missing.",
)]  # fmt: skip
Parameters = Annotated[list[str], typer.Option(
    "--parameter", "-p", metavar="NAME=VALUE", help="More of the request. Repeatable.",
)]  # fmt: skip
Save = Annotated[str, typer.Option(
    metavar="FILE", help="Keep server, client and parameters, without secrets: to be shared, or "
    "given as SERVER.")]  # fmt: skip
Show = Annotated[bool, typer.Option("--show", help="Read the server's metadata, print the "
                                    "requests as curl, and send none of them.")]  # fmt: skip
Reveal = Annotated[bool, typer.Option("--reveal", help="Print secrets in requests, too.")]
Edit = Annotated[bool, typer.Option("--edit", help="Change each request in your editor first.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines instead.")]
Log = Annotated[bool, typer.Option("--log", help="Print what went over the network, without "
                                   "secrets.")]  # fmt: skip


class Options(Struct, frozen=True):
    """As they were typed."""

    server: str
    client: str = ""
    secret: str = ""
    auth: str = ""
    client_key: str = ""
    cert: str = ""
    cert_key: str = ""
    authority: str = ""
    scope: str = ""
    dpop: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    save: str = ""
    show: bool = False
    reveal: bool = False
    edit: bool = False
    as_json: bool = False
    log: bool = False

    def __repr__(self) -> str:
        return f"Options({self.server!r})"


def _options(
    server: Server = "", client: ClientId = "", secret: Secret = "", auth: Auth = "",
    client_key: ClientKey = "", cert: Cert = "", cert_key: CertKey = "", authority: Authority = "",
    scope: Scope = "", dpop: ProofKey = "", parameter: Parameters = [],  # noqa: B006
    save: Save = "", show: Show = False, reveal: Reveal = False, edit: Edit = False,
    as_json: Json = False, log: Log = False,
) -> Options:  # fmt: skip
    pairs = tuple(_pair(one) for one in parameter)
    return Options(server, client, secret, auth, client_key, cert, cert_key, authority, scope,
                   dpop, pairs, save, show, reveal, edit, as_json, log)  # fmt: skip


def with_options(command: Callable[..., None], *, server: bool = True) -> Callable[..., None]:
    """A command whose first parameter is Options, for typer: it shows each of them as its own."""
    shared = dict(inspect.signature(_options).parameters)
    if not server:
        del shared["server"]
    own = dict(inspect.signature(command).parameters)
    own.pop("options")
    names = list(shared)

    def run(**given: Any) -> None:
        options = _options(**{name: given.pop(name) for name in names})
        command(options, **given)

    # An argument without a default is one that must be given.
    required = [shared.pop("server").replace(default=inspect.Parameter.empty)] if server else []
    arguments = [*required, *own.values(), *shared.values()]
    signature = inspect.Signature(
        [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in arguments]
    )
    run.__signature__ = signature  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in arguments}
    run.__name__, run.__doc__ = command.__name__, command.__doc__
    return run


def credential(text: str, name: str) -> str:
    """A token or password: as typed, from a file of that name, or asked for. Raises Refusal."""
    if text == "-":
        return str(typer.prompt(name, hide_input=True)).strip()
    found = read_given(text)
    if not found:
        raise Refusal(
            f"{name}: nothing is given. Type it, name a file that holds it, or - to be asked."
        )
    return found


def pairs(given: list[str]) -> tuple[tuple[str, str], ...]:
    """Headers as curl takes them: "Name: value". Raises Refusal."""
    try:
        return header_lines(given)
    except Misspelt as fault:
        raise Refusal(f'A header is "Name: value": {fault}.') from None


def body_of(text: str) -> bytes:
    """As curl takes it: @FILE is the content of a file. Raises Refusal."""
    if not text.startswith("@"):
        return text.encode()
    try:
        return Path(text[1:]).read_bytes()
    except OSError as error:
        raise Refusal(f"{text[1:]}: {error.strerror}.") from error


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise Refusal(f"A parameter is NAME=VALUE, and not {text[:40]!r}.")
    return name, value
