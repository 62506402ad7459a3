"""`nightlatch oauth`: each grant and each endpoint of a server, as a command."""

from collections.abc import Callable
from typing import Annotated, Any

import typer

from nightlatch.cli.oauth_options import Options, body_of, credential, pairs, with_options
from nightlatch.workbench.oauth.flows import authorization, endpoints, grants, polling
from nightlatch.workbench.oauth.flows.call import Answer, Pairs
from nightlatch.workbench.oauth.flows.client import Client
from nightlatch.workbench.oauth.flows.steps import Play

_ASK = "-"
Command = Callable[..., None]
Flow = Callable[[Client, Pairs], Play[Any]]
"""Of a client and of more parameters, as they were typed or kept."""
TokenText = Annotated[
    str, typer.Argument(metavar="TOKEN", help='The token, a file that holds it, or "-".')
]
Hint = Annotated[str, typer.Option(help="access_token or refresh_token.")]
Redirect = Annotated[str, typer.Option(
    help="The registered redirect address. An http address of this machine is listened at, by "
    "default on any free port; from any other you paste where the browser ended.")]  # fmt: skip
Opens = Annotated[bool, typer.Option("--browser/--no-browser", help="Open the browser for you.")]


def run_flow(options: Options, name: str, flow: Flow, *, redirect: str | None = None,
             opens: bool = False) -> None:  # fmt: skip
    """See `oauth_run.run_flow`: what speaks HTTP is loaded by whoever needs it alone."""
    from nightlatch.cli.oauth_run import run_flow as run

    run(options, name, flow, redirect=redirect, opens=opens)


def discover(options: Options) -> None:
    """Read what a server says about itself, and check that it is the issuer it claims to be.

    By OpenID Connect Discovery, RFC 8414 or WebFinger. Start here: it lists grants and endpoints.
    """

    def flow(client: Client, _extra: Pairs) -> Play[dict[str, Any]]:
        yield from ()
        return client.metadata.document

    run_flow(options, "discover", flow)


def code(
    options: Options,
    redirect: Redirect = "",
    opens: Opens = True,
    response_type: Annotated[str, typer.Option(
        help='"code"; others are deprecated: token, "id_token token", "code id_token".')] = "code",
    response_mode: Annotated[str, typer.Option(help="query, fragment, form_post, jwt.")] = "",
    pkce: Annotated[str, typer.Option(help="S256, plain or none.")] = "S256",
    par: Annotated[bool, typer.Option("--par", help="Push the request first (RFC 9126).")] = False,
    jar: Annotated[bool, typer.Option(
        "--jar", help="Sign the request with --client-key (RFC 9101).")] = False,
    jarm: Annotated[bool, typer.Option("--jarm", help="Ask for a signed answer (JARM).")] = False,
) -> None:  # fmt: skip
    """Log in through the browser: the authorization code grant, with PKCE.

    Checked: state, the issuer in the answer (RFC 9207), and the ID token's signature, issuer,
    audience, nonce and times. What fails is told, and nothing of it is used.

    nightlatch oauth code https://id.example --client demo --scope "openid profile"
    """
    mode = response_mode or ("jwt" if jarm else "")

    def flow(client: Client, extra: Pairs) -> Play[Any]:
        wishes = authorization.Wishes(response_type, mode, pkce, par, jar, extra)
        return authorization.authorization(client, wishes)

    run_flow(options, "code", flow, redirect=redirect, opens=opens)


def client_credentials(options: Options) -> None:
    """Get a token for the client itself: one machine speaks to another, and no person is there."""
    run_flow(options, "client-credentials", grants.client_credentials)


def device(options: Options) -> None:
    """Log in on another device: for a television or a terminal without a browser (RFC 8628)."""
    run_flow(options, "device", polling.device)


def ciba(
    options: Options,
    login_hint: Annotated[str, typer.Option(help="Whom to ask: an account, e-mail, number.")],
    message: Annotated[str, typer.Option(help="Shown to the person, to be compared.")] = "",
) -> None:
    """Have the server ask a person on their own device (OpenID Connect CIBA, poll mode)."""
    whom = polling.Whom(login_hint, binding_message=message)
    run_flow(options, "ciba", lambda client, extra: polling.ciba(client, whom, extra))


def refresh(
    options: Options,
    token: TokenText,
    reuse: Annotated[bool, typer.Option(
        "--reuse", help="Then use the old one again, as a thief would: most servers revoke all.",
    )] = False,
) -> None:  # fmt: skip
    """Get a new access token for a refresh token, and tell whether that was replaced too."""
    given = credential(token, "The refresh token")
    play = grants.refresh_and_reuse if reuse else grants.refresh
    run_flow(options, "refresh", lambda client, extra: play(client, given, extra))


def exchange(
    options: Options,
    token: TokenText,
    kind: Annotated[str, typer.Option(help="What TOKEN is: access_token, id_token, jwt, a URI.")]
    = "access_token",
    wanted: Annotated[str, typer.Option("--for", help="What is wanted, if not the usual.")]
    = "",
    actor: Annotated[str, typer.Option(help="A token of who acts for TOKEN's subject.")] = "",
    audience: Annotated[str, typer.Option(help="For which service, by name.")] = "",
    resource: Annotated[str, typer.Option(help="For which service, by address.")] = "",
) -> None:  # fmt: skip
    """Exchange a token for another: for a service behind, or on somebody's behalf (RFC 8693)."""
    given = grants.Exchange(
        credential(token, "The token"), kind,
        credential(actor, "The actor's token") if actor else "",
        requested_type=wanted, audience=audience, resource=resource,
    )  # fmt: skip
    run_flow(options, "exchange", lambda client, extra: grants.exchange(client, given, extra))


def password(
    options: Options,
    user: Annotated[str, typer.Option(help="The person's name at the server.")],
    secret_word: Annotated[
        str, typer.Option("--password", help='Their password; "-" asks for it.')
    ] = _ASK,
) -> None:
    """Deprecated: get a token for a person's name and password (RFC 9700 forbids it)."""
    given = credential(secret_word, "The person's password")
    run_flow(options, "password", lambda client, extra: grants.password(client, user, given, extra))


def introspect(options: Options, token: TokenText, hint: Hint = "") -> None:
    """Ask the server what a token is, and whether it is still good (RFC 7662)."""
    given = credential(token, "The token")
    run_flow(options, "introspect", lambda client, _: endpoints.introspect(client, given, hint))


def revoke(options: Options, token: TokenText, hint: Hint = "") -> None:
    """Tell the server that a token is not to be good any more (RFC 7009)."""
    given = credential(token, "The token")

    run_flow(options, "revoke", lambda client, _: endpoints.revoke(client, given, hint))


def userinfo(
    options: Options,
    token: TokenText,
    subject: Annotated[str, typer.Option(help="The ID token's sub, to be compared.")] = "",
) -> None:
    """Ask the server who the person is whose token this is (OpenID Connect)."""
    given = credential(token, "The access token")
    run_flow(options, "userinfo", lambda client, _: endpoints.userinfo(client, given, subject))


def logout(
    options: Options,
    id_token: Annotated[str, typer.Option(help="The ID token of the session.")] = "",
    return_to: Annotated[str, typer.Option(help="A registered address to come back to.")] = "",
    opens: Opens = True,
) -> None:
    """End the session at the server, through the browser that has it (RP-Initiated Logout)."""
    given = credential(id_token, "The ID token") if id_token else ""

    def flow(client: Client, _extra: Pairs) -> Play[None]:
        yield from endpoints.logout(client, given, return_to)

    run_flow(options, "logout", flow, redirect=return_to or None, opens=opens)


def register(
    options: Options,
    redirect: Annotated[list[str], typer.Option(help="A redirect address. Repeatable.")] = [],  # noqa: B006
    grant: Annotated[list[str], typer.Option(help="A grant type. Repeatable.")] = [],  # noqa: B006
    initial_token: Annotated[str, typer.Option(help="A token that lets you register.")] = "",
    name: Annotated[str, typer.Option(help="The client's name, for people.")] = "Nightlatch",
) -> None:
    """Register a client with the server (RFC 7591); --auth and --scope say what it will use."""
    grants_wanted = grant or ["authorization_code", "refresh_token"]
    token = credential(initial_token, "The initial access token") if initial_token else ""
    method = options.auth or "client_secret_basic"

    def flow(client: Client, extra: Pairs) -> Play[dict[str, Any]]:
        wanted = endpoints.registration_request(
            redirect, grants_wanted, method, options.scope, name
        )
        return endpoints.register(client.metadata, wanted | dict(extra), token)

    run_flow(options, "register", flow)


def call(
    options: Options,
    url: Annotated[str, typer.Argument(help="The API's address.")],
    token: Annotated[str, typer.Option(help='The access token, a file, or "-".')] = _ASK,
    method: Annotated[str, typer.Option("--method", "-X")] = "GET",
    header: Annotated[list[str], typer.Option("--header", "-H", help='"Name: value".')] = [],  # noqa: B006
    data: Annotated[str, typer.Option("--data", "-d", help="A body, or @FILE.")] = "",
) -> None:
    """Call an API with the token, and see what it answers; with --dpop the call is proven."""
    request = endpoints.ApiRequest(url, method.upper(), pairs(header), body_of(data))
    given = credential(token, "The access token")

    def flow(client: Client, _extra: Pairs) -> Play[Answer]:
        return endpoints.call_api(client, request, given)

    run_flow(options, "call", flow)


FLOWS: dict[str, Command] = {
    "discover": with_options(discover),
    "code": with_options(code),
    "client-credentials": with_options(client_credentials),
    "device": with_options(device),
    "ciba": with_options(ciba),
    "refresh": with_options(refresh),
    "exchange": with_options(exchange),
    "password": with_options(password),
    "introspect": with_options(introspect),
    "revoke": with_options(revoke),
    "userinfo": with_options(userinfo),
    "logout": with_options(logout),
    "register": with_options(register),
    "call": with_options(call, server=False),
}
"""By the command's name."""
