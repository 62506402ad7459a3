"""The front door: `nightlatch COMMAND`."""

import sys

import typer

from nightlatch.cli.commands import COMMANDS
from nightlatch.cli.late import late_group
from nightlatch.cli.output import error
from nightlatch.faults import Mistake

cli = typer.Typer(
    name="nightlatch",
    cls=late_group(COMMANDS),
    help="Find the endpoints that answer strangers, count whom they give away, close the door.",
    epilog="In an application: app.add_middleware(Nightlatch). Try it: nightlatch demo.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)


@cli.callback()
def _nightlatch() -> None:
    """What all commands share: nothing. Without it typer sees no group in commands to come."""


def run() -> None:
    """Run the command line; a mistake of the user's ends in words, not in a traceback."""
    try:
        cli()
    except Mistake as mistake:
        error(str(mistake))
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
