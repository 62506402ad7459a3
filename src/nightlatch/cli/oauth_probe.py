"""`nightlatch oauth probe`: the attacks that everybody knows, on one's own servers."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import msgspec
import typer
from cryptography import x509
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from nightlatch.cli.oauth_flows import Opens, Redirect
from nightlatch.cli.oauth_options import (
    Authority,
    Cert,
    CertKey,
    Json,
    Log,
    Options,
    Reveal,
    credential,
)
from nightlatch.cli.oauth_output import aside, plain_report, print_played, print_requests
from nightlatch.cli.output import Refusal, print_json
from nightlatch.workbench.oauth.flows.answers import Document
from nightlatch.workbench.oauth.flows.call import Call, Certificate, Pairs
from nightlatch.workbench.oauth.flows.client import Client
from nightlatch.workbench.oauth.flows.drive import Hands, Played, play
from nightlatch.workbench.oauth.flows.metadata import discover, fetch_keys
from nightlatch.workbench.oauth.flows.steps import FlowFault, Play, Visit
from nightlatch.workbench.oauth.probe import server, weakness
from nightlatch.workbench.oauth.probe.api import Target, confirmed, probe_api, requests_of
from nightlatch.workbench.oauth.probe.leash import FASTEST, MOST, SLOWEST, USUAL, Bounds
from nightlatch.workbench.oauth.probe.weakness import Report
from nightlatch.workbench.tokens.material import NoKey, keys_from

if TYPE_CHECKING:
    from nightlatch.cli.oauth_run import Watch
    from nightlatch.workbench.oauth.probe.listener import Listener

_ASK = "-"
Mine = Annotated[str, typer.Option(
    "--yes-this-is-mine", metavar="HOST", help="The host once more: it is yours.")]  # fmt: skip
Rate = Annotated[float, typer.Option(
    min=SLOWEST, max=FASTEST, help="Requests a second, at most.")]  # fmt: skip
Most = Annotated[int, typer.Option(min=1, max=5_000, help="Requests in all, at most.")]


def probe(
    url: Annotated[str, typer.Argument(help="An address of your API that demands a token.")],
    token: Annotated[str, typer.Option(help='A good token, a file, or "-".')] = _ASK,
    mine: Mine = "",
    jwks: Annotated[str, typer.Option(help="The issuer's keys: file, JWKS or issuer.")] = "",
    expired: Annotated[str, typer.Option(help="A token that has expired.")] = "",
    other_audience: Annotated[str, typer.Option(help="A token for another service.")] = "",
    id_token: Annotated[str, typer.Option(help="An ID token.")] = "",
    revoked: Annotated[str, typer.Option(help="A token that was revoked.")] = "",
    dpop: Annotated[str, typer.Option(help="The key that the token is bound to.")] = "",
    cert: Cert = "",
    cert_key: CertKey = "",
    canary: Annotated[str, typer.Option(
        help="A text that only a good answer has, where status and size do not tell.")] = "",
    words: Annotated[Path | None, typer.Option(
        exists=True, dir_okay=False, metavar="FILE",
        help="Further secrets to try on the token's signature, one a line. Sends nothing.",
    )] = None,
    listen: Annotated[str, typer.Option(
        metavar="ADDRESS", help="http://HOST:PORT of this machine, that the API can reach: does it "
        "fetch what a token names?")] = "",
    rate: Rate = USUAL,
    most: Most = MOST,
    authority: Authority = "",
    show: Annotated[bool, typer.Option("--show", help="Print what would be sent, as curl, and send "
                                       "nothing.")] = False,
    reveal: Reveal = False,
    as_json: Json = False,
    log: Log = False,
) -> None:  # fmt: skip
    """Try on your own API what attackers try: forged, expired and misplaced tokens.

    A hundred GETs or so of one address, slowly, marked by their User-Agent; nothing is changed, and
    no other server is involved. It stops where the API is busy, fails, or locks you out. Exits with
    1 when something is found.

    nightlatch oauth probe https://api.example/me --token FILE --jwks https://id.example
    --yes-this-is-mine api.example
    """
    given = ((weakness.EXPIRED, expired), (weakness.AUDIENCE, other_audience),
             (weakness.ID_TOKEN, id_token), (weakness.REVOKED, revoked))  # fmt: skip
    try:
        if not show:
            confirmed(url, mine)
        target = Target(
            url, credential(token, "The good token"), _keys(jwks, authority),
            keys_from(dpop)[0] if dpop else None, Certificate(cert, cert_key) if cert else None,
            tuple((kind, credential(text, kind.title)) for kind, text in given if text),
            canary, words, bounds=Bounds(rate, most),
        )  # fmt: skip
        if show:
            print_requests(
                [*requests_of(target, time.time)],
                reveal=reveal, as_json=as_json, authority=authority,
            )  # fmt: skip
            return
        played = asyncio.run(_played(target, authority, listen, quiet=as_json))
    except (FlowFault, NoKey) as fault:
        raise Refusal(f"{fault}.") from fault
    if played.result is None:
        raise Refusal(f"{played.fault}.")
    if as_json:
        found = plain_report(played.result) | {"notes": played.notes}
        print_json(found | ({"log": played.log} if log else {}))
    else:
        print_played(played, as_json=False, log=log)
    raise typer.Exit(1 if played.result.found else 0)


def _keys(place: str, authority: str) -> tuple[dict[str, Any], ...]:
    """Raises FlowFault or NoKey."""
    if not place:
        return ()
    if not authority or not place.startswith("https://"):
        return tuple(keys_from(place))
    from nightlatch.workbench.oauth.flows.network import Network

    async def fetched() -> Played[Document]:
        async with Network(authority=authority) as network:
            return await play(_keys_of_issuer(place), network, Hands(_no_browser))

    played = asyncio.run(fetched())
    if played.result is None:
        raise FlowFault(played.fault)
    found = played.result.get("keys")
    keys = found if isinstance(found, list) else []
    return tuple(key for key in keys if isinstance(key, dict))


def _keys_of_issuer(place: str) -> Play[Document]:
    return (yield from fetch_keys((yield from discover(place))))


async def _played(target: Target, authority: str, listen: str, *, quiet: bool) -> Played[Report]:
    from nightlatch.workbench.oauth.flows.network import Network

    async with AsyncExitStack() as stack:
        if listen:
            # Before it is counted what will be sent.
            listener = await stack.enter_async_context(_listener(listen))
            target = msgspec.structs.replace(target, listener=listener)
        network = await stack.enter_async_context(Network(authority=authority))
        with _progress(len(requests_of(target, time.time)), quiet=quiet) as seen:

            async def before(call: Call) -> Call:
                seen(call)
                return call

            return await play(probe_api(target, time.time), network, Hands(_no_browser, before))


def _listener(address: str) -> "Listener":
    from nightlatch.workbench.oauth.probe.listener import Listener

    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if parts.scheme != "http" or not host or not port or parts.path.strip("/"):
        raise FlowFault("--listen is http://HOST:PORT, an address of this machine")
    return Listener(address, host, port)


async def _no_browser(_step: Visit) -> Pairs:
    raise FlowFault("a probe of an API needs no browser")


@contextmanager
def _progress(total: int, *, quiet: bool) -> "Iterator[Watch]":
    """A bar on the terminal's side channel, where there is a terminal."""
    columns = TextColumn("Probing"), BarColumn(), MofNCompleteColumn(), TextColumn("requests")
    shown = aside.is_terminal and not quiet
    with Progress(*columns, console=aside, transient=True, disable=not shown) as bar:
        task = bar.add_task("probe", total=total)

        def seen(_call: Call) -> None:
            bar.advance(task)

        yield seen


def probe_server(
    options: Options,
    mine: Mine = "",
    other_client: Annotated[str, typer.Option(
        help="Another client of yours: must not redeem the first one's code.")] = "",
    other_secret: Annotated[str, typer.Option(help='Its secret; "-" asks for it.')] = "",
    forbidden_scope: Annotated[str, typer.Option(
        help="A scope that the client must not get; one that nobody has if left out.")] = "",
    rate: Rate = USUAL,
    most: Most = MOST,
    redirect: Redirect = "",
    opens: Opens = True,
) -> None:  # fmt: skip
    """Try on your own authorization server what attackers try, with clients of yours.

    A log-in as it should be, and some made wrongly: is the verifier checked, a code good twice or
    for another client, an altered redirect address served, an old refresh token taken, any scope
    granted, a certificate demanded? --show prints what is sent. Exits with 1 if something is found.

    nightlatch oauth probe-server https://id.example --client demo --scope openid
    --yes-this-is-mine id.example
    """
    from nightlatch.cli.oauth_run import run_flow

    bounds = Bounds(rate, most)
    secret = credential(other_secret, "The other client's secret") if other_secret else ""
    if not options.show:
        _refuse_other_issuer(options, mine)
    count = 0

    def seen(call: Call) -> None:
        # No bar: there are log-ins in between, and prompts.
        nonlocal count
        count += 1
        if not options.as_json:
            aside.print(f"[dim]{count}. {escape(call.purpose)}[/]")

    with _impostor(options) as impostor:

        def flow(client: Client, _extra: Pairs) -> Play[Report]:
            host = mine or (urlsplit(client.metadata.issuer).netloc if options.show else "")
            other = server.another(client, other_client, secret) if other_client else None
            return server.probe_server(client, host, other, impostor, forbidden_scope, bounds)

        run_flow(options, "probe-server", flow, redirect=redirect, opens=opens, watch=seen,
                 rehearse=server.requests_of)  # fmt: skip


def _refuse_other_issuer(options: Options, mine: str) -> None:
    """A finding of its own: no client can go on with such metadata, and no probe."""
    from nightlatch.cli.oauth_run import workspace_of
    from nightlatch.workbench.oauth.flows.network import Network

    async def judged() -> Played[Report]:
        async with Network(authority=options.authority) as network:
            flow = server.probe_issuer(workspace_of(options).place, mine, time.time)
            return await play(flow, network, Hands(_no_browser))

    try:
        played = asyncio.run(judged())
    except FlowFault as fault:
        raise Refusal(f"{fault}.") from fault
    if played.result is not None and played.result.found:
        print_played(played, as_json=options.as_json, log=options.log)
        raise typer.Exit(1)


@contextmanager
def _impostor(options: Options) -> Iterator[Certificate | None]:
    """A certificate with the names of the client's, by itself; None where there is none."""
    if not options.cert:
        yield None
        return
    from nightlatch.workbench.oauth.server.certificates import lookalike

    with TemporaryDirectory(prefix="nightlatch-") as directory:
        path = Path(directory, "impostor.pem")
        try:
            path.write_bytes(lookalike(Path(options.cert).read_bytes(), time.time()))
        except (OSError, ValueError, x509.ExtensionNotFound):
            # Whatever is wrong with the file is told where it is used.
            yield None
            return
        yield Certificate(str(path))
