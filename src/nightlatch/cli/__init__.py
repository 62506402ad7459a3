"""The front door: `nightlatch COMMAND`."""

import sys

import typer

from nightlatch.cli.checks import checks
from nightlatch.cli.demo import demo, serve_sample
from nightlatch.cli.detectors import detectors
from nightlatch.cli.doctor import doctor
from nightlatch.cli.endpoints import endpoints
from nightlatch.cli.export import export
from nightlatch.cli.feeds import feeds
from nightlatch.cli.gateway import gateway
from nightlatch.cli.import_logs import import_logs
from nightlatch.cli.measures import (
    block,
    challenge,
    close,
    exempt,
    limit,
    measures,
    open_door,
    renew,
    slow,
    undo,
    uniform,
    withhold,
)
from nightlatch.cli.oauth import oauth
from nightlatch.cli.oauth_flows import FLOWS
from nightlatch.cli.oauth_options import with_options
from nightlatch.cli.oauth_probe import probe, probe_server
from nightlatch.cli.otp import otp
from nightlatch.cli.output import Refusal, error
from nightlatch.cli.patterns import patterns
from nightlatch.cli.preview import suggest
from nightlatch.cli.replay import replay
from nightlatch.cli.replay_server import serve_replay
from nightlatch.cli.run import run_command
from nightlatch.cli.source import add, dead_letters, list_sources, revoke, rotate
from nightlatch.cli.token import token
from nightlatch.cli.up import up
from nightlatch.cli.version import version
from nightlatch.settings import ConfigurationError
from nightlatch.store.ports import StoreFailed
from nightlatch.workbench.demo.theatre import DemoFailed
from nightlatch.workbench.replay.http import ServerFailed
from nightlatch.workbench.replay.log import LogFault
from nightlatch.workbench.replay.reading import ScenarioFault

cli = typer.Typer(
    name="nightlatch",
    help="Find the endpoints that answer strangers, count whom they give away, close the door.",
    epilog="In an application: app.add_middleware(Nightlatch). Try it: nightlatch demo.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
for command in (demo, replay, up, doctor, endpoints, checks, detectors, feeds, patterns, version):
    cli.command()(command)
cli.command(name="serve-sample", hidden=True)(serve_sample)
cli.command(name="serve-replay", hidden=True)(serve_replay)


_MISTAKES = (
    ConfigurationError, DemoFailed, LogFault, Refusal, ScenarioFault, ServerFailed, StoreFailed,
)  # fmt: skip

LEVERS = "Levers: each is previewed, ends by itself, and can be undone"
for lever in (
    measures, block, challenge, limit, slow, withhold, uniform, exempt, undo, renew, close,
):  # fmt: skip
    cli.command(rich_help_panel=LEVERS)(lever)
cli.command(name="open", rich_help_panel=LEVERS)(open_door)
limits = typer.Typer(help="Limits that would fit what callers do.", no_args_is_help=True)
limits.command(name="suggest")(suggest)
cli.add_typer(limits, name="limits", rich_help_panel=LEVERS)

IN_AND_OUT = "In and out: what was seen elsewhere, and where it goes"
source = typer.Typer(
    help="Tokens of sources: who may send, and what they sent.", no_args_is_help=True
)
source.command()(add)
source.command(name="list")(list_sources)
source.command()(rotate)
source.command()(revoke)
cli.add_typer(gateway, name="gateway", rich_help_panel=IN_AND_OUT)
cli.command(
    name="run",
    rich_help_panel=IN_AND_OUT,
    # What follows is the server's, its options too.
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)(run_command)
cli.command(name="import", rich_help_panel=IN_AND_OUT)(import_logs)
cli.add_typer(source, name="source", rich_help_panel=IN_AND_OUT)
cli.command(rich_help_panel=IN_AND_OUT)(dead_letters)
cli.command(rich_help_panel=IN_AND_OUT)(export)

BENCH = "Workbench: nothing leaves this machine"
cli.add_typer(token, name="token", rich_help_panel=BENCH)
cli.add_typer(otp, name="otp", rich_help_panel=BENCH)
for name, flow in FLOWS.items():
    oauth.command(name=name)(flow)
oauth.command()(probe)
oauth.command()(with_options(probe_server))
cli.add_typer(oauth, name="oauth", rich_help_panel=BENCH)


def run() -> None:
    """Run the command line; a mistake of the user's ends in words, not in a traceback."""
    try:
        cli()
    except _MISTAKES as mistake:
        error(str(mistake))
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
