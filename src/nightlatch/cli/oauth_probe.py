"""`nightlatch oauth probe`: the attacks that everybody knows, on one's own API."""

import asyncio
import time
from typing import Annotated, Any

import typer
from rich.markup import escape

from nightlatch.cli.oauth_options import Authority, Json, Log, credential
from nightlatch.cli.oauth_output import print_log
from nightlatch.cli.output import Refusal, print_json, screen, table
from nightlatch.exchange.judgement import Level
from nightlatch.workbench.oauth.flows.call import Pairs
from nightlatch.workbench.oauth.flows.drive import Hands, Played, play
from nightlatch.workbench.oauth.flows.network import Network
from nightlatch.workbench.oauth.flows.steps import FlowFault, Visit
from nightlatch.workbench.oauth.probe import weakness
from nightlatch.workbench.oauth.probe.api import Target, confirmed, probe_api
from nightlatch.workbench.oauth.probe.weakness import Found, Report
from nightlatch.workbench.tokens.material import NoKey, keys_from

_ASK = "-"
_COLOURS = {Level.HIGH: "red", Level.MEDIUM: "yellow", Level.LOW: "dim"}


def probe(
    url: Annotated[str, typer.Argument(help="An address of your API that demands a token.")],
    token: Annotated[str, typer.Option(help='A good token, a file, or "-".')] = _ASK,
    mine: Annotated[str, typer.Option(
        "--yes-this-is-mine", metavar="HOST", help="The host once more: it is yours.")] = "",
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
        print_json(_plain(played, played.result) | ({"log": played.log} if log else {}))
    else:
        if log:
            print_log(played.log)
        _print_report(played.result, played.notes)
    raise typer.Exit(1 if played.result.found else 0)


async def _played(target: Target, authority: str) -> Played[Report]:
    async with Network(authority=authority) as network:
        return await play(probe_api(target, time.time), network, Hands(_no_browser))


async def _no_browser(_step: Visit) -> Pairs:
    raise FlowFault("a probe of an API needs no browser")


def _plain(played: Played[Report], report: Report) -> dict[str, Any]:
    return {
        "found": [_one(found) for found in report.found],
        "tried": report.tried, "skipped": report.skipped, "notes": played.notes,
    }  # fmt: skip


def _one(found: Found) -> dict[str, str]:
    its = found.weakness
    return {"id": its.id, "level": its.level.word, "title": its.title, "source": its.source,
            "evidence": found.evidence, "remedy": its.remedy}  # fmt: skip


def _print_report(report: Report, notes: tuple[str, ...]) -> None:
    for note in notes:
        screen.print(f"[yellow]•[/] {escape(note)}")
    if report.found:
        rows = table("Level", "What is wrong", "What was seen", "What to do", "Written in")
        for one in report.found:
            its = one.weakness
            level = f"[{_COLOURS[its.level]}]{its.level.word}[/]"
            rows.add_row(
                level, its.title, escape(one.evidence), its.remedy, f"[dim]{its.source}[/]"
            )
        screen.print(rows)
    else:
        screen.print("[bold green]Nothing found.[/]")
    screen.print(f"Tried: {', '.join(report.tried)}.")
    for text in report.skipped:
        screen.print(f"[dim]Not tried: {escape(text)}.[/]")
