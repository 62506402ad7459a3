"""The front door: `nightlatch COMMAND`."""

import sys

import typer

from nightlatch.cli.checks import checks
from nightlatch.cli.demo import demo, serve_sample
from nightlatch.cli.doctor import doctor
from nightlatch.cli.endpoints import endpoints
from nightlatch.cli.output import Refusal, error
from nightlatch.cli.patterns import patterns
from nightlatch.cli.replay import replay
from nightlatch.cli.replay_server import serve_replay
from nightlatch.cli.up import token, up
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
for command in (demo, replay, up, doctor, endpoints, checks, patterns, token, version):
    cli.command()(command)
cli.command(name="serve-sample", hidden=True)(serve_sample)
cli.command(name="serve-replay", hidden=True)(serve_replay)


_MISTAKES = (
    ConfigurationError, DemoFailed, LogFault, Refusal, ScenarioFault, ServerFailed, StoreFailed,
)  # fmt: skip


def run() -> None:
    """Run the command line; a mistake of the user's ends in words, not in a traceback."""
    try:
        cli()
    except _MISTAKES as mistake:
        error(str(mistake))
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
