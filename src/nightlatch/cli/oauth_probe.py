"""`nightlatch oauth probe`: the attacks that everybody knows, on one's own API."""

import asyncio
import time
from typing import Annotated

import typer

from nightlatch.cli.oauth_flows import Opens, Redirect, run_flow
from nightlatch.cli.oauth_options import Authority, Json, Log, Options, credential
from nightlatch.cli.oauth_output import plain_report, print_played
from nightlatch.cli.output import Refusal, print_json
from nightlatch.workbench.oauth.flows.call import Pairs
from nightlatch.workbench.oauth.flows.drive import Hands, Played, play
from nightlatch.workbench.oauth.flows.steps import FlowFault, Visit
from nightlatch.workbench.oauth.probe import weakness
from nightlatch.workbench.oauth.probe.api import Target, confirmed, probe_api
from nightlatch.workbench.oauth.probe.server import probe_server as probed_server
from nightlatch.workbench.oauth.probe.weakness import Report
from nightlatch.workbench.tokens.material import NoKey, keys_from

_ASK = "-"
Mine = Annotated[str, typer.Option(
    "--yes-this-is-mine", metavar="HOST", help="The host once more: it is yours.")]  # fmt: skip


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
    rate: Annotated[float, typer.Option(help="Requests a second, at most 20.")] = 5.0,
    authority: Authority = "",
    as_json: Json = False,
    log: Log = False,
) -> None:  # fmt: skip
    """Try on your own API what attackers try: forged, expired and misplaced tokens.

    Some 30 GETs of one address, slowly; nothing is changed, and no other server is involved. Exits
    with 1 when something is found.
    """
    given = ((weakness.EXPIRED, expired), (weakness.AUDIENCE, other_audience),
             (weakness.ID_TOKEN, id_token), (weakness.REVOKED, revoked))  # fmt: skip
    try:
        confirmed(url, mine)
        target = Target(
            url, credential(token, "The good token"), tuple(keys_from(jwks)) if jwks else (),
            keys_from(dpop)[0] if dpop else None,
            tuple((kind, credential(text, kind.title)) for kind, text in given if text), rate,
        )  # fmt: skip
        played = asyncio.run(_played(target, authority))
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


async def _played(target: Target, authority: str) -> Played[Report]:
    from nightlatch.workbench.oauth.flows.network import Network

    async with Network(authority=authority) as network:
        return await play(probe_api(target, time.time), network, Hands(_no_browser))


async def _no_browser(_step: Visit) -> Pairs:
    raise FlowFault("a probe of an API needs no browser")


def probe_server(
    options: Options,
    mine: Mine = "",
    redirect: Redirect = "",
    opens: Opens = True,
) -> None:
    """Try on your own authorization server what attackers try, with a client of yours.

    Three log-ins, of which two are made wrongly: is the verifier checked, a code good twice, an
    altered redirect address served, an old refresh token taken? Exits with 1 if something is found.
    """
    run_flow(options, "probe-server", lambda client, _: probed_server(client, mine),
             redirect=redirect, opens=opens)  # fmt: skip
