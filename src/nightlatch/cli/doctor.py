"""`nightlatch doctor`: what was found, and what is wrong."""

import sys
from typing import Annotated

import typer

from nightlatch.app.configuration import configure
from nightlatch.cli.diagnosis import diagnose
from nightlatch.cli.fact import Fact, State
from nightlatch.cli.output import AsJson, plain, print_json, screen, table
from nightlatch.cli.reference import commands_page, settings_page

_MARKS = {
    State.OK: "[green]ok[/]",
    State.NOTE: "[yellow]note[/]",
    State.WRONG: "[bold red]wrong[/]",
}


def doctor(
    context: typer.Context,
    settings: Annotated[
        bool, typer.Option("--settings", help="Print the reference page of all settings.")
    ] = False,
    commands: Annotated[
        bool, typer.Option("--commands", help="Print the reference page of all commands.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Explain what was found here and what is wrong. Ends with 1 when something is."""
    if settings:
        print(settings_page(), end="")  # noqa: T201 - raw text for a file
        return
    if commands:
        print(commands_page(context.find_root().command), end="")  # noqa: T201 - raw text for a file
        return
    facts = diagnose(configure())
    if as_json:
        print_json(facts)
    else:
        _print(facts)
    if any(fact.state is State.WRONG for fact in facts):
        sys.exit(1)


def _print(facts: list[Fact]) -> None:
    rows = table("", "", "")
    rows.show_header = False
    for fact in facts:
        advice = f"\n[dim]{plain(fact.advice)}[/]" if fact.advice else ""
        rows.add_row(_MARKS[fact.state], fact.about, plain(fact.text) + advice)
    screen.print(rows)
