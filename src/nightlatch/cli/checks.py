"""`nightlatch checks`: what is looked at in every exchange, with its help."""

from typing import Annotated

import typer
from rich.markdown import Markdown

from nightlatch.checks import CHECKS
from nightlatch.checks.check import Check
from nightlatch.checks.help import help_page, reference
from nightlatch.cli.output import AsJson, Refusal, print_json, screen, table


def checks(
    check: Annotated[str, typer.Argument(help="Show the whole help of this check.")] = "",
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the reference page of all checks.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the checks that read every exchange; name one to read its help."""
    if markdown:
        print(reference(CHECKS), end="")  # noqa: T201 - raw text for a file
    elif check:
        _show(_named(check), as_json=as_json)
    elif as_json:
        print_json([_as_value(each) for each in CHECKS])
    else:
        _list()


def _named(check_id: str) -> Check:
    for check in CHECKS:
        if check.id == check_id:
            return check
    raise Refusal(f'There is no check "{check_id}". `nightlatch checks` lists them.')


def _show(check: Check, *, as_json: bool) -> None:
    if as_json:
        print_json(_as_value(check))
    else:
        screen.print(Markdown(help_page(check)))


def _list() -> None:
    rows = table("Level", "Check", "Asks", "OWASP")
    for check in sorted(CHECKS, key=lambda check: (-check.level, check.id)):
        rows.add_row(check.level.word, check.id, check.title, check.owasp)
    screen.print(rows)
    screen.print(f"\n{len(CHECKS)} checks. `nightlatch checks NAME` explains one.", markup=False)


def _as_value(check: Check) -> dict[str, object]:
    value = {name: getattr(check, name) for name in check.__struct_fields__ if name != "judge"}
    value["level"] = check.level.word
    return value
